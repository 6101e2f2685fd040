import { deepEqual } from "../lib/stable-json.ts";
import type { FieldChange } from "../model/change.ts";
import type { InPlaceUpdate } from "../model/step.ts";
import type { ContainerSpec, NetworkAttachment } from "../model/workload.ts";
import type { ContainerDiff } from "./diff.ts";
import type { FieldRule, FieldValue } from "./fields.ts";
import type { Instance } from "./pair.ts";

/** Field names that the Engine can update, with the key of the update. */
const updateKeys: Readonly<Record<string, keyof InPlaceUpdate>> = {
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
};

/** Gathers differences and classifies what each of them takes. */
export class DiffCollector {
  private readonly fields: FieldChange[] = [];
  private recreate = false;
  private readonly updated = new Set<keyof InPlaceUpdate>();
  private readonly networks = new Set<string>();
  private readonly instance: Instance;
  private readonly want: ContainerSpec;
  private readonly have: ContainerSpec;
  /** The container was made from this very spec, so that what it does not name was added by hand. */
  private readonly sameSpec: boolean;

  constructor(instance: Instance, want: ContainerSpec, have: ContainerSpec, sameSpec: boolean) {
    this.instance = instance;
    this.want = want;
    this.have = have;
    this.sameSpec = sameSpec;
  }

  /** A difference that only a new container can settle. */
  add(name: string, specField: keyof ContainerSpec, before?: string, after?: string): void {
    this.recreate = true;
    this.push(name, specField, before, after, false);
  }

  /** What is recorded can only be settled by a new container. */
  requireRecreate(): void {
    this.recreate = true;
  }

  compare(rule: FieldRule, want: readonly FieldValue[], have: readonly FieldValue[]): void {
    if (want.length === 0 && have.length === 0) return;
    if (want.length === 1 && have.length === 1 && want[0]?.name === have[0]?.name) {
      this.compareOne(rule, have[0], want[0]);
      return;
    }
    const before = new Map(have.map((field) => [field.name, field]));
    const after = new Map(want.map((field) => [field.name, field]));
    for (const name of [...new Set([...before.keys(), ...after.keys()])].sort())
      this.compareOne(rule, before.get(name), after.get(name));
  }

  private compareOne(rule: FieldRule, old: FieldValue | undefined, now: FieldValue | undefined): void {
    const name = now?.name ?? old?.name ?? rule.name;
    if (old !== undefined && now !== undefined && isSame(old.value, now.value)) return;
    if (rule.change === "network") {
      this.networks.add(name);
      if (now === undefined && this.sameSpec) return;
    } else if (rule.change === "in-place" && this.isSetOnBothSides(rule, old, now)) {
      const key = updateKeys[rule.name];
      if (key !== undefined) this.updated.add(key);
    } else {
      this.recreate = true;
    }
    this.push(name, rule.specField, old?.text, now?.text, rule.masked);
  }

  /** The Engine ignores an update to "unset" (0), so only a value that replaces a value can be changed in place. */
  private isSetOnBothSides(
    rule: FieldRule,
    old: FieldValue | undefined,
    now: FieldValue | undefined,
  ): boolean {
    if (rule.specField === "memorySwap")
      return this.want.memory !== undefined && this.have.memory !== undefined;
    return old !== undefined && now !== undefined;
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

  result(): ContainerDiff {
    const wanted = attachmentsOf(this.want);
    const attached = new Map(attachmentsOf(this.have).map((live) => [live.network, live]));
    const names = new Set(wanted.map((attachment) => attachment.network));
    const gone = [...attached.values()].filter((live) => !names.has(live.network));
    return {
      fields: this.fields,
      recreate: this.recreate,
      ...(this.updated.size > 0 ? { update: inPlaceUpdate(this.updated, this.want, this.have) } : {}),
      attach: wanted
        .filter((attachment) => this.networks.has(`network ${attachment.network}`))
        .map((attachment) => {
          const live = attached.get(attachment.network);
          return { attachment, ...(live === undefined ? {} : { live }) };
        }),
      detach: this.sameSpec ? [] : gone,
      strayNetworks: this.sameSpec ? gone.map((live) => live.network) : [],
    };
  }
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object") return false;
  const areLists = Array.isArray(a) && Array.isArray(b);
  if (areLists && a.length === b.length && a.every((item, index) => item === b[index])) return true;
  return deepEqual(a, b);
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
    if ((keys.has("memory") || keys.has("memorySwap")) && spec.memory !== undefined) {
      picked["memory"] = spec.memory;
      picked["memorySwap"] = spec.memorySwap ?? spec.memory * 2;
    }
    return picked as InPlaceUpdate;
  };
  return { to: pick(want), from: pick(have) };
}
