import { deepEqual } from "../lib/stable-json.ts";
import type { ActualNetwork, ActualVolume } from "../model/actual-state.ts";
import type { Change, FieldChange } from "../model/change.ts";
import type { NetworkSpec } from "../model/network.ts";
import { labelKeys } from "../model/ownership.ts";
import type { Step, StepKind, StepOf, StepPayloads } from "../model/step.ts";
import type { VolumeSpec } from "../model/volume.ts";
import type { ContainerSpec } from "../model/workload.ts";
import type { Decided } from "./decide.ts";
import { objectLabels } from "./labels.ts";
import { localImage, whyNot } from "./local-image.ts";
import type { Instance } from "./pair.ts";
import type { World } from "./world.ts";

/** What several workloads share: images to pull, networks, volumes and file sets to create. */
export interface Infrastructure {
  readonly steps: readonly Step[];
  readonly changes: readonly Change[];
  /** Every shared step that the creation of this instance's container has to wait for. */
  readonly preparationsOf: (instance: Instance) => readonly string[];
  /** The step that creates a network, if it is created. */
  readonly networkStepOf: (network: string) => readonly string[];
}

export function planInfrastructure(world: World, decided: readonly Decided[]): Infrastructure {
  const steps = new SharedSteps();
  const changes: Change[] = [];
  const labels = objectLabels(world.desired);
  for (const network of world.desired.networks) {
    const change = networkChange(network, world);
    if (change === undefined) continue;
    changes.push(change);
    if (change.kind === "create")
      steps.put("create-network", networkStepId(network.name), { network, labels }, change);
  }
  for (const volume of world.desired.volumes) {
    const change = volumeChange(volume, world);
    if (change === undefined) continue;
    changes.push(change);
    if (change.kind === "create")
      steps.put("create-volume", volumeStepId(volume.name), { volume, labels }, change);
  }
  for (const { pair, decision } of decided)
    if (decision.kind === "create" || decision.kind === "replace")
      addContainerNeeds(pair.instance.workload.container, world, steps);
  const known = (ids: readonly string[]) => ids.filter((id) => steps.has(id));
  return {
    steps: steps.all(),
    changes,
    preparationsOf: ({ workload }) => known(preparationsOf(workload.container)),
    networkStepOf: (network) => known([networkStepId(network)]),
  };
}

function addContainerNeeds(container: ContainerSpec, world: World, steps: SharedSteps): void {
  const { image, platform, imageLock, mounts } = container;
  if (localImage(world.actual, container) === undefined) {
    const payload = {
      image,
      ...(platform === undefined ? {} : { platform }),
      ...(imageLock === undefined ? {} : { lock: imageLock }),
    };
    const other = world.actual.images.get(image);
    const cause =
      (other === undefined ? undefined : whyNot(other, container)) ?? "the image is not on the Engine";
    steps.put("pull-image", pullStepId(image), payload, { cause });
  }
  for (const mount of mounts) {
    const fileSet = mount.kind === "files" ? world.fileSets.get(mount.fileSet) : undefined;
    if (fileSet === undefined || steps.has(filesStepId(fileSet.name))) continue;
    const labels = { ...objectLabels(world.desired), [labelKeys.content]: "files" };
    const cause = "files of the repository are mounted";
    steps.put("create-files", filesStepId(fileSet.name), { fileSet, labels }, { cause });
  }
}

export class SharedSteps {
  private readonly steps = new Map<string, Step>();

  /** @param origin why, and the change it belongs to */
  put<K extends StepKind>(
    kind: K,
    id: string,
    payload: StepPayloads[K],
    origin: { readonly cause: string; readonly key?: string },
  ): void {
    const change = origin.key === undefined ? {} : { change: origin.key };
    const step = { kind, id, payload, cause: origin.cause, dependsOn: [], after: [], ...change };
    this.steps.set(id, step as unknown as StepOf<K> as Step);
  }

  has(id: string): boolean {
    return this.steps.has(id);
  }

  all(): readonly Step[] {
    return [...this.steps.values()];
  }
}

const pullStepId = (image: string) => `pull ${image}`;
export const networkStepId = (name: string) => `create network ${name}`;
const volumeStepId = (name: string) => `create volume ${name}`;
const filesStepId = (name: string) => `deliver ${name}`;

function preparationsOf({ image, network, mounts }: ContainerSpec): readonly string[] {
  const networks =
    network.kind === "networks"
      ? network.attachments.map((attachment) => networkStepId(attachment.network))
      : [];
  const mounted = mounts.flatMap((mount) => {
    if (mount.kind === "volume") return [volumeStepId(mount.volume)];
    return mount.kind === "files" ? [filesStepId(mount.fileSet)] : [];
  });
  return [...new Set([pullStepId(image), ...networks, ...mounted])];
}

export function networkChange(network: NetworkSpec, world: World): Change | undefined {
  const key = `network ${network.name}`;
  const base = { key, subject: "network", position: network.origin, notes: [] } as const;
  if (network.external) return undefined;
  const live = world.networksByName.get(network.name)?.[0];
  if (live === undefined) return { ...base, kind: "create", fields: [], cause: "not there yet" };
  if (live.ownership.kind !== "owned") return undefined;
  const fields = networkFields(network, live);
  if (fields.length === 0) return undefined;
  const cause =
    "a network cannot be changed while it exists: remove its workloads for one run, or give the network another name";
  return { ...base, kind: "blocked", fields, cause };
}

/** Only what is declared is compared: drivers add options and address pools of their own. */
function networkFields(network: NetworkSpec, live: ActualNetwork): FieldChange[] {
  const fields: FieldChange[] = [];
  const compare = (field: string, before: unknown, after: unknown) => {
    if (after === undefined || deepEqual(before, after)) return;
    fields.push({
      field,
      before: String(before ?? "not set"),
      after: String(after),
      masked: false,
      position: network.origin,
    });
  };
  compare("driver", live.driver, network.driver);
  compare("internal", live.internal, network.internal);
  compare("attachable", live.attachable, network.attachable);
  compare("ipv6", live.enableIpv6, network.enableIpv6);
  for (const [key, value] of Object.entries(network.options))
    compare(`option ${key}`, live.options[key], value);
  for (const [index, pool] of (network.ipam?.pools ?? []).entries()) {
    const present = live.ipam.pools.find((other) => other.subnet === pool.subnet) ?? live.ipam.pools[index];
    compare(`subnet ${index + 1}`, present?.subnet, pool.subnet);
    compare(`gateway ${index + 1}`, present?.gateway, pool.gateway);
    compare(`ip range ${index + 1}`, present?.ipRange, pool.ipRange);
  }
  return fields;
}

function volumeChange(volume: VolumeSpec, world: World): Change | undefined {
  const base = {
    key: `volume ${volume.name}`,
    subject: "volume",
    position: volume.origin,
    notes: [],
  } as const;
  if (volume.external) return undefined;
  const live = world.volumesByName.get(volume.name);
  if (live === undefined) return { ...base, kind: "create", fields: [], cause: "not there yet" };
  const fields = volumeFields(volume, live);
  if (fields.length === 0) return undefined;
  const cause =
    "a volume cannot be changed in place and its data is never removed: give the volume another name, or move the data by hand";
  return { ...base, kind: "blocked", fields, cause };
}

/** A volume that was there before us may have options of its own; of those only the declared ones count. */
function volumeFields(volume: VolumeSpec, live: ActualVolume): FieldChange[] {
  const fields: FieldChange[] = [];
  const add = (field: string, before: string, after: string) =>
    fields.push({ field, before, after, masked: false, position: volume.origin });
  if (volume.driver !== undefined && volume.driver !== live.driver) add("driver", live.driver, volume.driver);
  const present = live.ownership.kind === "owned" ? Object.keys(live.driverOptions) : [];
  for (const key of [...new Set([...Object.keys(volume.driverOptions), ...present])].sort()) {
    const before = live.driverOptions[key] ?? "not set";
    const after = volume.driverOptions[key] ?? "not set";
    if (before !== after) add(`option ${key}`, before, after);
  }
  return fields;
}
