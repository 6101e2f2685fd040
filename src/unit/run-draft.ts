import type { Position } from "../lib/diagnostic.ts";
import type { DeviceRequest } from "../model/device.ts";
import type { FileSet } from "../model/file-set.ts";
import type { VolumeSpec } from "../model/volume.ts";
import type {
  ContainerSpec,
  EndpointSettings,
  Mount,
  PortBinding,
  RestartPolicy,
} from "../model/workload.ts";
import type { UnitEnvironment } from "./environment.ts";
import type { UnitScope } from "./unit-scope.ts";
import { type Word, wordPosition } from "./words.ts";

export type FieldName = keyof ContainerSpec;

/** Fields of a container that one or more flags set without help of others. */
type PlainFields = { -readonly [K in FieldName]?: ContainerSpec[K] };

/** One `--network`. */
export interface NetworkRequest extends EndpointSettings {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly macAddress?: string;
  readonly position: Position;
}

/** A text and where it stands. */
interface PlacedText {
  readonly text: string;
  readonly position: Position;
}

export interface HealthDraft {
  test?: readonly string[];
  intervalMs?: number;
  timeoutMs?: number;
  startPeriodMs?: number;
  startIntervalMs?: number;
  retries?: number;
}

/** A docker run line while its flags are applied one after the other. */
export interface RunDraft {
  readonly scope: UnitScope;
  readonly environment: UnitEnvironment;
  readonly fields: PlainFields;
  /** Where each field was given first. */
  readonly positions: Record<string, Position>;
  name?: PlacedText;
  isDetached: boolean;
  /** `--rm`. */
  autoRemove?: Position;
  /** `--attach`. */
  attach?: Position;
  /** Variables and labels from files and from flags; flags win. */
  readonly fileVariables: Map<string, string>;
  readonly variables: Map<string, string>;
  readonly fileLabels: Map<string, string>;
  readonly labels: Map<string, string>;
  /** By host address, host port and protocol, so that a port is published once. */
  readonly ports: Map<string, { readonly binding: PortBinding; readonly position: Position }>;
  /** By target. */
  readonly mounts: Map<string, Mount>;
  readonly volumes: Map<string, VolumeSpec>;
  readonly fileSets: Map<string, FileSet>;
  /** Driver of the volumes of `-v`. */
  volumeDriver?: string;
  /** Names of the volumes of `--mount`, which say their driver themselves. */
  readonly structuredVolumes: Set<string>;
  /** Values of `-v` so far. */
  readonly volumeTexts: Set<string>;
  /** Targets of the volumes of `-v` that have no name. */
  readonly unnamedVolumes: Set<string>;
  readonly gpus: DeviceRequest[];
  /** Names in the Container Device Interface. */
  readonly cdiDevices: Set<string>;
  readonly networks: NetworkRequest[];
  readonly aliases: string[];
  ipv4?: PlacedText;
  ipv6?: PlacedText;
  readonly linkLocalIps: PlacedText[];
  readonly health: HealthDraft;
  noHealthcheck?: Position;
  restart?: { readonly policy: RestartPolicy; readonly position: Position };
}

export function newRunDraft(scope: UnitScope, environment: UnitEnvironment): RunDraft {
  return {
    scope,
    environment,
    fields: {},
    positions: {},
    isDetached: false,
    fileVariables: new Map(),
    variables: new Map(),
    fileLabels: new Map(),
    labels: new Map(),
    ports: new Map(),
    mounts: new Map(),
    volumes: new Map(),
    fileSets: new Map(),
    structuredVolumes: new Set(),
    volumeTexts: new Set(),
    unnamedVolumes: new Set(),
    gpus: [],
    cdiDevices: new Set(),
    linkLocalIps: [],
    networks: [],
    aliases: [],
    health: {},
  };
}

/** Remembers where a field was given first, and one of its members. */
export function mark(draft: RunDraft, field: FieldName, word: Word, member?: string): void {
  draft.positions[field] ??= wordPosition(word);
  if (member !== undefined) draft.positions[`${field}.${member}`] ??= wordPosition(word);
}

/** Reports a value that Docker would refuse. */
export function refuse(draft: RunDraft, word: Word, message: string, hint?: string): undefined {
  draft.scope.sink.error(wordPosition(word), "invalid-flag-value", message, hint);
  return undefined;
}
