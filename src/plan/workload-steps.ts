import type { ActualContainer } from "../model/actual-state.ts";
import { nameForRole, parseRoleName } from "../model/ownership.ts";
import type { ContainerTarget } from "../model/step.ts";
import type { RestartPolicy } from "../model/workload.ts";
import type { Decision } from "./assess.ts";
import {
  addCandidate,
  addCommit,
  addCreate,
  addHandOver,
  addRetention,
  keepsFallback,
  servingAttachments,
  withName,
} from "./candidate.ts";
import { actualTarget, type Chain, ChainBuilder } from "./chain.ts";
import { gateCriteria, restoredGate, stopTimeoutSeconds } from "./gate.ts";
import type { Instance } from "./pair.ts";
import { timedChain } from "./timed-steps.ts";
import { isUp, type World } from "./world.ts";

/** Longest time a job may run. */
const jobTimeoutMs = 3_600_000;

export interface ChainContext {
  readonly world: World;
  /** Transaction of this plan, eight hexadecimal digits. */
  readonly txn: string;
  /** Shared steps (pull, networks, volumes, files) that must precede the creation of a container. */
  readonly preparationsOf: (instance: Instance) => readonly string[];
  /** The step that creates a network, if this run creates it. */
  readonly networkStepOf: (network: string) => readonly string[];
  /** Name of the circle of changes that the instance belongs to. */
  readonly together?: string;
}

/** The steps of one decision; none for `unchanged` and `blocked`. */
export function workloadChain(instance: Instance, decision: Decision, context: ChainContext): Chain {
  const isTimed = instance.workload.timer !== undefined;
  if (isTimed && (decision.kind === "create" || decision.kind === "replace"))
    return timedChain(instance, decision, context);
  switch (decision.kind) {
    case "create":
      return createChain(instance, decision.cause, context);
    case "replace":
      return decision.rollout.order === "start-first" && instance.workload.kind === "service"
        ? startFirstChain(instance, decision, context)
        : stopFirstChain(instance, decision, context);
    case "in-place":
    case "repair":
      return repairChain(instance, decision, context);
    case "unchanged":
    case "blocked":
      return { steps: [] };
    default:
      return decision satisfies never;
  }
}

type ReplaceDecision = Extract<Decision, { kind: "replace" }>;
type RepairDecision = Extract<Decision, { kind: "in-place" | "repair" }>;

/** In a circle the name may still be taken by another member, so that the container gets it last. */
function createChain(instance: Instance, cause: string, context: ChainContext): Chain {
  const chain = new ChainBuilder(instance.key, cause, context.together);
  const role = context.together === undefined ? "current" : "next";
  const created = addCreate(chain, instance, role, "attached", context);
  if (role === "current") chain.mark("take");
  chain.add("start-container", "start", { container: created });
  chain.mark("interrupt", "start", "seize");
  addReadiness(chain, instance, created, context);
  if (role === "next") addCommit(chain, instance, created);
  return chain.build();
}

/** The old container serves until the new one has proved itself; it is stopped while still attached. */
function startFirstChain(instance: Instance, decision: ReplaceDecision, context: ChainContext): Chain {
  const chain = new ChainBuilder(instance.key, decision.cause, context.together);
  const created = addCandidate(chain, instance, decision, "withheld", context);
  chain.add("start-container", "start", { container: created });
  chain.mark("interrupt", "start", "seize");
  addReadiness(chain, instance, created, context);
  const attachments = servingAttachments(instance, decision.candidate);
  if (attachments.length > 0) {
    chain.add("cut-over", "cut over", { container: created, attachments });
    const { settleMs } = context.world.desired.environment.rollout;
    if (settleMs > 0)
      chain.add("pause", "settle", { ms: settleMs, purpose: "for clients to reach the new address" });
  }
  addStop(chain, decision.old, decision.oldRestart, context);
  chain.mark("drain");
  addHandOver(chain, instance, decision, created, context);
  return chain.build();
}

/**
 * The new container is pulled and created before the old one stops, and started after. Jobs go this way too: the
 * finished container of the last run gives way only to one that has finished well.
 */
function stopFirstChain(instance: Instance, decision: ReplaceDecision, context: ChainContext): Chain {
  const chain = new ChainBuilder(instance.key, decision.cause, context.together);
  const created = addCandidate(chain, instance, decision, "attached", context);
  if (isUp(decision.old) || mayServeAgain(instance, decision.old))
    addStop(chain, decision.old, decision.oldRestart, context);
  chain.add("start-container", "start", { container: created });
  chain.mark("interrupt", "start", "seize");
  addReadiness(chain, instance, created, context);
  addHandOver(chain, instance, decision, created, context);
  return chain.build();
}

/**
 * A service that has run and stands still, perhaps because an interrupted run stopped it: its stop takes no time, and
 * taking it back starts the container, so that a bad build does not stay alone.
 */
function mayServeAgain(instance: Instance, old: ActualContainer): boolean {
  const isService = instance.workload.kind === "service" && old.record.kind !== "job";
  return isService && old.state.status === "exited";
}

function repairChain(instance: Instance, decision: RepairDecision, context: ChainContext): Chain {
  const chain = new ChainBuilder(instance.key, decision.cause, context.together);
  const { current, repair } = decision;
  const target = actualTarget(current);
  if (repair.fallback !== undefined)
    addStop(chain, repair.fallback, instance.workload.container.restart, context);
  if (decision.kind === "in-place") addInPlaceChanges(chain, instance, decision, context);
  if (repair.rearm !== undefined) {
    const previous = { restart: current.spec.restart };
    chain.add("update-container", "arm", { container: target, update: { restart: repair.rearm }, previous });
  }
  if (repair.unpause) chain.add("unpause-container", "unpause", { container: target });
  if (repair.start) {
    const isRun = "due" in decision && decision.due !== undefined;
    chain.add("start-container", "start", { container: target, ...(isRun ? { run: true as const } : {}) });
    chain.mark("interrupt", "start", "seize");
  }
  if (repair.gate || repair.awaitJob) addReadiness(chain, instance, target, context, repair.unpause);
  if (keepsFallback(instance, decision, context.world))
    addRetention(chain, instance, decision.repair.fallback, context);
  if (repair.rename) addRename(chain, instance, current, context);
  return chain.build();
}

/** In a circle every member lets go of its name before any takes a new one. */
function addRename(
  chain: ChainBuilder,
  instance: Instance,
  current: ActualContainer,
  context: ChainContext,
): void {
  const target = actualTarget(current);
  let from = current.name;
  if (context.together !== undefined && parseRoleName(from).role === "current") {
    const to = nameForRole(instance.name, "next", context.txn);
    chain.add("rename-container", "set aside", { container: target, from, to });
    chain.mark("free");
    from = to;
  }
  chain.add("rename-container", "rename", { container: target, from, to: instance.name });
  chain.mark("free", "take");
}

function addInPlaceChanges(
  chain: ChainBuilder,
  instance: Instance,
  decision: Extract<RepairDecision, { kind: "in-place" }>,
  context: ChainContext,
): void {
  const { diff, current } = decision;
  // Under the name it is to have, so that an alias of an older name is not kept.
  const container = { ...actualTarget(current), name: instance.name };
  if (diff.update) {
    const { to: update, from: previous } = diff.update;
    chain.add("update-container", "update", { container, update, previous });
  }
  for (const live of diff.detach)
    chain.add("disconnect-network", `detach ${live.network} from`, {
      container,
      network: live.network,
      previous: live,
    });
  for (const { attachment, live } of diff.attach) {
    const { network } = attachment;
    const wanted = withName(attachment, instance);
    const needs = context.networkStepOf(network);
    if (live === undefined)
      chain.add("connect-network", `attach ${network} to`, { container, attachment: wanted }, needs);
    else
      chain.add(
        "cut-over",
        `attach ${network} again to`,
        { container, attachments: [wanted], previous: [withName(live, instance)] },
        needs,
      );
    chain.mark("seize");
  }
  // Static addresses that it had are free from here on.
  chain.mark("release");
}

function addReadiness(
  chain: ChainBuilder,
  instance: Instance,
  container: ContainerTarget,
  { world }: ChainContext,
  staleHealth = false,
): void {
  if (instance.workload.kind === "job")
    chain.add("await-job", "await", { container, timeoutMs: jobTimeoutMs });
  else {
    const gate = gateCriteria(instance.workload, world);
    chain.add("gate-container", "gate", { container, gate: staleHealth ? { ...gate, staleHealth } : gate });
  }
  chain.mark("proven");
}

/** @param restart the policy it gets back if the stop is undone; a job is never started again */
function addStop(
  chain: ChainBuilder,
  old: ActualContainer,
  restart: RestartPolicy,
  { world }: ChainContext,
): void {
  if (!isUp(old) && old.state.status !== "exited") return;
  chain.add("stop-container", "stop", {
    container: actualTarget(old),
    timeoutSeconds: stopTimeoutSeconds(old.spec.stopTimeoutSeconds),
    restart,
    ...(old.record.kind === "job" ? {} : { gate: restoredGate(old, world) }),
  });
  chain.mark("interrupt", "release");
}
