import type { ActualContainer } from "../model/actual-state.ts";
import { parseRoleName } from "../model/ownership.ts";
import type { Decision, RepairActions } from "./assess.ts";
import type { ContainerDiff } from "./diff.ts";
import type { Instance, Pair } from "./pair.ts";
import type { World } from "./world.ts";

/** Sentences that say why something is done, for plans, reports and the history. */

export function missingCause({ leftovers }: Pair): string {
  const status = leftovers.find(({ state }) => state.status === "dead" || state.status === "removing")?.state
    .status;
  if (status === undefined) return "not there yet";
  return status === "dead" ? "the container is dead" : "the container is being removed";
}

/** Drift is a difference that no new revision and no other image explains. */
export function changeCause(
  current: ActualContainer,
  instance: Instance,
  diff: ContainerDiff,
  world: World,
): string {
  const { workload } = current.record;
  if (workload !== undefined && workload !== instance.workload.key)
    return `takes over from ${workload}, which is no longer in the configuration`;
  if (current.record.fingerprint !== world.fingerprintOf(instance.workload))
    return "the configuration changed";
  const isImageAlone = diff.fields.length > 0 && diff.fields.every(({ field }) => field === "image");
  return isImageAlone ? "the tag stands for another image now" : changedByHand;
}

const changedByHand = "changed by hand on the Engine";

export function repairCause(
  instance: Instance,
  current: ActualContainer,
  repair: RepairActions,
): string | undefined {
  if (repair.awaitJob) return current.state.status === "created" ? "has not run yet" : "is still running";
  if (repair.start)
    return current.state.status === "created"
      ? "was never started"
      : `is stopped (exit code ${current.state.exitCode})`;
  if (repair.unpause) return "is paused";
  if (repair.fallback !== undefined) return "an interrupted run had just started it";
  if (current.state.status === "restarting") return "keeps restarting";
  if (repair.gate && (current.state.health ?? "healthy") === "healthy")
    return `has just restarted (restart ${current.state.restartCount})`;
  if (repair.gate) return `health check says ${current.state.health}`;
  if (repair.rename && parseRoleName(current.name).role === "next")
    return "an interrupted run had put it in place";
  if (repair.rename) return `is named "${current.name}" instead of "${instance.name}"`;
  return undefined;
}

/** What somebody did on the Engine that this decision puts right; `undefined` when there is another reason for it. */
export function driftOf(pair: Pair, decision: Decision, world: World): string | undefined {
  const { workload } = pair.instance;
  switch (decision.kind) {
    case "create": {
      const known = world.ledger.good.find((good) => good.workload === workload.key);
      return known?.spec === world.fingerprintOf(workload) && workload.kind === "service"
        ? "removed"
        : undefined;
    }
    case "replace":
    case "in-place": {
      if (decision.cause !== changedByHand) return undefined;
      const fields = decision.kind === "replace" ? decision.fields : decision.diff.fields;
      return `changed: ${fields.map(({ field }) => field).join(", ")}`;
    }
    case "repair": {
      const { current, repair } = decision;
      const { role } = parseRoleName(current.name);
      if (workload.kind === "job" || repair.fallback !== undefined || role === "next") return undefined;
      if (repair.start && current.state.status === "exited")
        return `stopped (exit code ${current.state.exitCode})`;
      if (repair.unpause) return "paused";
      return repair.rename && role === "current" ? `renamed to ${current.name}` : undefined;
    }
    default:
      return undefined;
  }
}
