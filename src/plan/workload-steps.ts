import type { ActualContainer, ActualState } from "../model/actual-state.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { nameForRole } from "../model/ownership.ts";
import type { ContainerTarget } from "../model/step.ts";
import type { NetworkAttachment } from "../model/workload.ts";
import type { Decision } from "./assess.ts";
import { actualTarget, type Chain, ChainBuilder, createdTarget } from "./chain.ts";
import { gateCriteria, stopTimeoutSeconds } from "./gate.ts";
import { containerLabels } from "./labels.ts";
import type { Instance } from "./pair.ts";

/** Longest time a job may run. */
const jobTimeoutMs = 3_600_000;

export interface ChainContext {
  readonly desired: DesiredState;
  readonly actual: ActualState;
  /** Transaction of this plan, eight hexadecimal digits. */
  readonly txn: string;
  /** Shared steps (pull, networks, volumes, files) that must precede the creation of a container. */
  readonly preparationsOf: (instance: Instance) => readonly string[];
}

/** The steps of one decision; none for `unchanged` and `blocked`. */
export function workloadChain(instance: Instance, decision: Decision, context: ChainContext): Chain {
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

function createChain(instance: Instance, cause: string, context: ChainContext): Chain {
  const chain = new ChainBuilder(instance.key, cause);
  const created = addCreate(chain, instance, "current", context);
  chain.add("start-container", "start", { container: created });
  addReadiness(chain, instance, created, context);
  return chain.build();
}

/** The old container serves until the new one has proved itself; it is stopped while still attached. */
function startFirstChain(instance: Instance, decision: ReplaceDecision, context: ChainContext): Chain {
  const chain = new ChainBuilder(instance.key, decision.cause);
  const created = addCreate(chain, instance, "next", context);
  chain.add("start-container", "start", { container: created });
  addReadiness(chain, instance, created, context);
  const attachments = attachmentsWithName(instance);
  if (attachments.length > 0) chain.add("cut-over", "cut over", { container: created, attachments });
  addStop(chain, decision.old);
  addCommit(chain, instance, decision.old, created, context.txn);
  return chain.build();
}

/**
 * The new container is pulled and created before the old one stops, and started after. Jobs go this way too: the
 * finished container of the last run gives way only to one that has finished well.
 */
function stopFirstChain(instance: Instance, decision: ReplaceDecision, context: ChainContext): Chain {
  const chain = new ChainBuilder(instance.key, decision.cause);
  const created = addCreate(chain, instance, "next", context, "attached");
  addStop(chain, decision.old);
  chain.add("start-container", "start", { container: created });
  addReadiness(chain, instance, created, context);
  addCommit(chain, instance, decision.old, created, context.txn);
  return chain.build();
}

function repairChain(instance: Instance, decision: RepairDecision, context: ChainContext): Chain {
  const chain = new ChainBuilder(instance.key, decision.cause);
  const { current, repair } = decision;
  const target = actualTarget(current);
  if (repair.rename)
    chain.add("rename-container", "rename", { container: target, from: current.name, to: instance.name });
  if (decision.kind === "in-place") addInPlaceChanges(chain, instance, decision, target);
  if (repair.unpause) chain.add("unpause-container", "unpause", { container: target });
  if (repair.start) chain.add("start-container", "start", { container: target });
  if (repair.gate || repair.awaitJob) addReadiness(chain, instance, target, context);
  return chain.build();
}

function addInPlaceChanges(
  chain: ChainBuilder,
  instance: Instance,
  decision: Extract<RepairDecision, { kind: "in-place" }>,
  target: ContainerTarget,
): void {
  const { diff } = decision;
  if (diff.update)
    chain.add("update-container", "update", {
      container: target,
      update: diff.update.to,
      previous: diff.update.from,
    });
  for (const network of diff.detach)
    chain.add("disconnect-network", `detach ${network} from`, { container: target, network });
  for (const { attachment, reattach } of diff.attach) {
    const withName = { ...attachment, aliases: aliasesWithName(attachment, instance) };
    if (reattach)
      chain.add("cut-over", `attach ${attachment.network} again to`, {
        container: target,
        attachments: [withName],
      });
    else
      chain.add("connect-network", `attach ${attachment.network} to`, {
        container: target,
        attachment: withName,
      });
  }
}

function addCreate(
  chain: ChainBuilder,
  instance: Instance,
  role: "current" | "next",
  context: ChainContext,
  aliases: "attached" | "withheld" = role === "current" ? "attached" : "withheld",
): ContainerTarget {
  const name = nameForRole(instance.name, role, context.txn);
  const labels = containerLabels(instance, context.desired, context.txn);
  const payload = { name, workload: instance.workload, labels, aliases };
  return createdTarget(
    chain.add("create-container", "create", payload, context.preparationsOf(instance)),
    name,
  );
}

function addReadiness(
  chain: ChainBuilder,
  instance: Instance,
  container: ContainerTarget,
  context: ChainContext,
): void {
  if (instance.workload.kind === "job") {
    chain.add("await-job", "await", { container, timeoutMs: jobTimeoutMs });
    return;
  }
  const image = context.actual.images.get(instance.workload.container.image);
  chain.add("gate-container", "gate", {
    container,
    gate: gateCriteria(instance.workload, image, context.desired.environment.rollout),
  });
}

function addStop(chain: ChainBuilder, old: ActualContainer): void {
  if (!isUp(old)) return;
  const payload = {
    container: actualTarget(old),
    timeoutSeconds: stopTimeoutSeconds(old.spec.stopTimeoutSeconds),
    restart: old.spec.restart,
  };
  chain.add("stop-container", "stop", payload);
}

/** Renames happen only after the gate; so a name tells after a crash how far the rollout had come. */
function addCommit(
  chain: ChainBuilder,
  instance: Instance,
  old: ActualContainer,
  created: ContainerTarget,
  txn: string,
): void {
  const target = actualTarget(old);
  chain.add("rename-container", "set aside old", {
    container: target,
    from: old.name,
    to: nameForRole(instance.name, "previous", txn),
  });
  chain.add("rename-container", "commit", { container: created, from: created.name, to: instance.name });
  chain.addTail("remove-container", "remove old", { container: target });
}

/** Stops and removes an orphan or a leftover. */
export function removalChain(key: string, container: ActualContainer, cause: string): Chain {
  const chain = new ChainBuilder(key, cause);
  if (isUp(container)) addStop(chain, container);
  chain.add("remove-container", "remove", { container: actualTarget(container) });
  return chain.build();
}

export function isUp(container: ActualContainer): boolean {
  return ["running", "restarting", "paused"].includes(container.state.status);
}

function attachmentsWithName(instance: Instance): readonly NetworkAttachment[] {
  const { network } = instance.workload.container;
  if (network.kind !== "networks") return [];
  return network.attachments.map((attachment) => ({
    ...attachment,
    aliases: aliasesWithName(attachment, instance),
  }));
}

/** Others may know the container by its name; as an alias it answers before the rename. */
function aliasesWithName(attachment: NetworkAttachment, instance: Instance): readonly string[] {
  return [...new Set([...attachment.aliases, instance.name])];
}
