import { deepEqual } from "../lib/stable-json.ts";
import type { ActualNetwork, ActualState, ActualVolume } from "../model/actual-state.ts";
import type { Change, FieldChange } from "../model/change.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { NetworkSpec } from "../model/network.ts";
import { labelKeys } from "../model/ownership.ts";
import type { Step, StepKind, StepOf, StepPayloads } from "../model/step.ts";
import type { VolumeSpec } from "../model/volume.ts";
import type { Decided } from "./decide.ts";
import { objectLabels } from "./labels.ts";
import type { Instance } from "./pair.ts";

/** What several workloads share: images to pull, networks, volumes and file sets to create. */
export interface Infrastructure {
  readonly steps: readonly Step[];
  readonly changes: readonly Change[];
  readonly preparationsOf: (instance: Instance) => readonly string[];
}

export function planInfrastructure(
  desired: DesiredState,
  actual: ActualState,
  decided: readonly Decided[],
): Infrastructure {
  const labels = objectLabels(desired);
  const steps = new Map<string, Step>();
  const changes: Change[] = [];
  for (const network of desired.networks) {
    const change = networkChange(network, actual);
    if (change === undefined) continue;
    changes.push(change);
    if (change.kind === "create")
      put(
        steps,
        "create-network",
        networkStepId(network.name),
        { network, labels },
        change.cause,
        change.key,
      );
  }
  for (const volume of desired.volumes) {
    const change = volumeChange(volume, actual);
    if (change === undefined) continue;
    changes.push(change);
    if (change.kind === "create")
      put(steps, "create-volume", volumeStepId(volume.name), { volume, labels }, change.cause, change.key);
  }
  for (const { pair, decision } of decided) {
    if (decision.kind !== "create" && decision.kind !== "replace") continue;
    const { image, platform, mounts } = pair.instance.workload.container;
    if (!actual.images.has(image)) {
      const payload = { image, ...(platform === undefined ? {} : { platform }) };
      put(steps, "pull-image", pullStepId(image), payload, "the image is not on the Engine");
    }
    for (const mount of mounts) {
      const fileSet =
        mount.kind === "files"
          ? desired.fileSets.find((candidate) => candidate.name === mount.fileSet)
          : undefined;
      if (fileSet === undefined) continue;
      const filesLabels = { ...labels, [labelKeys.content]: "files" };
      put(
        steps,
        "create-files",
        filesStepId(fileSet.name),
        { fileSet, labels: filesLabels },
        "files of the repository are mounted",
      );
    }
  }
  return {
    steps: [...steps.values()],
    changes,
    preparationsOf: (instance) => preparationsOf(instance).filter((id) => steps.has(id)),
  };
}

function put<K extends StepKind>(
  steps: Map<string, Step>,
  kind: K,
  id: string,
  payload: StepPayloads[K],
  cause: string,
  change?: string,
): void {
  const step = {
    kind,
    id,
    payload,
    cause,
    dependsOn: [],
    after: [],
    ...(change === undefined ? {} : { change }),
  };
  steps.set(id, step as unknown as StepOf<K> as Step);
}

const pullStepId = (image: string) => `pull ${image}`;
const networkStepId = (name: string) => `create network ${name}`;
const volumeStepId = (name: string) => `create volume ${name}`;
const filesStepId = (name: string) => `deliver ${name}`;

/** Every shared step that the creation of this instance's container may have to wait for. */
function preparationsOf(instance: Instance): readonly string[] {
  const { container } = instance.workload;
  const networks =
    container.network.kind === "networks"
      ? container.network.attachments.map((attachment) => networkStepId(attachment.network))
      : [];
  const mounts = container.mounts.flatMap((mount) => {
    if (mount.kind === "volume") return [volumeStepId(mount.volume)];
    return mount.kind === "files" ? [filesStepId(mount.fileSet)] : [];
  });
  return [...new Set([pullStepId(container.image), ...networks, ...mounts])];
}

function networkChange(network: NetworkSpec, actual: ActualState): Change | undefined {
  const key = `network ${network.name}`;
  const base = { key, subject: "network", position: network.origin, notes: [] } as const;
  const live = actual.networks.find((candidate) => candidate.name === network.name);
  if (network.external) return undefined;
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
      before: String(before ?? ""),
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
    compare(`subnet ${index + 1}`, live.ipam.pools[index]?.subnet, pool.subnet);
    compare(`gateway ${index + 1}`, live.ipam.pools[index]?.gateway, pool.gateway);
    compare(`ip range ${index + 1}`, live.ipam.pools[index]?.ipRange, pool.ipRange);
  }
  return fields;
}

function volumeChange(volume: VolumeSpec, actual: ActualState): Change | undefined {
  const base = {
    key: `volume ${volume.name}`,
    subject: "volume",
    position: volume.origin,
    notes: [],
  } as const;
  const live = actual.volumes.find((candidate) => candidate.name === volume.name);
  if (volume.external) return undefined;
  if (live === undefined) return { ...base, kind: "create", fields: [], cause: "not there yet" };
  const fields = volumeFields(volume, live);
  if (fields.length === 0) return undefined;
  return {
    ...base,
    kind: "blocked",
    fields,
    cause:
      "a volume cannot be changed in place and its data is never removed: give the volume another name, or move the data by hand",
  };
}

function volumeFields(volume: VolumeSpec, live: ActualVolume): FieldChange[] {
  const fields: FieldChange[] = [];
  const add = (field: string, before: string, after: string) =>
    fields.push({ field, before, after, masked: false, position: volume.origin });
  if (volume.driver !== undefined && volume.driver !== live.driver) add("driver", live.driver, volume.driver);
  for (const key of new Set([...Object.keys(volume.driverOptions), ...Object.keys(live.driverOptions)])) {
    const before = live.driverOptions[key] ?? "";
    const after = volume.driverOptions[key] ?? "";
    if (before !== after) add(`option ${key}`, before, after);
  }
  return fields;
}
