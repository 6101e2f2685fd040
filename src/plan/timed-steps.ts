import { labelKeys, nameForRole } from "../model/ownership.ts";
import type { Decision } from "./assess.ts";
import { addCommit } from "./candidate.ts";
import { actualTarget, type Chain, ChainBuilder, createdTarget } from "./chain.ts";
import { stopTimeoutSeconds } from "./gate.ts";
import { containerLabels } from "./labels.ts";
import type { Instance } from "./pair.ts";
import type { ChainContext } from "./workload-steps.ts";
import { isUp } from "./world.ts";

type TimedDecision = Extract<Decision, { kind: "create" | "replace" }>;

/**
 * A fresh container for a job with a timer, started if a run is due. The last container goes before the fresh one takes
 * its name and is started: after a crash at any point at most one of them was started for the same time. Nobody waits
 * for the end: a run of hours must not hold the lock.
 */
export function timedChain(instance: Instance, decision: TimedDecision, context: ChainContext): Chain {
  const chain = new ChainBuilder(instance.key, decision.cause, context.together);
  const old = decision.kind === "replace" ? decision.old : undefined;
  // In a circle the name may still be taken by another member.
  const isCandidate = old !== undefined || context.together !== undefined;
  const name = nameForRole(instance.name, isCandidate ? "next" : "current", context.txn);
  const labels = {
    ...containerLabels(instance, context.world, context.txn),
    ...timerLabels(instance, decision),
  };
  const payload = { name, workload: instance.workload, labels, aliases: "attached" } as const;
  const step = chain.add("create-container", "create", payload, context.preparationsOf(instance));
  chain.mark("created");
  if (!isCandidate) chain.mark("take");
  if (old !== undefined) {
    const container = actualTarget(old);
    if (isUp(old)) {
      const timeoutSeconds = stopTimeoutSeconds(old.spec.stopTimeoutSeconds);
      chain.add("stop-container", "stop", { container, timeoutSeconds, restart: old.spec.restart });
      chain.mark("interrupt", "release");
    }
    chain.add("remove-container", "remove old", { container });
    chain.mark("release", "free");
  }
  if (isCandidate) addCommit(chain, instance, createdTarget(step, name));
  if (decision.due !== undefined) {
    chain.add("start-container", "start", { container: createdTarget(step, instance.name), run: true });
    chain.mark("interrupt", "start", "seize");
  }
  if (decision.kind === "replace" && decision.superseded !== undefined)
    chain.addTail("remove-container", "remove previous", { container: actualTarget(decision.superseded) });
  return chain.build();
}

function timerLabels({ workload }: Instance, { due }: TimedDecision): Readonly<Record<string, string>> {
  return {
    ...(workload.timer === undefined ? {} : { [labelKeys.timer]: workload.timer.unit }),
    ...(due === undefined ? {} : { [labelKeys.due]: due }),
  };
}
