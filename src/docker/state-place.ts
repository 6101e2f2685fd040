import { labelKeys, type Owner, ownerLabels } from "../model/ownership.ts";
import type { VesselSpec } from "./empty-image.ts";

/** Where the state volume is mounted in the containers that make its files reachable. */
export const stateTarget = "/state";

/** Names of what holds the memory of one environment in the Engine. */
export interface StatePlace {
  readonly owner: Owner;
  /** `project "shop", environment "develop"`, for messages. */
  readonly subject: string;
  /** Container through which everybody reads; the volume has the same name. */
  readonly reader: string;
  /** Container that exists as long as a run holds the lock. */
  readonly lock: string;
}

export function statePlace(owner: Owner): StatePlace {
  const name = placeName(owner);
  return {
    owner,
    subject: `project "${owner.project}", environment "${owner.environment}"`,
    reader: `mysysconfig-state-${name}`,
    lock: `mysysconfig-lock-${name}`,
  };
}

/**
 * `shop-develop`. Both names may hold dashes, and `a-b` with `c` must not meet `a` with `b-c`: dashes of the project are
 * doubled, and as no environment starts with one, the first odd run of dashes is the border.
 */
export function placeName({ project, environment }: Owner): string {
  return `${project.replaceAll("-", "--")}-${environment}`;
}

/** The container that is there for everybody to read through. Without the label of a workload the planner leaves it be. */
export function readerVessel(place: StatePlace): VesselSpec {
  const labels = contentLabels(place, "state");
  return { name: place.reader, labels, volume: place.reader, target: stateTarget };
}

/** @param labels what the holder says about itself */
export function lockVessel(place: StatePlace, labels: Readonly<Record<string, string>>): VesselSpec {
  return {
    name: place.lock,
    labels: { ...contentLabels(place, "lock"), ...labels },
    volume: place.reader,
    volumeLabels: contentLabels(place, "state"),
    target: stateTarget,
  };
}

function contentLabels({ owner }: StatePlace, content: "state" | "lock"): Record<string, string> {
  return { ...ownerLabels(owner), [labelKeys.content]: content };
}
