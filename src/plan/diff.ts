import { deepEqual } from "../lib/stable-json.ts";
import type { ActualContainer, ActualState } from "../model/actual-state.ts";
import type { FieldChange } from "../model/change.ts";
import { familiarReference, parseImageRef } from "../model/image-ref.ts";
import type { InPlaceUpdate } from "../model/step.ts";
import type { ContainerSpec, NetworkAttachment } from "../model/workload.ts";
import { type FieldRule, type FieldValue, fieldRules } from "./fields.ts";
import { defaultsFromContainer, mergeImageDefaults } from "./normalize.ts";
import type { Instance } from "./pair.ts";

/** Everything in which a living container differs from its spec, and what that takes. */
export interface ContainerDiff {
  readonly fields: readonly FieldChange[];
  readonly recreate: boolean;
  readonly update?: { readonly to: InPlaceUpdate; readonly from: InPlaceUpdate };
  /** Networks to attach, or to attach again with other aliases or addresses. */
  readonly attach: readonly { readonly attachment: NetworkAttachment; readonly reattach: boolean }[];
  /** Networks that the configuration no longer names. */
  readonly detach: readonly string[];
  /** Networks somebody attached by hand: reported, left alone. */
  readonly strayNetworks: readonly string[];
}

export interface DiffContext {
  readonly actual: ActualState;
  /** Workload key of a container id, for shared namespaces. */
  readonly workloadOf: (containerId: string) => string | undefined;
  /** Fingerprint the desired spec has now. */
  readonly fingerprint: string;
}

const updateKeys = {
  "restart policy": "restart",
  memory: "memory",
  "memory reservation": "memoryReservation",
  "memory and swap": "memorySwap",
  cpus: "nanoCpus",
  "cpu shares": "cpuShares",
  "cpu period": "cpuPeriod",
  "cpu quota": "cpuQuota",
  "cpuset cpus": "cpusetCpus",
  "cpuset mems": "cpusetMems",
  "pids limit": "pidsLimit",
  "block io weight": "blkioWeight",
} as const satisfies Record<string, keyof InPlaceUpdate>;

/** Compares a living container with its desired spec, field by field. The live state is the truth, labels are hints. */
export function diffContainer(
  instance: Instance,
  container: ActualContainer,
  context: DiffContext,
): ContainerDiff {
  const { container: spec } = instance.workload;
  const image = context.actual.images.get(container.imageId) ?? defaultsFromContainer(container.spec);
  const want = canonicalNames(mergeImageDefaults(spec, image), instance);
  const have = canonicalNames(resolveNamespaces(container.spec, spec, context), instance);
  const collector = new Collector(instance, context.fingerprint === container.record.fingerprint);
  const imageChange = diffImage(spec, container, context.actual);
  if (imageChange) collector.add("image", "image", imageChange.before, imageChange.after);
  for (const rule of fieldRules) {
    const wanted = rule.read(want);
    const isEngineDefault = rule.engineDefault && wanted.length === 0;
    if (isEngineDefault && !container.record.setFields.includes(rule.name)) continue;
    collector.compare(rule, wanted, rule.read(have));
  }
  if (container.record.workload !== undefined && container.record.workload !== instance.workload.key) {
    collector.add("name", "image", container.record.workload, instance.workload.key);
  }
  if (container.ownership.kind !== "owned")
    collector.add("owner", "image", "not managed", "this configuration");
  return collector.result(want, have);
}

interface ImageChange {
  readonly before: string;
  readonly after: string;
}

/**
 * The reference as written decides first; with the same reference, the local image behind the tag. An image that is
 * gone from the Engine says nothing about a container that still runs.
 */
function diffImage(
  spec: ContainerSpec,
  container: ActualContainer,
  actual: ActualState,
): ImageChange | undefined {
  const before = normalReference(container.spec.image);
  const after = normalReference(spec.image);
  if (before !== after) return { before, after };
  const local = actual.images.get(spec.image);
  if (local === undefined || local.id === container.imageId) return undefined;
  return { before: `${before} (${shortId(container.imageId)})`, after: `${after} (${shortId(local.id)})` };
}

function normalReference(reference: string): string {
  const parsed = parseImageRef(reference);
  return typeof parsed === "string" ? reference : familiarReference(parsed);
}

function shortId(imageId: string): string {
  return imageId.replace(/^sha256:/, "").slice(0, 7);
}

/** The canonical container name is always an alias of ours and never a difference. */
function canonicalNames(spec: ContainerSpec, instance: Instance): ContainerSpec {
  if (spec.network.kind !== "networks") return spec;
  const attachments = spec.network.attachments.map((attachment) => ({
    ...attachment,
    aliases: attachment.aliases.filter((alias) => alias !== instance.name),
  }));
  return { ...spec, network: { kind: "networks", attachments } };
}

/** The Engine reports a shared namespace by container id; the spec names a workload or a container. */
function resolveNamespaces(live: ContainerSpec, desired: ContainerSpec, context: DiffContext): ContainerSpec {
  let resolved = live;
  if (live.network.kind === "container") {
    const id = live.network.container;
    const workload = context.workloadOf(id);
    const name = context.actual.containers.find((container) => container.id === id)?.name;
    if (desired.network.kind === "workload" && workload !== undefined) {
      resolved = { ...resolved, network: { kind: "workload", workload } };
    } else if (name !== undefined) {
      resolved = { ...resolved, network: { kind: "container", container: name } };
    }
  }
  const sharesHostName =
    desired.hostname === undefined &&
    desired.network.kind !== "networks" &&
    desired.network.kind !== "default" &&
    desired.network.kind !== "none";
  if (sharesHostName) {
    const { hostname: _host, domainname: _domain, ...rest } = resolved;
    resolved = rest;
  }
  return resolved;
}

class Collector {
  private readonly fields: FieldChange[] = [];
  private recreate = false;
  private readonly updated = new Set<keyof InPlaceUpdate>();
  private readonly networks = new Set<string>();
  private readonly instance: Instance;
  private readonly sameSpec: boolean;

  constructor(instance: Instance, sameSpec: boolean) {
    this.instance = instance;
    this.sameSpec = sameSpec;
  }

  add(
    name: string,
    specField: keyof ContainerSpec,
    before: string | undefined,
    after: string | undefined,
  ): void {
    this.recreate = true;
    this.push(name, specField, before, after, false);
  }

  compare(rule: FieldRule, want: readonly FieldValue[], have: readonly FieldValue[]): void {
    const before = new Map(have.map((field) => [field.name, field]));
    const after = new Map(want.map((field) => [field.name, field]));
    for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
      const old = before.get(name);
      const now = after.get(name);
      if (old !== undefined && now !== undefined && deepEqual(old.value, now.value)) continue;
      if (rule.change === "network" && now === undefined && this.sameSpec) {
        this.networks.add(name);
        continue;
      }
      this.classify(rule, name, old !== undefined || rule.name === "restart policy", now !== undefined);
      this.push(name, rule.specField, old?.text, now?.text, rule.masked);
    }
  }

  private classify(rule: FieldRule, name: string, wasSet: boolean, isSet: boolean): void {
    if (rule.change === "network") this.networks.add(name);
    else if (rule.change === "in-place" && wasSet && isSet)
      this.updated.add(updateKeys[rule.name as keyof typeof updateKeys]);
    else this.recreate = true;
  }

  private push(
    field: string,
    specField: keyof ContainerSpec,
    before: string | undefined,
    after: string | undefined,
    masked: boolean,
  ): void {
    const { positions, origin } = this.instance.workload;
    this.fields.push({
      field,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      masked,
      position: positions[specField] ?? origin,
    });
  }

  result(want: ContainerSpec, have: ContainerSpec): ContainerDiff {
    const wanted = attachmentsOf(want);
    const attached = attachmentsOf(have);
    const changed = wanted.filter((attachment) => this.networks.has(`network ${attachment.network}`));
    const gone = attached
      .filter((live) => !wanted.some((attachment) => attachment.network === live.network))
      .map((live) => live.network);
    return {
      fields: this.fields,
      recreate: this.recreate,
      ...(this.updated.size > 0 ? { update: inPlaceUpdate(this.updated, want, have) } : {}),
      attach: changed.map((attachment) => ({
        attachment,
        reattach: attached.some((live) => live.network === attachment.network),
      })),
      detach: this.sameSpec ? [] : gone,
      strayNetworks: this.sameSpec ? gone : [],
    };
  }
}

function attachmentsOf(spec: ContainerSpec): readonly NetworkAttachment[] {
  return spec.network.kind === "networks" ? spec.network.attachments : [];
}

/** A memory limit travels with its swap limit: the Engine refuses a memory limit above the swap limit it has. */
function inPlaceUpdate(
  keys: ReadonlySet<keyof InPlaceUpdate>,
  want: ContainerSpec,
  have: ContainerSpec,
): { to: InPlaceUpdate; from: InPlaceUpdate } {
  const pick = (spec: ContainerSpec): InPlaceUpdate => {
    const picked: Record<string, unknown> = {};
    for (const key of keys) if (spec[key] !== undefined) picked[key] = spec[key];
    if (keys.has("memory") && spec.memory !== undefined)
      picked["memorySwap"] = spec.memorySwap ?? spec.memory * 2;
    return picked as InPlaceUpdate;
  };
  return { to: pick(want), from: pick(have) };
}

export function isEmptyDiff(diff: ContainerDiff): boolean {
  return !diff.recreate && diff.update === undefined && diff.attach.length === 0 && diff.detach.length === 0;
}
