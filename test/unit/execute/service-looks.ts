import { judgeServiceGate, type ServiceGateHistory } from "../../../src/execute/service-gate.ts";
import type { ActualService, ServiceLook } from "../../../src/model/actual-swarm.ts";
import type { ServiceGate } from "../../../src/model/step.ts";
import { workload } from "../../support/builders.ts";
import { node, runningService, specOf, task } from "../../support/services.ts";

export const web = workload("web");
export const spec = specOf(web);
export const gate: ServiceGate = { spec, stabilityMs: 5_000, timeoutMs: 60_000 };

export type Seen = Partial<ActualService> | "removed";
/** What is seen at which millisecond. */
export type ServiceLooks = readonly (readonly [number, Seen])[];

export const good: Seen = {};
export const starting: Seen = { tasks: [task(spec, { state: "starting" })] };

/** On two nodes, the second of them down. */
export function lookOf(seen: Seen, of = web): ServiceLook {
  const nodes = [node("node-1"), node("node-2", { state: "down" })];
  return seen === "removed" ? { nodes } : { nodes, service: runningService(of, seen) };
}

/** The verdict after the last look; one that comes earlier names its time. */
export function judge(looks: ServiceLooks, own = gate, of = web): string {
  let history: ServiceGateHistory = { begunAt: 0 };
  let said = "";
  for (const [index, [atMs, seen]] of looks.entries()) {
    const verdict = judgeServiceGate(lookOf(seen, of), history, own, atMs);
    const early = index < looks.length - 1 ? ` at ${atMs}` : "";
    if (verdict.kind === "failed") return `${verdict.code}${early}: ${verdict.reason}`;
    if (verdict.kind === "passed") return `passed${early}: good since ${verdict.goodSince}`;
    said = `pending: ${verdict.progress.text}`;
    history = verdict.history;
  }
  return said;
}
