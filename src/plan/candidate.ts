import type { ActualContainer } from "../model/actual-state.ts";
import { nameForRole, parseRoleName } from "../model/ownership.ts";
import type { ContainerTarget } from "../model/step.ts";
import type { ContainerSpec, NetworkAttachment } from "../model/workload.ts";
import type { Decision } from "./assess.ts";
import { actualTarget, type ChainBuilder, createdTarget } from "./chain.ts";
import { containerLabels } from "./labels.ts";
import type { Instance } from "./pair.ts";
import type { ChainContext } from "./workload-steps.ts";
import type { World } from "./world.ts";

/** How a container comes to be a candidate for a name, and how it takes the name over. */

type ReplaceDecision = Extract<Decision, { kind: "replace" }>;

export function addCreate(
  chain: ChainBuilder,
  instance: Instance,
  role: "current" | "next",
  aliases: "attached" | "withheld",
  context: ChainContext,
): ContainerTarget {
  const name = nameForRole(instance.name, role, context.txn);
  const labels = containerLabels(instance, context.world, context.txn);
  const payload = { name, workload: instance.workload, labels, aliases };
  const step = chain.add("create-container", "create", payload, context.preparationsOf(instance));
  chain.mark("created");
  return createdTarget(step, name);
}

/** The container that is to take over: a new one, or the retained previous one. */
export function addCandidate(
  chain: ChainBuilder,
  instance: Instance,
  { candidate }: ReplaceDecision,
  aliases: "attached" | "withheld",
  context: ChainContext,
): ContainerTarget {
  if (candidate === undefined) return addCreate(chain, instance, "next", aliases, context);
  const name = nameForRole(instance.name, "next", context.txn);
  const container = { ...actualTarget(candidate), name };
  chain.add("rename-container", "bring back", {
    container: actualTarget(candidate),
    from: candidate.name,
    to: name,
    reversible: true,
  });
  chain.mark("created");
  const restart = instance.workload.container.restart;
  const previous = { restart: candidate.spec.restart };
  chain.add("update-container", "arm", { container, update: { restart }, previous });
  const attachments = servingAttachments(instance, candidate);
  if (aliases === "withheld" && attachments.length > 0)
    chain.add("cut-over", "withhold", {
      container,
      attachments: attachments.map(bare),
      previous: attachments,
      withheld: true,
    });
  return container;
}

/** Reachable, but not under the names of the service. */
function bare({ network }: NetworkAttachment): NetworkAttachment {
  return { network, aliases: [] };
}

/**
 * Renames happen only after the gate; so a name tells after a crash how far the rollout had come. What served until now
 * is kept for a rollback, in the place of what was kept before.
 */
export function addHandOver(
  chain: ChainBuilder,
  instance: Instance,
  { old, superseded }: ReplaceDecision,
  created: ContainerTarget,
  context: ChainContext,
): void {
  const isRetained = isWorthKeeping(instance, old, context.world);
  if (isRetained) addRetention(chain, instance, old, context);
  else {
    const to = nameForRole(instance.name, "previous", context.txn);
    chain.add("rename-container", "set aside old", { container: actualTarget(old), from: old.name, to });
    chain.mark("free");
  }
  addCommit(chain, instance, created);
  if (superseded !== undefined)
    chain.addTail("remove-container", "remove previous", { container: actualTarget(superseded) });
  if (!isRetained) {
    const name = nameForRole(instance.name, "previous", context.txn);
    chain.addTail("remove-container", "remove old", { container: { ...actualTarget(old), name } });
  }
}

/** Sets a stopped container aside under a name that tells what it is kept for. */
export function addRetention(
  chain: ChainBuilder,
  instance: Instance,
  old: ActualContainer,
  { world, txn }: ChainContext,
): void {
  const to = nameForRole(instance.name, "previous", txn);
  const kept = { workload: instance.workload.key, forMs: world.desired.environment.rollout.retentionMs };
  chain.add("rename-container", "retain", { container: actualTarget(old), from: old.name, to, kept });
  chain.mark("free");
}

/** An interrupted run had stopped it for the container that serves now: it is what a rollback goes back to. */
export function keepsFallback<D extends Decision>(
  instance: Instance,
  decision: D,
  world: World,
): decision is D & { readonly repair: { readonly fallback: ActualContainer } } {
  if (decision.kind !== "repair" && decision.kind !== "in-place") return false;
  const { fallback } = decision.repair;
  return fallback !== undefined && isWorthKeeping(instance, fallback, world);
}

/** Only what has served as this very instance can do so again. */
export function isWorthKeeping(instance: Instance, old: ActualContainer, world: World): boolean {
  const { record, ownership, state } = old;
  return (
    world.desired.environment.rollout.retentionMs > 0 &&
    ownership.kind === "owned" &&
    record.workload === instance.workload.key &&
    (record.replica ?? 1) === instance.replica &&
    record.kind !== "job" &&
    instance.workload.kind === "service" &&
    state.status !== "created"
  );
}

export function addCommit(chain: ChainBuilder, instance: Instance, created: ContainerTarget): void {
  chain.add("rename-container", "commit", { container: created, from: created.name, to: instance.name });
  chain.mark("take");
}

/**
 * How the candidate is to be attached when it serves. One that an interrupted rollback had begun to bring back has lost
 * its names already, perhaps its networks too: it gets what the configuration gives the service.
 */
export function servingAttachments(
  instance: Instance,
  candidate: ActualContainer | undefined,
): readonly NetworkAttachment[] {
  const declared = attachmentsWithName(instance.workload.container, instance);
  if (candidate === undefined) return declared;
  const live = attachmentsWithName(candidate.spec, instance);
  const isHalfWay = parseRoleName(candidate.name).role === "next";
  if (!isHalfWay || candidate.spec.network.kind !== "networks") return live;
  const known = new Set(declared.map(({ network }) => network));
  return [...declared, ...live.filter(({ network }) => !known.has(network))];
}

function attachmentsWithName({ network }: ContainerSpec, instance: Instance): readonly NetworkAttachment[] {
  if (network.kind !== "networks") return [];
  return network.attachments.map((attachment) => withName(attachment, instance));
}

/** Others may know the container by its name; as an alias it answers before the rename. */
export function withName(attachment: NetworkAttachment, instance: Instance): NetworkAttachment {
  return { ...attachment, aliases: [...new Set([...attachment.aliases, instance.name])] };
}
