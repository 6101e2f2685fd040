import type { ActualContainer, ActualImage, ActualState } from "../../src/model/actual-state.ts";
import type { DesiredState } from "../../src/model/desired-state.ts";
import { defaultRolloutPolicy } from "../../src/model/environment.ts";
import type { FileSet } from "../../src/model/file-set.ts";
import { contentHash, fingerprint } from "../../src/model/fingerprint.ts";
import type { NetworkSpec } from "../../src/model/network.ts";
import type { TimerSpec } from "../../src/model/timer.ts";
import type { VolumeSpec } from "../../src/model/volume.ts";
import type {
  ContainerSpec,
  Dependency,
  Mount,
  NetworkAttachment,
  NetworkMode,
  PortBinding,
  WorkloadSpec,
} from "../../src/model/workload.ts";
import { defaultUpdatePolicy } from "../../src/model/workload.ts";

/** Readable makers of test data: what a test does not say is ordinary. */

export const project = "shop";
export const environmentName = "develop";
export const txn = "11111111";

type WorkloadOptions = Partial<Omit<WorkloadSpec, "container" | "dependsOn" | "update">> & {
  readonly update?: Partial<WorkloadSpec["update"]>;
  readonly dependsOn?: readonly (Partial<Dependency> & { readonly workload: string })[];
};

/** A service `key` on image `myrepo/<key>:1-develop` in network `front`, unless said otherwise. */
export function workload(
  key: string,
  container: Partial<ContainerSpec> = {},
  options: WorkloadOptions = {},
): WorkloadSpec {
  const base = key.replace(/[@/]/g, "-");
  const { update, dependsOn = [], ...rest } = options;
  return {
    key,
    kind: "service",
    containerNames: [base],
    origin: { file: `units/${base}.service`, line: 1, column: 1 },
    positions: {},
    ...rest,
    container: {
      image: `myrepo/${base}:1-develop`,
      environment: {},
      labels: {},
      restart: { name: rest.kind === "job" ? "no" : "always" },
      ports: [],
      expose: [],
      mounts: [],
      network: onNetworks("front"),
      ...container,
    },
    update: { ...defaultUpdatePolicy, ...update },
    dependsOn: dependsOn.map((dependency) => ({
      condition: "started",
      required: true,
      restart: false,
      ...dependency,
    })),
  };
}

export function job(
  key: string,
  container: Partial<ContainerSpec> = {},
  options: WorkloadOptions = {},
): WorkloadSpec {
  return workload(key, container, { kind: "job", ...options });
}

/** A timer that never elapses, unless said otherwise. */
export function timer(times: Partial<TimerSpec> = {}): TimerSpec {
  return {
    unit: "backup.timer",
    ...{ calendars: [], onBootMs: [], onActiveMs: [], onUnitActiveMs: [], onUnitInactiveMs: [] },
    ...{ persistent: false, randomizedDelayMs: 0, fixedRandomDelay: false, accuracyMs: 60_000 },
    overlap: "skip",
    origin: { file: "units/backup.timer", line: 1, column: 1 },
    ...times,
  };
}

/** A job `key` with a timer `key.timer`. */
export function timedJob(
  key: string,
  times: Partial<TimerSpec>,
  container: Partial<ContainerSpec> = {},
  options: WorkloadOptions = {},
): WorkloadSpec {
  return job(key, container, { ...options, timer: timer({ unit: `${key}.timer`, ...times }) });
}

export function replicas(count: number, base: string): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${base}-${index + 1}`);
}

/** `onNetworks("front", "back")`; with aliases: `onNetworks({ network: "front", aliases: ["web"] })`. */
export function onNetworks(
  ...networks: readonly (string | (Pick<NetworkAttachment, "network"> & Partial<NetworkAttachment>))[]
): NetworkMode {
  return {
    kind: "networks",
    attachments: networks.map((network) =>
      typeof network === "string" ? { network, aliases: [] } : { aliases: [], ...network },
    ),
  };
}

/** `port("8080:80")`, `port("127.0.0.1:53:53/udp")` */
export function port(text: string): PortBinding {
  const [address = "", protocol = "tcp"] = text.split("/");
  const parts = address.split(":");
  return {
    containerPort: Number(parts.at(-1)),
    hostPort: parts.at(-2) ?? "",
    hostIp: parts.length > 2 ? parts.slice(0, -2).join(":") : "",
    protocol: protocol as PortBinding["protocol"],
  };
}

export function volumeMount(volume: string, target = "/data", readOnly = false): Mount {
  return { kind: "volume", volume, target, readOnly };
}

export function network(name: string, spec: Partial<NetworkSpec> = {}): NetworkSpec {
  const origin = { file: "units/shop.compose.yaml", line: 40, column: 3 };
  return { name, external: false, options: {}, labels: {}, origin, ...spec };
}

export function volume(name: string, spec: Partial<VolumeSpec> = {}): VolumeSpec {
  const origin = { file: "units/shop.compose.yaml", line: 50, column: 3 };
  return { name, external: false, driverOptions: {}, labels: {}, origin, ...spec };
}

export function fileSet(files: Readonly<Record<string, string>>): FileSet {
  const delivered = Object.entries(files).map(([path, text]) => ({
    path,
    mode: 0o444,
    uid: 0,
    gid: 0,
    content: new TextEncoder().encode(text),
  }));
  const hash = contentHash([JSON.stringify(files)]).slice(0, 16);
  return { name: `mysysconfig-${project}-${environmentName}-files-${hash}`, files: delivered };
}

export interface DesiredOptions {
  readonly networks?: readonly NetworkSpec[];
  readonly volumes?: readonly VolumeSpec[];
  readonly fileSets?: readonly FileSet[];
  readonly secretValues?: readonly string[];
  readonly source?: string;
  readonly stabilityMs?: number;
  readonly maxShare?: number;
  readonly pruneImages?: "keep" | "unused";
  /** 0 unless given: what is replaced goes at once. */
  readonly retentionMs?: number;
}

/** A configuration of these workloads; `front` is declared unless networks are given. */
export function desiredState(workloads: readonly WorkloadSpec[], options: DesiredOptions = {}): DesiredState {
  return {
    target: "engine",
    environment: {
      name: environmentName,
      project,
      target: "engine",
      prune: { maxShare: options.maxShare ?? 0.5, images: options.pruneImages ?? "keep" },
      rollout: {
        ...defaultRolloutPolicy,
        stabilityMs: options.stabilityMs ?? 5_000,
        retentionMs: options.retentionMs ?? 0,
      },
      newBuilds: "commit",
    },
    revision: {
      id: "3f2c1ab0000000000000000000000000000000aa",
      ...(options.source === undefined ? {} : { source: options.source }),
    },
    workloads: [...workloads].sort((a, b) => (a.key < b.key ? -1 : 1)),
    networks: options.networks ?? [network("front")],
    volumes: options.volumes ?? [],
    fileSets: options.fileSets ?? [],
    secretValues: options.secretValues ?? [],
  };
}

/** A local image; its id follows from the reference unless given. */
export function image(reference: string, defaults: Partial<ActualImage> = {}): ActualImage {
  return {
    id: `sha256:${contentHash([reference])}`,
    platform: "linux/amd64",
    digests: [],
    environment: {},
    labels: {},
    command: ["serve"],
    entrypoint: [],
    user: "",
    workingDir: "",
    stopSignal: "",
    exposedPorts: [],
    volumes: [],
    ...defaults,
  };
}

/** The container that a run would have made of this workload, running and well. */
export function runningContainer(
  spec: WorkloadSpec,
  overrides: Partial<Omit<ActualContainer, "spec" | "state" | "record">> & {
    readonly spec?: Partial<ContainerSpec>;
    readonly state?: Partial<ActualContainer["state"]>;
    readonly record?: Partial<ActualContainer["record"]>;
    readonly replica?: number;
  } = {},
): ActualContainer {
  const { spec: live, state, record, replica = 1, ...rest } = overrides;
  const name = rest.name ?? spec.containerNames[replica - 1] ?? spec.key;
  const attachments = spec.container.network.kind === "networks" ? spec.container.network.attachments : [];
  const exposed = spec.container.ports.map((binding) => `${binding.containerPort}/${binding.protocol}`);
  return {
    id: contentHash([name, spec.key]),
    name,
    ownership: { kind: "owned" },
    imageId: image(spec.container.image).id,
    networkIds: Object.fromEntries(
      attachments.map((attachment) => [attachment.network, `id-${attachment.network}`]),
    ),
    createdAt: "2026-10-19T09:00:00Z",
    ...rest,
    record: {
      workload: spec.key,
      replica,
      kind: spec.kind,
      fingerprint: fingerprint(spec.kind, spec.container, []),
      setFields: [],
      needs: spec.dependsOn.map((dependency) => dependency.workload).sort(),
      revision: "3f2c1ab",
      txn: "00000000",
      ...record,
    },
    state: {
      status: "running",
      exitCode: 0,
      startedAt: "2026-10-19T09:00:01Z",
      finishedAt: "0001-01-01T00:00:00Z",
      restartCount: 0,
      oomKilled: false,
      error: "",
      ...state,
    },
    spec: {
      ...spec.container,
      command: spec.container.command ?? ["serve"],
      expose: [...spec.container.expose, ...exposed],
      ...live,
    },
  };
}

export const engineFacts: ActualState["engine"] = {
  version: "28.5.2",
  apiVersion: "1.51",
  hostName: "prod-1",
  systemTime: "2026-01-01T00:00:00.000Z",
  defaultLogDriver: "json-file",
  defaultRuntime: "runc",
  swarm: "inactive",
};

export interface ActualOptions {
  readonly images?: ReadonlyMap<string, ActualImage>;
  readonly networks?: readonly string[];
  readonly volumes?: readonly string[];
  readonly publishedPorts?: ActualState["publishedPorts"];
  readonly otherManagers?: readonly string[];
}

/** An Engine with these containers, their images, network `front` and nothing else. */
export function actualState(
  containers: readonly ActualContainer[] = [],
  options: ActualOptions = {},
): ActualState {
  const images = new Map(
    containers.flatMap((container) => {
      const found = image(container.spec.image, { id: container.imageId });
      return [
        [container.spec.image, found],
        [found.id, found],
      ] as const;
    }),
  );
  for (const [reference, found] of options.images ?? []) images.set(reference, found).set(found.id, found);
  return {
    engine: engineFacts,
    containers: [...containers].sort((a, b) => (a.name < b.name ? -1 : 1)),
    publishedPorts: options.publishedPorts ?? [],
    imagesOfOthers: new Set(),
    otherManagers: options.otherManagers ?? [],
    networks: (options.networks ?? ["front"]).map((name) => ({
      id: `id-${name}`,
      name,
      ownership: { kind: "owned" },
      driver: "bridge",
      options: {},
      labels: {},
      internal: false,
      attachable: false,
      enableIpv6: false,
      ipam: { pools: [] },
    })),
    volumes: (options.volumes ?? []).map((name) => ({
      name,
      ownership: { kind: "owned" },
      driver: "local",
      driverOptions: {},
      labels: {},
      holdsFiles: name.includes("-files-"),
    })),
    images,
  };
}
