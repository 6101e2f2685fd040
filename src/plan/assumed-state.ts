import type {
  ActualContainer,
  ActualImage,
  ActualNetwork,
  ActualState,
  ActualVolume,
  EngineFacts,
  PublishedPort,
} from "../model/actual-state.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { NetworkSpec } from "../model/network.ts";
import type { Ownership } from "../model/ownership.ts";
import type { VolumeSpec } from "../model/volume.ts";
import type { ContainerSpec, NetworkMode, WorkloadSpec } from "../model/workload.ts";
import { portClaims } from "./exclusive.ts";
import { engineDefaultsSet } from "./fields.ts";
import { desiredFingerprint } from "./labels.ts";
import { mergeImageDefaults } from "./normalize.ts";
import { assumedSwarm } from "./services/assumed-swarm.ts";
import { compareText } from "./world.ts";

/**
 * An Engine, or a cluster, on which `desired` runs exactly as declared: the plan from it to another desired state is what that change
 * would do, without any Engine to ask.
 *
 * What nobody can know is taken to be the same on both sides: images have no defaults of their own, a tag stands for one
 * image, and what either side expects from outside (external networks, volumes and containers, and those that it names
 * without declaring them) is there. Images that `desired` does not run are not on the Engine, so that a plan shows
 * their pull.
 *
 * @param next the desired state that will be planned; only its expectations from outside are read
 */
export function assumedState(desired: DesiredState, next: DesiredState = desired): ActualState {
  const containerOf = new Map(
    desired.workloads.map(({ key, containerNames }) => [key, containerNames[0] ?? key]),
  );
  const containers = desired.workloads.flatMap((workload) => containersOf(workload, desired, containerOf));
  const known = new Set(containers.map(({ name }) => name));
  const outside = outsideContainers([desired, next]).filter((name) => !known.has(name));
  const alone: ActualState = {
    engine: assumedEngine,
    containers: [...containers, ...outside.map(outsideContainer)].sort((a, b) => compareText(a.name, b.name)),
    publishedPorts: containers.flatMap(portsOf),
    imagesOfOthers: new Set(),
    otherManagers: [],
    networks: networksOf(desired, next),
    volumes: volumesOf(desired, next),
    images: imagesOf(desired),
  };
  return next.target === "swarm" ? assumedSwarm(desired, next, alone) : alone;
}

/** The time of the snapshot; nothing is older or younger. */
const now = "2000-01-01T00:00:00.000Z";

/** A present Engine: an older one would drop settings, which is a fact of that Engine and not of the change. */
const assumedEngine: EngineFacts = {
  version: "28.5.2",
  apiVersion: "1.51",
  hostName: "engine-host",
  systemTime: now,
  defaultLogDriver: "json-file",
  defaultRuntime: "runc",
  swarm: "inactive",
};

const owned: Ownership = { kind: "owned" };
const unmanaged: Ownership = { kind: "unmanaged" };

const idOf = (kind: "container" | "network" | "image", name: string) => `assumed ${kind} ${name}`;

/** @param containerOf the first container of every workload, by key */
function containersOf(
  workload: WorkloadSpec,
  desired: DesiredState,
  containerOf: ReadonlyMap<string, string>,
): ActualContainer[] {
  const { container: spec, kind, key } = workload;
  const fingerprint = desiredFingerprint(workload, desired);
  const setFields = engineDefaultsSet(spec);
  const needs = [...new Set(workload.dependsOn.map((dependency) => dependency.workload))].sort();
  const live = {
    ...mergeImageDefaults(spec, imageOf(spec)),
    network: liveNetwork(spec.network, containerOf),
  };
  return workload.containerNames.map((name, index) => ({
    id: idOf("container", name),
    name,
    ownership: owned,
    record: { workload: key, replica: index + 1, kind, fingerprint, setFields, needs },
    state: stateOf(workload),
    imageId: imageOf(spec).id,
    spec: live,
    networkIds: Object.fromEntries(
      attachedNetworks(spec).map((network) => [network, idOf("network", network)]),
    ),
    createdAt: now,
  }));
}

/** A service runs and is well, a job has done its work. */
function stateOf({ kind, container }: WorkloadSpec): ActualContainer["state"] {
  const isJob = kind === "job";
  const isChecked = !isJob && container.healthcheck?.kind === "command";
  return {
    status: isJob ? "exited" : "running",
    exitCode: 0,
    startedAt: now,
    finishedAt: isJob ? now : "0001-01-01T00:00:00Z",
    restartCount: 0,
    ...(isChecked ? { health: "healthy" as const } : {}),
    oomKilled: false,
    error: "",
  };
}

/** The Engine tells the owner of a shared network by its container's id. */
function liveNetwork(network: NetworkMode, containerOf: ReadonlyMap<string, string>): NetworkMode {
  if (network.kind !== "container" && network.kind !== "workload") return network;
  const name =
    network.kind === "container"
      ? network.container
      : (containerOf.get(network.workload) ?? network.workload);
  return { kind: "container", container: idOf("container", name) };
}

function portsOf({ name, spec }: ActualContainer): PublishedPort[] {
  return portClaims(spec).map(({ key, ip }) => {
    const [protocol = "tcp", port] = key.split("/");
    return { container: name, hostIp: ip, hostPort: Number(port), protocol };
  });
}

/** Containers whose network a workload shares although no configuration declares them. */
function outsideContainers(states: readonly DesiredState[]): readonly string[] {
  const names = states.flatMap(({ workloads }) =>
    workloads.flatMap(({ container: { network } }) =>
      network.kind === "container" ? [network.container] : [],
    ),
  );
  return [...new Set(names)];
}

function outsideContainer(name: string): ActualContainer {
  const spec: ContainerSpec = {
    image: "unknown:latest",
    environment: {},
    labels: {},
    restart: { name: "no" },
    ports: [],
    expose: [],
    mounts: [],
    network: { kind: "default" },
  };
  return {
    id: idOf("container", name),
    name,
    ownership: unmanaged,
    record: { setFields: [], needs: [] },
    state: {
      ...{ status: "running", exitCode: 0, startedAt: now, finishedAt: "0001-01-01T00:00:00Z" },
      ...{ restartCount: 0, oomKilled: false, error: "" },
    },
    imageId: idOf("image", spec.image),
    spec,
    networkIds: {},
    createdAt: now,
  };
}

function attachedNetworks({ network }: ContainerSpec): readonly string[] {
  return network.kind === "networks" ? network.attachments.map((attachment) => attachment.network) : [];
}

interface Declaration {
  readonly name: string;
  readonly external: boolean;
}

/** Names that a configuration expects to be there: external ones, and those it names without declaring them. */
function expectedNames(declared: readonly Declaration[], used: readonly string[]): readonly string[] {
  const made = new Set(declared.filter(({ external }) => !external).map(({ name }) => name));
  return [...declared.map(({ name }) => name), ...used].filter((name) => !made.has(name));
}

function networksOf(desired: DesiredState, next: DesiredState): readonly ActualNetwork[] {
  const expected = [desired, next].flatMap(({ networks, workloads }) =>
    expectedNames(
      networks,
      workloads.flatMap(({ container }) => attachedNetworks(container)),
    ),
  );
  const others = expected.map((name) => networkOf({ name, external: true, options: {}, labels: {} }));
  return byName([...others, ...desired.networks.filter(({ external }) => !external).map(networkOf)]);
}

/** Sorted; of several with one name the last one. */
function byName<T extends { readonly name: string }>(items: readonly T[]): readonly T[] {
  const found = new Map(items.map((item) => [item.name, item]));
  return [...found.values()].sort((a, b) => compareText(a.name, b.name));
}

function networkOf(spec: Omit<NetworkSpec, "origin">): ActualNetwork {
  return {
    id: idOf("network", spec.name),
    name: spec.name,
    ownership: spec.external ? unmanaged : owned,
    driver: spec.driver ?? "bridge",
    options: spec.options,
    labels: spec.labels,
    internal: spec.internal ?? false,
    attachable: spec.attachable ?? false,
    enableIpv6: spec.enableIpv6 ?? false,
    ipam: spec.ipam ?? { pools: [] },
  };
}

function volumesOf(desired: DesiredState, next: DesiredState): readonly ActualVolume[] {
  const expected = [desired, next].flatMap(({ volumes, workloads }) =>
    expectedNames(
      volumes,
      workloads.flatMap(({ container }) =>
        container.mounts.flatMap((mount) => (mount.kind === "volume" ? [mount.volume] : [])),
      ),
    ),
  );
  const others = expected.map((name) => volumeOf({ name, external: true, driverOptions: {}, labels: {} }));
  const declared = desired.volumes.filter(({ external }) => !external).map(volumeOf);
  const files = desired.fileSets.map(({ name }): ActualVolume => {
    return { name, ownership: owned, driver: "local", driverOptions: {}, labels: {}, holdsFiles: true };
  });
  return byName([...others, ...declared, ...files]);
}

function volumeOf({
  name,
  external,
  driver,
  driverOptions,
  labels,
}: Omit<VolumeSpec, "origin">): ActualVolume {
  const ownership = external ? unmanaged : owned;
  return { name, ownership, driver: driver ?? "local", driverOptions, labels, holdsFiles: false };
}

/** By reference and by id. */
function imagesOf({ workloads }: DesiredState): ReadonlyMap<string, ActualImage> {
  const images = workloads.map(({ container }) => [container.image, imageOf(container)] as const);
  return new Map(
    images.flatMap(
      ([reference, image]) =>
        [
          [reference, image],
          [image.id, image],
        ] as const,
    ),
  );
}

/** An image without defaults, the locked one if any; where no platform is declared, it fits any. */
function imageOf({ image, platform, imageLock }: ImageWish): ActualImage {
  return {
    id: imageIdOf({ image, ...(imageLock === undefined ? {} : { imageLock }) }),
    platform: platform ?? "linux",
    digests: imageLock?.kind === "digest" ? [imageLock.value] : [],
    environment: {},
    labels: {},
    command: [],
    entrypoint: [],
    user: "",
    workingDir: "",
    stopSignal: "",
    exposedPorts: [],
    volumes: [],
  };
}

type ImageWish = Pick<ContainerSpec, "image" | "platform" | "imageLock">;

/** Another locked image of the same name is another image. */
function imageIdOf({ image, imageLock }: Pick<ImageWish, "image" | "imageLock">): string {
  if (imageLock?.kind === "id") return imageLock.value;
  return idOf("image", imageLock === undefined ? image : `${image}@${imageLock.value}`);
}
