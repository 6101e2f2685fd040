import type {
  ActualContainer,
  ActualNetwork,
  ActualState,
  ActualVolume,
  PublishedPort,
} from "../model/actual-state.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { FileSet } from "../model/file-set.ts";
import { emptyLedger, type Ledger } from "../model/ledger.ts";
import type { NetworkSpec } from "../model/network.ts";
import type { VolumeSpec } from "../model/volume.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { desiredFingerprint } from "./labels.ts";

/** What the Engine has, by name. */
export interface ActualIndex {
  readonly actual: ActualState;
  readonly containersById: ReadonlyMap<string, ActualContainer>;
  readonly containersByName: ReadonlyMap<string, ActualContainer>;
  /** Old Engines allow several networks with one name. */
  readonly networksByName: ReadonlyMap<string, readonly ActualNetwork[]>;
  readonly volumesByName: ReadonlyMap<string, ActualVolume>;
  /** By `tcp/8080`. */
  readonly publishedPorts: ReadonlyMap<string, readonly PublishedPort[]>;
}

const indexes = new WeakMap<ActualState, ActualIndex>();

/** The index of a snapshot; made once, because snapshots never change. */
export function indexActual(actual: ActualState): ActualIndex {
  const known = indexes.get(actual);
  if (known !== undefined) return known;
  const index: ActualIndex = {
    actual,
    containersById: indexBy(actual.containers, (container) => container.id),
    containersByName: indexBy(actual.containers, (container) => container.name),
    networksByName: Map.groupBy(actual.networks, (network) => network.name),
    volumesByName: indexBy(actual.volumes, (volume) => volume.name),
    publishedPorts: Map.groupBy(actual.publishedPorts, (port) => `${port.protocol}/${port.hostPort}`),
  };
  indexes.set(actual, index);
  return index;
}

/** What a run knows beside the two states. */
export interface Circumstances {
  readonly ledger: Ledger;
  /** Workloads that a person wants to be tried whatever the ledger says. */
  readonly retry: ReadonlySet<string>;
  /** A request about some workloads; all others stay as they are. */
  readonly request?: PlanRequest;
  readonly watch?: Watch;
  /** The two states are compared without an Engine: nothing is said about moments. */
  readonly isTimeless?: true;
}

/** What a daemon knows about time; a single run knows nothing of it. Times are ISO 8601, of the Engine's clock. */
export interface Watch {
  /** Since when it watches. */
  readonly watchedSince?: string;
  /** When the Engine's machine started. */
  readonly bootedAt?: string;
}

export interface PlanRequest {
  /**
   * `rollback`: the previous container takes over again. `finish`: it is given up before its time. `only`: what the
   * configuration says, for these workloads alone and whatever the ledger says.
   */
  readonly kind: "rollback" | "finish" | "only";
  readonly workloads: ReadonlySet<string>;
}

export const noCircumstances: Circumstances = { ledger: emptyLedger, retry: new Set() };

/**
 * Both states, and an index for everything that is looked up by name: planning never scans a list for each workload, so
 * that its cost grows with their number and not with its square.
 */
export interface World extends ActualIndex, Circumstances {
  /** The Engine's time of the snapshot, ISO 8601. */
  readonly now: string;
  readonly desired: DesiredState;
  /** Workloads or container names whose foreign holder may be replaced. */
  readonly adopt: ReadonlySet<string>;
  /** Another source that already manages this project and environment. */
  readonly rivalSource: string | undefined;
  readonly workloads: ReadonlyMap<string, WorkloadSpec>;
  /** Workload key by container name. */
  readonly workloadByContainer: ReadonlyMap<string, string>;
  readonly networks: ReadonlyMap<string, NetworkSpec>;
  readonly volumes: ReadonlyMap<string, VolumeSpec>;
  readonly fileSets: ReadonlyMap<string, FileSet>;
  /** Fingerprint that the workload's containers should have; computed once for each workload. */
  readonly fingerprintOf: (workload: WorkloadSpec) => string;
}

export function createWorld(
  desired: DesiredState,
  actual: ActualState,
  adopt: ReadonlySet<string>,
  circumstances: Circumstances = noCircumstances,
): World {
  const fingerprints = new Map<string, string>();
  return {
    ...indexActual(actual),
    ...circumstances,
    now: actual.engine.systemTime,
    desired,
    adopt,
    rivalSource: findRivalSource(desired, actual),
    workloads: indexBy(desired.workloads, (workload) => workload.key),
    workloadByContainer: new Map(
      desired.workloads.flatMap(({ key, containerNames }) =>
        containerNames.map((name) => [name, key] as const),
      ),
    ),
    networks: indexBy(desired.networks, (network) => network.name),
    volumes: indexBy(desired.volumes, (volume) => volume.name),
    fileSets: indexBy(desired.fileSets, (fileSet) => fileSet.name),
    fingerprintOf(workload) {
      const known = fingerprints.get(workload.key);
      if (known !== undefined) return known;
      const computed = desiredFingerprint(workload, desired);
      fingerprints.set(workload.key, computed);
      return computed;
    },
  };
}

/** Two repositories that claim the same project and environment must not prune each other's workloads. */
function findRivalSource(desired: DesiredState, actual: ActualState): string | undefined {
  return actual.containers.find((container) => isOfRival(container, desired))?.record.source;
}

export function isOfRival({ ownership, record }: ActualContainer, desired: DesiredState): boolean {
  const mine = desired.revision.source;
  return (
    mine !== undefined && ownership.kind === "owned" && record.source !== undefined && record.source !== mine
  );
}

function indexBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [keyOf(item), item]));
}

export function isUp(container: ActualContainer): boolean {
  const { status } = container.state;
  return status === "running" || status === "restarting" || status === "paused";
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
