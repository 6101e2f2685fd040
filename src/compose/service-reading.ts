import type { Position } from "../lib/diagnostic.ts";
import { deepEqual } from "../lib/stable-json.ts";
import type { YamlNode } from "../lib/yaml.ts";
import type { ClusterSettings, StoredFile } from "../model/cluster.ts";
import type { ContainerSpec, Dependency, Mount, NetworkAttachment, UpdatePolicy } from "../model/workload.ts";
import type { EnvFile } from "./env-file.ts";
import type { Reading, SupportedKey } from "./key-table.ts";
import { type ComposeProject, workloadKeyOf } from "./project.ts";
import type { TextPair } from "./scalars.ts";

export type ContainerDraft = { -readonly [K in keyof ContainerSpec]?: ContainerSpec[K] };

export type ClusterDraft = { -readonly [K in keyof ClusterSettings]?: ClusterSettings[K] };

export interface PlacedMount {
  readonly mount: Mount;
  readonly position: Position;
}

export interface PlacedFile {
  readonly file: StoredFile;
  readonly position: Position;
}

/** An environment file as found; it is read when `environment` is known, because it may refer to that. */
export type ServiceEnvFile =
  | { readonly kind: "values"; readonly values: ReadonlyMap<string, string> }
  | { readonly kind: "file"; readonly file: Omit<EnvFile, "variables"> };

export interface PlacedAttachment {
  readonly attachment: NetworkAttachment;
  /** Networks are attached by priority, highest first, then by name. */
  readonly priority: number;
  readonly key: string;
  readonly position: Position;
}

/** One service while its keys are read, in any order; `compile-service.ts` puts the parts together. */
export interface ServiceReading extends Reading {
  readonly name: string;
  readonly project: ComposeProject;
  /** The service's key. */
  readonly origin: Position;
  readonly container: ContainerDraft;
  readonly cluster: ClusterDraft;
  /** By field, `cluster.<field>`, and `dependsOn.<workload key>` for single dependencies. */
  readonly positions: Record<string, Position>;
  /** The key that set a field, for contradictions. */
  readonly setBy: Map<string, string>;
  readonly mounts: PlacedMount[];
  /** Configs and secrets that the cluster has already. */
  readonly stored: PlacedFile[];
  readonly dependencies: Map<string, Omit<Dependency, "workload">>;
  /** In the order of the file: later ones win. */
  readonly envFiles: ServiceEnvFile[];
  /** Labels from files; those in the compose file win. */
  readonly fileLabels: Record<string, string>;
  environment: readonly TextPair[];
  attachments: readonly PlacedAttachment[];
  update: Partial<UpdatePolicy>;
  replicas?: { readonly count: number; readonly position: Position };
  build?: Position;
}

export function startReading(name: string, origin: Position, project: ComposeProject): ServiceReading {
  return {
    name,
    project,
    origin,
    sink: project.sink,
    runsOn: project.context.target,
    container: {},
    cluster: {},
    positions: {},
    setBy: new Map(),
    mounts: [],
    stored: [],
    dependencies: new Map(),
    envFiles: [],
    fileLabels: {},
    environment: [],
    attachments: [],
    update: {},
  };
}

export interface FieldSource {
  readonly position: Position;
  /** The key's path, `services.web.mem_limit`. */
  readonly what: string;
}

/** Sets a field once; a second key that says something else is a contradiction. */
export function setField<K extends keyof ContainerSpec>(
  reading: ServiceReading,
  field: K,
  value: ContainerSpec[K] | undefined,
  source: FieldSource,
): void {
  if (value === undefined) return;
  const before = reading.container[field];
  if (before !== undefined && !deepEqual(before, value)) {
    const message = `${source.what} contradicts ${reading.setBy.get(field)}`;
    reading.sink.error(source.position, "contradiction", message, "write only one of the two");
    return;
  }
  reading.container[field] = value;
  reading.setBy.set(field, source.what);
  markField(reading, field, source.position);
}

/** Remembers where a field was first declared. */
export function markField(reading: ServiceReading, field: keyof ContainerSpec, position: Position): void {
  reading.positions[field] ??= position;
}

type ValueReader<T> = (node: YamlNode, what: string, sink: Reading["sink"]) => T | undefined;

/** A reader that fills one field. */
export function field<K extends keyof ContainerSpec>(
  name: K,
  read: ValueReader<ContainerSpec[K]>,
): SupportedKey<ServiceReading>["read"] {
  return (node, reading, what) =>
    setField(reading, name, read(node, what, reading.sink), { position: node.position, what });
}

/** Sets what only a cluster can do, and remembers where it is declared. */
export function setCluster<K extends keyof ClusterSettings>(
  reading: ServiceReading,
  name: K,
  value: ClusterSettings[K] | undefined,
  position: Position,
): void {
  if (value === undefined) return;
  reading.cluster[name] = value;
  reading.positions[`cluster.${name}`] ??= position;
}

export interface DependencySource {
  readonly service: string;
  readonly position: Position;
}

/** Adds what another key implies that a service waits for; a second mention may only make it stricter. */
export function addDependency(
  reading: ServiceReading,
  { service, position }: DependencySource,
  dependency: Omit<Dependency, "workload">,
): void {
  const known = reading.dependencies.get(service);
  declareDependency(
    reading,
    { service, position },
    { ...dependency, condition: known?.condition ?? dependency.condition },
  );
}

/** Adds what `depends_on` declares; its condition wins over an implied one. */
export function declareDependency(
  reading: ServiceReading,
  { service, position }: DependencySource,
  dependency: Omit<Dependency, "workload">,
): void {
  const known = reading.dependencies.get(service);
  reading.positions[`dependsOn.${workloadKeyOf(reading.project, service)}`] ??= position;
  reading.dependencies.set(service, {
    condition: dependency.condition,
    required: dependency.required || (known?.required ?? false),
    restart: dependency.restart || (known?.restart ?? false),
  });
}
