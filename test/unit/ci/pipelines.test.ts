import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runCli } from "../../../src/cli/cli.ts";
import { plainPaint } from "../../../src/lib/paint.ts";
import { commonPart, commonStart, readPipelines, shellPartsOf } from "../../support/pipelines.ts";

const pipelines = readPipelines();
const parts = pipelines.flatMap(({ path, content }) =>
  shellPartsOf(content).map((script, index) => ({ name: `${path}, part ${index + 1}`, path, script })),
);
const places: string[] = [];
afterAll(() => {
  for (const place of places) rmSync(place, { recursive: true, force: true });
});

/** Programs that note their arguments and do nothing, so that a part shows what it would run. */
const recorder = `#!/bin/sh
printf '%s\\0' "$(basename "$0")" "$@" >>"$RECORD"
printf '\\n\\0' >>"$RECORD"
exit "$RECORDER_STATUS"
`;

interface Ran {
  readonly status: number | null;
  readonly stderr: string;
  /** Program and arguments of each call. */
  readonly calls: readonly (readonly string[])[];
  /** Something in a value was run by the shell. */
  readonly isBroken: boolean;
}

/** Runs a part with these values of the variables it names; `fill` makes one. All programs exit with `recorded`. */
function run(script: string, fill: (name: string) => string, recorded = 0): Ran {
  const place = mkdtempSync(join(tmpdir(), "mysysconfig-test-ci-"));
  places.push(place);
  const bin = join(place, "bin");
  mkdirSync(bin);
  for (const program of ["docker", "git", "curl", "gh"]) {
    writeFileSync(join(bin, program), recorder);
    chmodSync(join(bin, program), 0o755);
  }
  writeFileSync(join(place, "comment.md"), "");
  const names = [...script.matchAll(/\$\{?([A-Z][A-Z_]*)/g)].map(([, name = ""]) => name);
  const given = names.filter((name) => !["PWD", "HOME"].includes(name));
  const record = join(place, "record");
  writeFileSync(record, "");
  const { status, stderr } = spawnSync("sh", ["-c", script], {
    cwd: place,
    env: {
      ...{ PATH: `${bin}:/usr/bin:/bin`, HOME: place, RECORD: record, MARK: join(place, "mark") },
      RECORDER_STATUS: String(recorded),
      ...Object.fromEntries(given.map((name) => [name, fill(name)])),
      ...(given.includes("GITHUB_STEP_SUMMARY") ? { GITHUB_STEP_SUMMARY: join(place, "summary") } : {}),
    },
    encoding: "utf8",
    timeout: 30_000,
  });
  const calls = readFileSync(record, "utf8").split("\0\n\0").slice(0, -1);
  return {
    ...{ status, stderr },
    calls: calls.map((call) => call.split("\0")),
    isBroken: existsSync(join(place, "mark")),
  };
}

const tool = "registry.example.com/ops/mysysconfig:0.1.0";

/** What stands for the variables of a part in an ordinary build. */
function ordinary(name: string): string {
  if (name === "TOOL") return tool;
  if (/BUILD|IID/.test(name)) return "58";
  return name === "ENVIRONMENT" || name === "TARGET" ? "" : `value-of-${name.toLowerCase()}`;
}

/** A name that a branch may have, and that a careless script would run or take apart. */
const hostile = (name: string) => `${name}; touch "$MARK" $(touch "$MARK") \`touch "$MARK"\` 'a' * -x`;

const ownCommands = (calls: Ran["calls"]) =>
  calls.flatMap(([program = "", ...args]) =>
    program === "docker" && args[0] === "run" && args.includes(tool)
      ? [args.slice(args.indexOf(tool) + 1)]
      : [],
  );

/** Whether the option parser takes a command line; nothing of it is carried out. */
async function isAccepted(argv: readonly string[]): Promise<string | true> {
  let said = "";
  let isParsed = false;
  await runCli(argv, {
    stdout: () => {},
    stderr: (text) => {
      said += text;
    },
    interactive: false,
    paint: plainPaint,
    signal: AbortSignal.abort(),
    version: "",
    files: { read: async () => "", readBytes: async () => new Uint8Array(), write: async () => {} },
    daemonProcess: () => Promise.reject(new Error("nothing stays up here")),
    createApp: () => {
      isParsed = true;
      return Promise.reject(new Error("only parsed"));
    },
  });
  return isParsed || said;
}

describe("the pipelines", () => {
  test("must be there for each system and each half", () => {
    expect(pipelines.map(({ path }) => path)).toEqual([
      "circleci/configuration.yml",
      "circleci/service.yml",
      "github/action.yml",
      "github/configuration.yml",
      "github/service.yml",
      "gitlab/configuration.yml",
      "gitlab/service.yml",
    ]);
  });

  test("must do the same in every system", () => {
    const systems = Map.groupBy(parts, ({ path }) => path.slice(0, path.indexOf("/")));
    // What only GitHub can do: show a text on the page of a run, and comment.
    const isCommon = (text: string) => !/GITHUB_STEP_SUMMARY|gh pr comment/.test(text);
    const [github = [], ...others] = ["github", "gitlab", "circleci"].map((system) =>
      [...new Set((systems.get(system) ?? []).map(({ script }) => commonPart(script)))]
        .filter(isCommon)
        .sort(),
    );
    expect(github).toHaveLength(7);
    expect(others).toEqual([github, github]);
  });

  test("must run each command of the CI side, and each only with options that exist", async () => {
    const commands = parts.flatMap(({ script }) => ownCommands(run(script, ordinary).calls));
    const refused = [];
    for (const argv of commands) {
      const answer = await isAccepted(argv);
      if (answer !== true) refused.push(`${argv.join(" ")}: ${answer}`);
    }
    expect(refused).toEqual([]);
    const names = new Set(commands.map(([name]) => name));
    expect([...names].sort()).toEqual(["bake", "diff", "submit", "tag", "validate"]);
  });

  test("must hold one secret in the service's half, and hand it on by name", () => {
    const secrets = pipelines.flatMap(({ path, text }) =>
      [...text.matchAll(/secrets\.([A-Z_]+)/g)].map(([, name]) => `${path} ${name}`),
    );
    expect(secrets).toEqual([
      "github/configuration.yml WEBHOOK_URL",
      "github/configuration.yml WEBHOOK_TOKEN",
      "github/service.yml CONFIG_GIT_TOKEN",
    ]);
    const submits = parts.filter(({ script }) => script.includes("submit "));
    expect(submits).toHaveLength(3);
    for (const { script } of submits) {
      const [line = []] = run(script, ordinary).calls.filter((call) => call.includes("submit"));
      expect(line[line.indexOf("MYSYSCONFIG_GIT_TOKEN") - 1]).toBe("--env");
      expect(line.filter((_, index) => line[index - 1] === "--volume")).toEqual([
        expect.stringMatching(/^\/.*:\/service:ro$/),
      ]);
    }
  });
});

describe.for(parts)("$name", ({ script }) => {
  test("must be a script that the shell and shellcheck take", () => {
    expect(script).toContain(commonStart);
    expect(spawnSync("sh", ["-n"], { input: script, encoding: "utf8" }).stderr).toBe("");
    // It comes with the system's packages; where it does not, the shell alone has read the script.
    const checked = spawnSync("shellcheck", ["--shell=sh", "-"], { input: script, encoding: "utf8" });
    expect(checked.error === undefined ? checked.stdout : "").toBe("");
  });

  test("must have no expression of the CI system in it", () => {
    expect(script).not.toMatch(/\$\{\{|<<|\$\[\[/);
  });

  test("must end well in an ordinary build", () => {
    expect(run(script, ordinary)).toMatchObject({ status: 0, stderr: "" });
  });

  test("must stop at the first program that fails", () => {
    const { status, calls } = run(script, ordinary, 1);
    expect(calls.length).toBeLessThanOrEqual(1);
    expect(status).toBe(calls.length);
  });

  test("must pass every name on in one piece, whatever is in it", () => {
    const { calls, isBroken } = run(script, hostile);
    expect(isBroken).toBe(false);
    const lengths = (ran: Ran["calls"]) => ran.map((call) => call.length);
    expect(lengths(calls)).toEqual(lengths(run(script, ordinary).calls));
  });

  test("must show no secret in an argument", () => {
    const { calls } = run(script, ordinary);
    const shown = calls.flat().filter((word) => /value-of-\w*(token|password|webhook)/.test(word));
    expect(shown).toEqual([]);
    expect(script).not.toMatch(/\$\{?MYSYSCONFIG_GIT_TOKEN/);
  });
});
