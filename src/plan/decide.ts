import type { ActualContainer, ActualState } from "../model/actual-state.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { parseRoleName } from "../model/ownership.ts";
import { type AssessContext, assess, type Decision, forceReplace } from "./assess.ts";
import { fixedHostPorts, sharedHostPorts } from "./exclusive.ts";
import { downtimeBoundMs } from "./gate.ts";
import type { Pair, Pairing } from "./pair.ts";

export interface Decided {
  readonly pair: Pair;
  readonly decision: Decision;
}

/** Decides about every instance: first each by itself, then what they mean for one another. */
export function decideAll(
  pairing: Pairing,
  desired: DesiredState,
  actual: ActualState,
  adopt: ReadonlySet<string>,
): readonly Decided[] {
  const context: AssessContext = { desired, actual, adopt, workloadOf: workloadFinder(pairing) };
  let decided: readonly Decided[] = pairing.pairs.map((pair) => ({ pair, decision: assess(pair, context) }));
  decided = decided.map((entry) => replaceSwappedNames(entry, decided, context));
  decided = decided.map((entry) => blockOnMissing(entry, desired, actual));
  decided = decided.map((entry) => blockOnForeignPort(entry, pairing, actual));
  decided = spreadReplacements(decided, context);
  decided = decided.map((entry) => releasePortsFirst(entry, decided, context));
  return blockDependents(decided);
}

function workloadFinder(pairing: Pairing): (containerId: string) => string | undefined {
  const byId = new Map(
    pairing.pairs.flatMap((pair) =>
      pair.current ? [[pair.current.id, pair.instance.workload.key] as const] : [],
    ),
  );
  return (id) => byId.get(id);
}

/** Two living containers cannot swap names by renaming; a replacement can, through the names of its roles. */
function replaceSwappedNames(entry: Decided, all: readonly Decided[], context: AssessContext): Decided {
  const { pair, decision } = entry;
  if ((decision.kind !== "repair" && decision.kind !== "in-place") || !decision.repair.rename) return entry;
  const holder = all.find((other) => other !== entry && other.pair.current?.name === pair.instance.name);
  return holder === undefined
    ? entry
    : { pair, decision: forceReplace(pair, context, "takes a name that another container holds") };
}

/** Networks and external volumes that do not exist stop the workloads that need them, and no others. */
function blockOnMissing(entry: Decided, desired: DesiredState, actual: ActualState): Decided {
  const { pair, decision } = entry;
  if (decision.kind !== "create" && decision.kind !== "replace") return entry;
  const { container } = pair.instance.workload;
  const attachments = container.network.kind === "networks" ? container.network.attachments : [];
  for (const { network } of attachments) {
    const found = actual.networks.filter((candidate) => candidate.name === network);
    if (found.length > 1)
      return blocked(
        entry,
        `there are ${found.length} networks named "${network}"; remove or rename all but one`,
      );
    const declared = desired.networks.find((candidate) => candidate.name === network);
    if (found.length === 0 && (declared === undefined || declared.external)) {
      return blocked(
        entry,
        `network "${network}" does not exist; declare it under networks: of a compose file in units/, or create it with docker network create ${network}`,
      );
    }
  }
  for (const mount of container.mounts) {
    if (mount.kind !== "volume") continue;
    const declared = desired.volumes.find((candidate) => candidate.name === mount.volume);
    if (declared?.external === true && !actual.volumes.some((volume) => volume.name === mount.volume)) {
      return blocked(
        entry,
        `external volume "${mount.volume}" does not exist; create it with docker volume create ${mount.volume}`,
      );
    }
  }
  return entry;
}

/** A host port held by a container that this run does not touch. */
function blockOnForeignPort(entry: Decided, pairing: Pairing, actual: ActualState): Decided {
  const { pair, decision } = entry;
  if (decision.kind !== "create" && decision.kind !== "replace") return entry;
  const ours = new Set(
    [...pairing.pairs.flatMap((other) => [other.current, ...other.leftovers]), ...pairing.orphans].map(
      (container) => container?.name,
    ),
  );
  if (decision.kind === "replace") ours.add(decision.old.name);
  const wanted = fixedHostPorts(pair.instance.workload);
  for (const held of actual.publishedPorts) {
    if (ours.has(held.container)) continue;
    const port = {
      containerPort: 0,
      protocol: held.protocol as "tcp",
      hostIp: held.hostIp,
      hostPort: String(held.hostPort),
    };
    const shared = sharedHostPorts(wanted, [port]);
    if (shared.length > 0) {
      return blocked(
        entry,
        `host port ${shared[0]} is in use by container "${held.container}", which does not belong to this configuration`,
      );
    }
  }
  return entry;
}

/** Who shares the network of a renewed container, or asked to be restarted with it, is renewed too. */
function spreadReplacements(decided: readonly Decided[], context: AssessContext): readonly Decided[] {
  let current = decided;
  for (let round = 0; round < decided.length; round++) {
    const renewed = new Set(
      current
        .filter(({ decision }) => decision.kind === "replace" || decision.kind === "create")
        .map(({ pair }) => pair.instance.workload.key),
    );
    const next = current.map((entry) => {
      const cause = spreadCause(entry, renewed);
      return cause === undefined
        ? entry
        : { pair: entry.pair, decision: forceReplace(entry.pair, context, cause) };
    });
    if (next.every((entry, index) => entry === current[index])) break;
    current = next;
  }
  return current;
}

function spreadCause({ pair, decision }: Decided, renewed: ReadonlySet<string>): string | undefined {
  if (decision.kind !== "unchanged" && decision.kind !== "in-place" && decision.kind !== "repair")
    return undefined;
  const { container, dependsOn, kind } = pair.instance.workload;
  if (container.network.kind === "workload" && renewed.has(container.network.workload)) {
    return `shares the network of ${container.network.workload}, which is replaced`;
  }
  const restarted = dependsOn.find((dependency) => dependency.restart && renewed.has(dependency.workload));
  return restarted === undefined || kind === "job"
    ? undefined
    : `depends on ${restarted.workload}, which is replaced`;
}

/** A port that moves to another workload must be free before that one starts: its holder stops first. */
function releasePortsFirst(entry: Decided, all: readonly Decided[], context: AssessContext): Decided {
  const { pair, decision } = entry;
  if (decision.kind !== "replace" || decision.rollout.order === "stop-first") return entry;
  const taker = all.find((other) => other !== entry && claimsPortOf(other, decision.old));
  if (taker === undefined) return entry;
  const { workload } = pair.instance;
  const image = context.actual.images.get(workload.container.image);
  const downtimeMs = downtimeBoundMs(
    decision.old.spec.stopTimeoutSeconds,
    workload,
    image,
    context.desired.environment.rollout,
  );
  const reason = `its host port moves to ${taker.pair.instance.key}`;
  return { pair, decision: { ...decision, rollout: { order: "stop-first", reason, downtimeMs } } };
}

/** The instance will bind a host port that this container of another instance holds now. */
export function claimsPortOf({ pair, decision }: Decided, holder: ActualContainer): boolean {
  if (decision.kind !== "create" && decision.kind !== "replace") return false;
  return sharedHostPorts(pair.instance.workload.container.ports, holder.spec.ports).length > 0;
}

/** Who needs a blocked workload, and would change, is blocked too. */
function blockDependents(decided: readonly Decided[]): readonly Decided[] {
  const stopped = new Set(
    decided
      .filter(({ decision }) => decision.kind === "blocked")
      .map(({ pair }) => pair.instance.workload.key),
  );
  let current = decided;
  for (let grown = stopped.size > 0; grown; ) {
    grown = false;
    current = current.map((entry) => {
      const { pair, decision } = entry;
      if (decision.kind !== "create" && decision.kind !== "replace") return entry;
      const need = pair.instance.workload.dependsOn.find(
        (dependency) => dependency.required && stopped.has(dependency.workload),
      );
      if (need === undefined) return entry;
      stopped.add(pair.instance.workload.key);
      grown = true;
      return blocked(entry, `depends on ${need.workload}, which is blocked`);
    });
  }
  return current;
}

function blocked(entry: Decided, cause: string): Decided {
  const fields = entry.decision.kind === "replace" ? entry.decision.fields : [];
  return { pair: entry.pair, decision: { kind: "blocked", cause, fields } };
}

/** The base name of a container in any role. */
export function baseNameOf(container: ActualContainer): string {
  return parseRoleName(container.name).base;
}
