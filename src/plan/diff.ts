import type { ActualContainer, ActualState } from "../model/actual-state.ts";
import type { FieldChange } from "../model/change.ts";
import { type ImageLock, lockText } from "../model/image-lock.ts";
import { familiarReference, parseImageRef } from "../model/image-ref.ts";
import type { InPlaceUpdate } from "../model/step.ts";
import type { ContainerSpec, NetworkAttachment } from "../model/workload.ts";
import { DiffCollector } from "./diff-collector.ts";
import { fieldRules } from "./fields.ts";
import { isLocked, localImage } from "./local-image.ts";
import { resolveNamespaces, type WorkloadOf } from "./namespaces.ts";
import { canonicalSpec, defaultsFromContainer, mergeImageDefaults } from "./normalize.ts";
import { hasFinished, type Instance } from "./pair.ts";
import { type ActualIndex, indexActual } from "./world.ts";

/** Everything in which a living container differs from its spec, and what that takes. */
export interface ContainerDiff {
  readonly fields: readonly FieldChange[];
  readonly recreate: boolean;
  readonly update?: { readonly to: InPlaceUpdate; readonly from: InPlaceUpdate };
  /** Networks to attach; with a `live` attachment: to attach again with other aliases or addresses. */
  readonly attach: readonly { readonly attachment: NetworkAttachment; readonly live?: NetworkAttachment }[];
  /** Networks that the configuration no longer names, as they are attached now. */
  readonly detach: readonly NetworkAttachment[];
  /** Networks somebody attached by hand: reported, left alone. */
  readonly strayNetworks: readonly string[];
}

export interface DiffContext {
  readonly actual: ActualState;
  /** Workload key of a container that serves now, for shared namespaces. */
  readonly workloadOf: WorkloadOf;
  /** Fingerprint of the desired spec. */
  readonly fingerprint: string;
}

export function isEmptyDiff(diff: ContainerDiff): boolean {
  return !diff.recreate && diff.update === undefined && diff.attach.length === 0 && diff.detach.length === 0;
}

/** Compares a living container with its desired spec, field by field. The live state is the truth, labels are hints. */
export function diffContainer(
  instance: Instance,
  container: ActualContainer,
  context: DiffContext,
): ContainerDiff {
  const { workload } = instance;
  const world = indexActual(context.actual);
  const sameSpec = context.fingerprint === container.record.fingerprint;
  const { want, have } = comparableSpecs(instance, container, context);
  const collector = new DiffCollector(instance, want, have, sameSpec);
  const imageChange = diffImage(workload.container, container, world);
  if (imageChange) collector.add("image", "image", imageChange.before, imageChange.after);
  addIdentityChanges(collector, instance, container);
  // A job that has finished for this very spec has done its work; what became of its container since is of no interest.
  const isDone = workload.timer === undefined ? hasFinished(container) : container.state.status === "exited";
  if (workload.kind === "job" && sameSpec && isDone) return collector.result();
  for (const rule of fieldRules) {
    const wanted = rule.read(want);
    const isUnsetDefault = rule.engineDefault && wanted.length === 0;
    if (isUnsetDefault && !container.record.setFields.includes(rule.name)) continue;
    collector.compare(rule, wanted, rule.read(have));
  }
  if (!sameSpec && losesPrimaryNetwork(want, have)) collector.requireRecreate();
  for (const network of renewedNetworks(want, container, world))
    collector.add(`network ${network}`, "network", "an earlier network of this name", "the present one");
  return collector.result();
}

/** Both sides in one shape: image settings merged, derived settings dropped, names resolved. */
function comparableSpecs(
  instance: Instance,
  container: ActualContainer,
  { actual, workloadOf, fingerprint }: DiffContext,
): { want: ContainerSpec; have: ContainerSpec } {
  const { container: spec } = instance.workload;
  const { apiVersion } = actual.engine;
  const image = actual.images.get(container.imageId) ?? defaultsFromContainer(container.spec);
  const live = resolveNamespaces(container.spec, spec, indexActual(actual), workloadOf);
  const sameSpec = fingerprint === container.record.fingerprint;
  const want = canonicalSpec(withoutOwnName(mergeImageDefaults(spec, image), instance), apiVersion);
  const lived = withoutGivenMac(withoutHostName(live, want), want);
  const have = canonicalSpec(withoutOwnName(lived, instance), apiVersion);
  return {
    want: spec.logging === undefined ? want : withLiveLogDriver(want, have),
    have: withComparableMacs(want, sameSpec ? withoutEngineAdditions(want, have) : have),
  };
}

/** Options without a driver go to the Engine's default driver, whatever that was when the container was made. */
function withLiveLogDriver(want: ContainerSpec, have: ContainerSpec): ContainerSpec {
  if (want.logging?.driver !== undefined || have.logging?.driver === undefined) return want;
  return { ...want, logging: { driver: have.logging.driver, options: want.logging?.options ?? {} } };
}

/** An Engine with default log options or ulimits adds them to those that a container declares. */
function withoutEngineAdditions(want: ContainerSpec, have: ContainerSpec): ContainerSpec {
  const { logging, ulimits, ...rest } = have;
  const options = Object.entries(logging?.options ?? {}).filter(
    ([key]) => want.logging?.options[key] !== undefined,
  );
  const declared = new Set(want.ulimits?.map((limit) => limit.name));
  return {
    ...rest,
    ...(logging === undefined ? {} : { logging: { ...logging, options: Object.fromEntries(options) } }),
    ...(ulimits === undefined ? {} : { ulimits: ulimits.filter((limit) => declared.has(limit.name)) }),
  };
}

/**
 * The first network's MAC address is the container's only when one is declared; otherwise the Engine gave it. One that
 * somebody declared earlier is a setting of the container itself, and stays.
 */
function withoutGivenMac(live: ContainerSpec, want: ContainerSpec): ContainerSpec {
  if (live.network.kind !== "networks" || want.macAddress !== undefined) return live;
  const [first, ...others] = live.network.attachments;
  if (first?.macAddress === undefined) return live;
  const { macAddress: _given, ...attachment } = first;
  return { ...live, network: { kind: "networks", attachments: [attachment, ...others] } };
}

/** Every endpoint of a running container has a MAC address, that of a stopped one none: compared are those that are declared. */
function withComparableMacs(want: ContainerSpec, have: ContainerSpec): ContainerSpec {
  if (want.network.kind !== "networks" || have.network.kind !== "networks") return have;
  const wanted = new Map(want.network.attachments.map((one) => [one.network, one.macAddress]));
  if ([...wanted.values()].every((address) => address === undefined)) return have;
  const attachments = have.network.attachments.map(({ macAddress, ...attachment }) => {
    const declared = wanted.get(attachment.network);
    return declared === undefined ? attachment : { ...attachment, macAddress: macAddress ?? declared };
  });
  return { ...have, network: { kind: "networks", attachments } };
}

function addIdentityChanges(collector: DiffCollector, instance: Instance, container: ActualContainer): void {
  const { record, ownership } = container;
  const { workload, replica } = instance;
  if (ownership.kind !== "owned") {
    collector.add("owner", "image", "not managed", "this configuration");
    return;
  }
  if (record.workload !== workload.key) collector.add("workload", "image", record.workload, workload.key);
  if ((record.replica ?? 1) !== replica)
    collector.add("replica", "image", String(record.replica), String(replica));
  if (record.kind !== undefined && record.kind !== workload.kind)
    collector.add("kind", "image", record.kind, workload.kind);
}

/**
 * The reference as written decides first; with the same reference, the local image behind the tag. An image that is
 * gone from the Engine says nothing about a container that still runs.
 */
function diffImage(
  spec: ContainerSpec,
  container: ActualContainer,
  world: ActualIndex,
): { before: string; after: string } | undefined {
  const before = normalReference(container.spec.image);
  const after = normalReference(spec.image);
  if (before !== after) return { before, after };
  if (spec.imageLock !== undefined) return diffLocked(spec.imageLock, container, world, before);
  const local = localImage(world.actual, spec);
  if (local === undefined || local.id === container.imageId) return undefined;
  return { before: `${before} (${shortId(container.imageId)})`, after: `${after} (${shortId(local.id)})` };
}

/** What a container was made from tells whether it is the locked image; its tag may have moved since. */
function diffLocked(
  lock: ImageLock,
  { imageId }: ActualContainer,
  world: ActualIndex,
  reference: string,
): { before: string; after: string } | undefined {
  const made = world.actual.images.get(imageId);
  if (imageId === lock.value || made === undefined || isLocked(made, lock)) return undefined;
  return { before: `${reference} (${shortId(imageId)})`, after: `${reference} (${lockText(lock)})` };
}

function normalReference(reference: string): string {
  const parsed = parseImageRef(reference);
  return typeof parsed === "string" ? reference : familiarReference(parsed);
}

function shortId(imageId: string): string {
  return imageId.replace(/^sha256:/, "").slice(0, 7);
}

/** The canonical container name is always an alias of ours and never a difference. */
function withoutOwnName(spec: ContainerSpec, instance: Instance): ContainerSpec {
  if (spec.network.kind !== "networks") return spec;
  const attachments = spec.network.attachments.map((attachment) => ({
    ...attachment,
    aliases: attachment.aliases.filter((alias) => alias !== instance.name),
  }));
  return { ...spec, network: { kind: "networks", attachments } };
}

/** Engines below API 1.45 make the host name an alias by themselves; only a declared one counts. */
function withoutHostName(live: ContainerSpec, want: ContainerSpec): ContainerSpec {
  const { hostname, network } = live;
  if (hostname === undefined || network.kind !== "networks") return live;
  const declared = new Set(
    want.network.kind === "networks"
      ? want.network.attachments
          .filter(({ aliases }) => aliases.includes(hostname))
          .map((attachment) => attachment.network)
      : [],
  );
  const attachments = network.attachments.map((attachment) =>
    declared.has(attachment.network)
      ? attachment
      : { ...attachment, aliases: attachment.aliases.filter((alias) => alias !== hostname) },
  );
  return { ...live, network: { kind: "networks", attachments } };
}

/** A container is bound to its first network by name; only a new one can do without it. */
function losesPrimaryNetwork(want: ContainerSpec, have: ContainerSpec): boolean {
  if (want.network.kind !== "networks" || have.network.kind !== "networks") return false;
  const primary = have.network.attachments[0]?.network;
  return primary !== undefined && !want.network.attachments.some(({ network }) => network === primary);
}

/**
 * Networks that were removed while the container was stopped: it can never start again, not even on a new network with
 * the same name, because the Engine knows the old one by its id.
 */
function renewedNetworks(
  want: ContainerSpec,
  container: ActualContainer,
  world: ActualIndex,
): readonly string[] {
  if (want.network.kind !== "networks") return [];
  return want.network.attachments.flatMap(({ network }) => {
    const id = container.networkIds[network];
    const present = world.networksByName.get(network) ?? [];
    return id === undefined || id === "" || present.some((live) => live.id === id) ? [] : [network];
  });
}
