/** A hundred services of a Swarm with nothing to do, against the least that can be asked and against the client's deploy. */
import { Agent, request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startCluster } from "../../deploy/lab/swarm-cluster.ts";
import { makeScenarioImages } from "../support/scenario-images.ts";
import { compose } from "../support/texts.ts";
import type { BenchLab } from "./lab.ts";
import { type Command, interleave, run } from "./measure.ts";
import { type Finding, ms, times } from "./report.ts";
import type { ScaleResult } from "./scale-child.ts";

const size = 100;
const planned = 1_000;
const planBarMs = 500;
const numbers = Array.from({ length: size }, (_, index) => index);

/** The same services for both, without what either adds. */
function stack(): string {
  const service = {
    image: "lab/idle:1",
    deploy: { endpoint_mode: "dnsrr", restart_policy: { condition: "any" } },
  };
  return compose({ services: Object.fromEntries(numbers.map((n) => [`s${n}`, service])) });
}

export async function measureSwarm(lab: BenchLab): Promise<Finding[]> {
  return [await measurePlan(), await measureNoOp(lab)];
}

async function measurePlan(): Promise<Finding> {
  const file = join(import.meta.dirname, "scale-child.ts");
  const child = async (count: number) => {
    const { stdout } = await run({ file: process.execPath, args: [file, String(count), "swarm"] });
    return (JSON.parse(stdout) as ScaleResult).planMs;
  };
  const median = await interleave(5, { once: () => child(planned), more: () => child(4 * planned) });
  return {
    bar: `plan of ${planned} services in a cluster that is assumed: ${planBarMs} ms`,
    measured: `${ms(median.once)}; ${times(median.more / median.once)} for 4 times as many`,
    kept: median.once <= planBarMs,
  };
}

async function measureNoOp(lab: BenchLab): Promise<Finding> {
  await using cluster = await startCluster({ release: "newest", managers: 1, purpose: "bench" });
  const { socket } = cluster.manager();
  await makeScenarioImages(socket);
  const folder = await lab.writeRepository("swarm", {
    "mysysconfig.yaml": "project: ours\npolicy:\n  stability: 0s\n",
    "units/ours.compose.yaml": stack(),
  });
  const peerFolder = await lab.writeRepository("swarm-peer", { "stack.yaml": stack() });
  const host = { DOCKER_HOST: `unix://${socket}` };
  const at = ({ file, args, env }: Command): Command => ({ file, args, env: { ...env, ...host } });
  const ours = at(lab.program("apply", "--config", folder));
  const startUp = at(lab.program("validate", "--config", folder));
  const file = join(peerFolder, "stack.yaml");
  const peer = at(
    lab.dockerCommand("stack", "deploy", "--detach=true", "--resolve-image=never", "-c", file, "peer"),
  );
  for (const command of [ours, peer, ours, startUp]) await run(command);
  const median = await interleave(9, {
    ours: async () => {
      const { ms: tookMs, stdout } = await run(ours);
      if (!stdout.includes(`Nothing to do: ${size} as desired`)) throw new Error(`not a no-op:\n${stdout}`);
      return tookMs;
    },
    peer: async () => (await run(peer)).ms,
    startUp: async () => (await run(startUp)).ms,
    bare: () => listBoth(socket),
  });
  const boundMs = median.startUp + 3 * median.bare;
  const isFaster = median.ours < median.peer;
  return {
    bar: `no-op apply of ${size} services: start-up and 3 times a bare GET /services and GET /tasks, and faster than a second docker stack deploy`,
    measured: `${ms(median.ours)} against ${ms(boundMs)} (start-up ${ms(median.startUp)}, bare ${ms(median.bare)}), and ${times(median.ours / median.peer)} of stack deploy (${ms(median.peer)})`,
    kept: median.ours <= boundMs && isFaster,
  };
}

/** Services and tasks of both stacks, over a fresh connection each time, as every program has it. */
async function listBoth(socketPath: string): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const get = (path: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    request({ socketPath, path, agent }, (answer) => text(answer).then(resolve, reject))
      .on("error", reject)
      .end();
    return promise.then((body) => JSON.parse(body) as unknown[]);
  };
  const startedAt = performance.now();
  const [services] = await Promise.all([get("/services"), get("/tasks")]);
  const tookMs = performance.now() - startedAt;
  agent.destroy();
  if ((services?.length ?? 0) < size) throw new Error(`${services?.length} services where ${size} should be`);
  return tookMs;
}
