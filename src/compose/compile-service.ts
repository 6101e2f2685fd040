import type { YamlEntry } from "../lib/yaml.ts";
import { readMap } from "../lib/yaml-read.ts";
import type { ClusterSettings } from "../model/cluster.ts";
import {
  type ContainerSpec,
  type Dependency,
  defaultUpdatePolicy,
  type WorkloadSpec,
} from "../model/workload.ts";
import { checkMode, isJobMode, runsOnce } from "./cluster-checks.ts";
import { resolveEnvironment } from "./env-files.ts";
import { readKeys } from "./key-table.ts";
import { type ComposeProject, containerNameOf, workloadKeyOf } from "./project.ts";
import { entryValue } from "./resource-keys.ts";
import { readFlag } from "./scalars.ts";
import {
  checkNetwork,
  checkReplicas,
  checkResources,
  resolveMacAddress,
  resolveNetwork,
} from "./service-checks.ts";
import { serviceKeys } from "./service-keys.ts";
import { type ServiceReading, startReading } from "./service-reading.ts";

/** A service read by itself; whether others wait for it to complete is known when all are read. */
export interface ServiceDraft {
  readonly reading: ServiceReading;
  readonly declaredJob: boolean;
}

/** Reads one enabled service (Compose specification, "services top-level elements"). */
export function readService(entry: YamlEntry, project: ComposeProject): ServiceDraft | undefined {
  const what = `services.${entry.key}`;
  const map = readMap(entry.value, what, project.sink);
  if (!map) return undefined;
  const reading = startReading(entry.key, entry.keyPosition, project);
  readKeys(map, serviceKeys, what, reading);
  const job = entryValue(map, "x-job");
  const declaredJob = job !== undefined && readFlag(job, `${what}.x-job`, project.sink) === true;
  // Where an image could not be read, or was refused, its absence is no finding of its own.
  const isSaid = ["image", "provider", "extends"].some((key) => entryValue(map, key) !== undefined);
  checkImage(reading, isSaid);
  return { reading, declaredJob };
}

function checkImage(reading: ServiceReading, isDeclared: boolean): void {
  const { name, build, sink, origin, project } = reading;
  if (build && isDeclared) {
    const message = `service "${name}": building is CI's business, the image is pulled`;
    sink.warning(build, "build", message, "remove build, or leave it for docker compose build in CI");
  } else if (build) {
    const message = `service "${name}" has only "build", but images are built in CI, not here`;
    const branch = project.context.images.branch ?? "develop";
    const hint = `build and push it in CI, then write image: myrepo/${name}:<build number>-${branch}`;
    sink.error(build, "build", message, hint);
  } else if (!isDeclared) {
    sink.error(origin, "no-image", `service "${name}" has no image`, "write image: NAME:TAG");
  }
}

/** Puts the parts together and checks what only the whole can tell. */
export function finishService(draft: ServiceDraft, isAwaited: boolean): WorkloadSpec {
  const { reading } = draft;
  const { project, name } = reading;
  const kind = isAwaited || draft.declaredJob || isJobMode(reading.cluster.mode) ? "job" : "service";
  const container = toContainer(reading);
  const cluster = toCluster(reading, kind);
  const replicas = containerCount(reading);
  checkNetwork(reading, container);
  checkResources(reading, container);
  checkReplicas(reading, container, kind);
  checkMode(reading);
  return {
    key: workloadKeyOf(project, name),
    kind,
    containerNames: Array.from({ length: replicas }, (_, index) => containerNameOf(project, name, index + 1)),
    container,
    dependsOn: toDependencies(reading),
    update: toUpdate(reading, replicas),
    ...(Object.keys(cluster).length === 0 ? {} : { cluster }),
    origin: reading.origin,
    positions: reading.positions,
  };
}

/** A job by another key than `mode` is one in the words of the cluster as well. */
function toCluster({ cluster, stored }: ServiceReading, kind: WorkloadSpec["kind"]): ClusterSettings {
  const { mode } = cluster;
  const isJob = kind === "job" && (mode === "replicated" || mode === "global");
  return {
    ...cluster,
    ...(isJob ? { mode: `${mode}-job` } : {}),
    ...(stored.length === 0 ? {} : { stored: stored.map(({ file }) => file) }),
  };
}

function containerCount(reading: ServiceReading): number {
  const count = reading.replicas?.count ?? 1;
  return runsOnce(reading) ? Math.min(count, 1) : count;
}

function toContainer(reading: ServiceReading): ContainerSpec {
  const { container } = reading;
  return {
    ...container,
    image: container.image ?? "",
    environment: resolveEnvironment(reading),
    labels: { ...reading.fileLabels, ...container.labels },
    restart: container.restart ?? { name: "no" },
    ports: container.ports ?? [],
    expose: container.expose ?? [],
    mounts: reading.mounts.map(({ mount }) => mount),
    ...resolveMacAddress(reading, resolveNetwork(reading)),
  };
}

function toDependencies(reading: ServiceReading): readonly Dependency[] {
  return [...reading.dependencies].map(([service, dependency]) => ({
    workload: workloadKeyOf(reading.project, service),
    ...dependency,
  }));
}

function toUpdate({ update, cluster }: ServiceReading, replicas: number): WorkloadSpec["update"] {
  const merged = { ...defaultUpdatePolicy, ...update };
  // How many nodes there are is not known here: Swarm has the same word for all of them.
  if (cluster.mode === "global") return merged;
  return merged.parallelism === 0 ? { ...merged, parallelism: Math.max(replicas, 1) } : merged;
}
