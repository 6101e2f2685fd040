/** Compiles and plans N workloads, of an Engine or a Swarm, in a process of its own and prints what it took, as JSON. */
import { compileDesiredState } from "../../src/desired/compile-desired-state.ts";
import type { DesiredState } from "../../src/model/desired-state.ts";
import type { ManifestTree } from "../../src/model/manifest-tree.ts";
import { assumedState } from "../../src/plan/assumed-state.ts";
import { buildPlan } from "../../src/plan/build-plan.ts";
import { compose, unit } from "../support/texts.ts";
import { settings } from "./settings.ts";

export interface ScaleResult {
  readonly compileMs: number;
  /** Planning against an Engine that has everything already, but for one tag. */
  readonly planMs: number;
  readonly peakMb: number;
}

const [count = "0", target] = process.argv.slice(2);
const total = Number(count);
const perStack = 20;

/** Half of them units, half of them services of stacks. */
function writeTree(changedTag: boolean): ManifestTree {
  const files = new Map<string, string>([["mysysconfig.yaml", settings("scale")]]);
  for (let n = 0; n < total / 2; n += 1) {
    const tag = changedTag && n === 0 ? 59 : 58;
    const line = `--network front --network-alias u${n}x -m 64m -e LOG_LEVEL=info -e NUMBER=${n} -v u${n}data:/data:ro lab/web:${tag}-develop`;
    files.set(`units/u${n}x.service`, unit(line));
  }
  for (let n = 0; n < total / 2 / perStack; n += 1) files.set(`units/s${n}x.compose.yaml`, writeStack(n));
  return new Map(
    [...files].map(([path, content]) => [path, { path, content: Buffer.from(content), executable: false }]),
  );
}

function writeStack(number: number): string {
  const services = Array.from({ length: perStack }, (_, index) => [
    `web${index}`,
    {
      image: "lab/web:58-develop",
      restart: "always",
      environment: { NUMBER: `${index}`, LOG_LEVEL: "info" },
      networks: { front: { aliases: [`s${number}-${index}`] } },
      healthcheck: { test: ["CMD", "true"], interval: "10s" },
      ...(index === 0 ? {} : { depends_on: ["web0"] }),
    },
  ]);
  return compose({ services: Object.fromEntries(services), networks: { front: { name: "front" } } });
}

function compile(tree: ManifestTree): DesiredState {
  const nothing = new Map<string, string>();
  const inputs = { variables: nothing, mountedValues: nothing, secrets: nothing };
  const compiled = compileDesiredState(tree, { id: "bench" }, inputs, {
    hostName: "bench",
    target: target === "swarm" ? "swarm" : "engine",
    allowMissingSecrets: false,
  });
  if (compiled.value === undefined) throw new Error(JSON.stringify(compiled.diagnostics.slice(0, 3)));
  return compiled.value;
}

const actual = assumedState(compile(writeTree(false)));
const tree = writeTree(true);
const before = performance.now();
const desired = compile(tree);
const between = performance.now();
const plan = buildPlan(desired, actual, { adopt: new Set(), txn: "00000000" });
const after = performance.now();
const changed = plan.changes.filter((change) => change.kind !== "unchanged").map((change) => change.key);
if (changed.join() !== "u0x") throw new Error(`not exactly one change: ${changed.slice(0, 5).join(", ")}`);
const result: ScaleResult = {
  compileMs: between - before,
  planMs: after - between,
  peakMb: process.resourceUsage().maxRSS / 1024,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
