/** A hundred workloads: nothing to do, one changed, all from nothing. */
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { compose, unit } from "../support/texts.ts";
import type { BenchLab } from "./lab.ts";
import { interleave, peakMemory, run } from "./measure.ts";
import { type Finding, mb, ms, times } from "./report.ts";
import { settings } from "./settings.ts";

const size = 100;
const width = 6;
const numbers = Array.from({ length: size }, (_, index) => index);

const service = { image: "lab/idle:1", restart: "always", stop_grace_period: "2s" };
const stack = () => compose({ services: Object.fromEntries(numbers.map((n) => [`s${n}`, service])) });

export async function measureNoOp(lab: BenchLab): Promise<Finding> {
  const folder = await lab.writeRepository("ours", {
    "mysysconfig.yaml": settings("ours"),
    "units/ours.compose.yaml": stack(),
  });
  const peerFolder = await lab.writeRepository("peer", { "compose.yaml": stack() });
  const ours = lab.program("apply", "--config", folder);
  const peer = lab.composeCommand("--project-directory", peerFolder, "-p", "peer", "up", "-d");
  for (const command of [ours, peer, ours, peer]) await run(command);
  const median = await interleave(9, {
    ours: async () => (await run(ours)).ms,
    peer: async () => (await run(peer)).ms,
    bare: () => listAndInspect(lab.socket, ["mysysconfig.project=ours", "mysysconfig.workload"]),
  });
  const memory = { ours: await peakMemory(ours), peer: await peakMemory(peer) };
  await removeAll(lab, "com.docker.compose.project=peer");
  await removeAll(lab, "mysysconfig.project=ours");
  return {
    bar: `no-op apply of ${size} running workloads: not slower than docker compose up -d on the same`,
    measured: `${times(median.ours / median.peer)} of Compose, ${times(median.ours / median.bare)} of a bare list-and-inspect loop: ${ms(median.ours)} against ${ms(median.peer)} and ${ms(median.bare)}; peak ${mb(memory.ours)} against ${mb(memory.peer)}`,
    kept: median.ours <= median.peer,
  };
}

/** The least that anybody can do who wants to know how they are. */
async function listAndInspect(socketPath: string, label: readonly string[]): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const get = async (path: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    request({ socketPath, path, agent }, (answer) => text(answer).then(resolve, reject))
      .on("error", reject)
      .end();
    return JSON.parse(await promise);
  };
  const startedAt = performance.now();
  const filters = encodeURIComponent(JSON.stringify({ label }));
  const listed: { Id: string }[] = await get(`/containers/json?all=1&filters=${filters}`);
  await Promise.all(listed.map(({ Id }) => get(`/containers/${Id}/json`)));
  const tookMs = performance.now() - startedAt;
  agent.destroy();
  if (listed.length !== size) throw new Error(`${listed.length} containers where ${size} should be`);
  return tookMs;
}

const units = (changedImage?: string) =>
  Object.fromEntries(
    numbers.map((n) => [`units/u${n}x.service`, unit(n === 0 && changedImage ? changedImage : "lab/idle:1")]),
  );

export async function measureFromNothing(lab: BenchLab): Promise<Finding> {
  const folder = await lab.writeRepository("nothing", {
    "mysysconfig.yaml": settings("nothing"),
    ...units(),
  });
  const ours = lab.program("apply", "--config", folder);
  const remove = () => removeAll(lab, "mysysconfig.project=nothing");
  const peak = await peakMemory(ours);
  await remove();
  const median = await interleave(3, {
    bare: async () => {
      const tookMs = await createAndStart(lab);
      await remove();
      return tookMs;
    },
    ours: async () => {
      const { ms: tookMs } = await run(ours);
      await remove();
      return tookMs;
    },
  });
  return {
    bar: `${size} workloads from nothing: within 10 % of a bare parallel create-and-start loop`,
    measured: `${times(median.ours / median.bare)}: ${ms(median.ours)} against ${ms(median.bare)} (${width} wide); peak ${mb(peak)}`,
    kept: median.ours <= 1.1 * median.bare,
  };
}

async function createAndStart({ engine }: BenchLab): Promise<number> {
  const waiting = [...numbers];
  const work = async () => {
    for (let n = waiting.pop(); n !== undefined; n = waiting.pop()) {
      const labels = { "mysysconfig.project": "nothing" };
      await engine.run({ name: `bare-${n}`, image: "lab/idle:1", restart: "always", labels });
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: width }, work));
  return performance.now() - startedAt;
}

export async function measureOneTag(lab: BenchLab): Promise<Finding> {
  const folder = await lab.writeRepository("one", { "mysysconfig.yaml": settings("one"), ...units() });
  const ours = lab.program("apply", "--config", folder);
  await run(ours);
  let build = 1;
  const median = await interleave(7, {
    bare: async () => {
      const startedAt = performance.now();
      const id = await lab.engine.run({ name: "bare-one", image: "lab/idle:2", restart: "always" });
      const tookMs = performance.now() - startedAt;
      await lab.engine.remove(id);
      return tookMs;
    },
    ours: async () => {
      build = 3 - build;
      await lab.writeRepository("one", {
        "mysysconfig.yaml": settings("one"),
        ...units(`lab/idle:${build}`),
      });
      const { ms: tookMs, stdout } = await run(ours);
      if (!stdout.includes("Converged: 1 changed"))
        throw new Error(`not exactly one was replaced:\n${stdout}`);
      return tookMs;
    },
  });
  await removeAll(lab, "mysysconfig.project=one");
  const over = median.ours - median.bare;
  return {
    bar: `one changed tag among ${size}: at most 300 ms over the Engine's own create and start`,
    measured: `${ms(over)} over: ${ms(median.ours)} against ${ms(median.bare)}; that includes stopping the old one, which is retained`,
    kept: over <= 300,
  };
}

async function removeAll({ engine }: BenchLab, label: string): Promise<void> {
  const listed = await engine.list({ label: [label] });
  const waiting = listed.map(({ Id }) => Id);
  const work = async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) await engine.remove(id);
  };
  await Promise.all(Array.from({ length: width }, work));
}
