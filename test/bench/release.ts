/** The CI side: one tag in a large repository, the difference of two large configurations, an image that is there already. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../deploy/lab/command.ts";
import { unit } from "../support/texts.ts";
import type { BenchLab } from "./lab.ts";
import { interleave, peakMemory, run } from "./measure.ts";
import { type Finding, mb, ms, times } from "./report.ts";
import { settings } from "./settings.ts";

const rounds = 7;
const units = 500;
const commits = 5_000;
const compared = 1_000;
const setImageBarMs = 1_200;
const diffBarMs = 1_000;
const bakeBarMs = 3_000;

export async function measureRelease(lab: BenchLab): Promise<Finding[]> {
  return [await measureSetImage(lab), await measureDiff(lab), await measureBake(lab)];
}

const unitOf = (index: number, build: number) =>
  unit(`--name u${index}x -e N=${index} lab/web:${build}-develop`);

/** Against what git itself needs to get the newest commit, without writing anything. */
async function measureSetImage(lab: BenchLab): Promise<Finding> {
  const dir = join(lab.dir, "large.git");
  await runCommand("git", ["init", "--quiet", "--bare", "-b", "develop", dir]);
  await runCommand("git", ["-C", dir, "fast-import", "--quiet"], { input: history() });
  const url = `file://${dir}`;
  const clone = join(lab.dir, "large-clone");
  const floor = { file: "git", args: ["clone", "--quiet", "--bare", "--depth", "1", url, clone] };
  let build = 1_000;
  const set = () => {
    build += 1;
    const where = ["--repo", url, "--branch", "develop", "--allow-file-protocol"];
    return lab.program("set-image", "u7x", `${build}-develop`, ...where);
  };
  await run(set());
  const median = await interleave(rounds, {
    git: async () => {
      await rm(clone, { recursive: true, force: true });
      return (await run(floor)).ms;
    },
    set: async () => (await run(set())).ms,
  });
  return {
    bar: `set-image in a repository of ${units} units and ${commits} commits: 1.2 s`,
    measured: `${ms(median.set)}, ${times(median.set / median.git)} of git clone --depth 1 (${ms(median.git)}); peak ${mb(await peakMemory(set()))}`,
    kept: median.set <= setImageBarMs,
  };
}

/** A stream for git fast-import: all units in the first commit, one of them changed in each later one. */
function history(): string {
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const committer = (time: number) => `committer bench <bench@localhost> ${1_700_000_000 + time} +0000\n`;
  const file = (path: string, text: string) => `M 100644 inline ${path}\n${data(text)}`;
  const first = Array.from({ length: units }, (_, index) =>
    file(`units/u${index}x.service`, unitOf(index, 1)),
  );
  const later = Array.from({ length: commits - 1 }, (_, index) => {
    const change = file(
      `units/u${index % units}x.service`,
      unitOf(index % units, 2 + Math.floor(index / units)),
    );
    return `commit refs/heads/develop\n${committer(index + 1)}${data("A build")}${change}`;
  });
  const head = `commit refs/heads/develop\n${committer(0)}${data("The first commit")}`;
  return [head, file("mysysconfig.yaml", settings("large")), ...first, ...later].join("");
}

async function measureDiff(lab: BenchLab): Promise<Finding> {
  const write = (name: string, build: number) =>
    lab.writeRepository(name, {
      "mysysconfig.yaml": settings("compared"),
      ...Object.fromEntries(
        Array.from({ length: compared }, (_, index) => [
          `units/u${index}x.service`,
          unitOf(index, index === 7 ? build : 1),
        ]),
      ),
    });
  const diff = lab.program("diff", await write("before", 1), await write("after", 2));
  await run(diff, [2]);
  const node = { file: process.execPath, args: ["-e", "0"] };
  const median = await interleave(rounds, {
    node: async () => (await run(node)).ms,
    diff: async () => (await run(diff, [2])).ms,
  });
  return {
    bar: `diff of two configurations with ${compared} units: 1 s`,
    measured: `${ms(median.diff)}, ${ms(median.diff - median.node)} over node -e 0; peak ${mb(await peakMemory(diff, [2]))}`,
    kept: median.diff <= diffBarMs,
  };
}

async function measureBake(lab: BenchLab): Promise<Finding> {
  const folder = await lab.writeRepository("baked", {
    "mysysconfig.yaml": settings("baked"),
    ...Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`units/u${index}x.service`, unit("lab/idle:1")]),
    ),
  });
  const options = ["--config", folder, "--branch", "develop", "--base", "lab/idle:1", "--local"];
  const bake = lab.program("bake", "--name", "bench/mysysconfig", ...options);
  await run(bake);
  const median = await interleave(rounds, { bake: async () => (await run(bake)).ms });
  return {
    bar: "bake of an unchanged repository: 3 s",
    measured: `${ms(median.bake)} for 100 units; peak ${mb(await peakMemory(bake))}`,
    kept: median.bake <= bakeBarMs,
  };
}
