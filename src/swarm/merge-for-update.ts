import { deepEqual } from "../lib/stable-json.ts";
import type { ServiceSpec, TaskSpec } from "../model/service-spec.ts";
import { comparableSpecs } from "./canonical-spec.ts";

/**
 * The body of an update. What is the same in both keeps the very words that the live service has, because SwarmKit compares
 * lists in order and would replace all tasks for a list that was only sorted. Labels that somebody else put on the service
 * are drift like any other: they go.
 */
export function mergeForUpdate(live: ServiceSpec, desired: ServiceSpec): ServiceSpec {
  const sides = comparableSpecs(live, desired);
  const { EndpointSpec: _, ...rest } = desired;
  const endpoint = deepEqual(sides.live.EndpointSpec, sides.desired.EndpointSpec)
    ? live.EndpointSpec
    : desired.EndpointSpec;
  const task = deepEqual(sides.live.TaskTemplate, sides.desired.TaskTemplate)
    ? live.TaskTemplate
    : mergeTask(live, desired, sides);
  return {
    ...rest,
    TaskTemplate: task,
    ...(endpoint === undefined ? {} : { EndpointSpec: endpoint }),
  };
}

type Sides = ReturnType<typeof comparableSpecs>;

/**
 * Part by part, so that a change of the placement alone leaves the tasks that still fit where they are (SwarmKit,
 * `orchestrator.IsTaskDirty`). A forced restart of the past is not repeated by forgetting its number.
 */
function mergeTask(live: ServiceSpec, desired: ServiceSpec, sides: Sides): TaskSpec {
  const before = live.TaskTemplate;
  const merged: Record<string, unknown> = {};
  const names = new Set([...Object.keys(before), ...Object.keys(desired.TaskTemplate)]) as Set<
    keyof TaskSpec
  >;
  for (const name of names) {
    const isSame = deepEqual(sides.live.TaskTemplate[name], sides.desired.TaskTemplate[name]);
    const value = isSame ? before[name] : desired.TaskTemplate[name];
    if (value !== undefined) merged[name] = value;
  }
  const container = merged["ContainerSpec"] as TaskSpec["ContainerSpec"];
  merged["ContainerSpec"] = {
    ...container,
    Image: imageFor(before.ContainerSpec.Image ?? "", container.Image ?? ""),
  };
  return merged as unknown as TaskSpec;
}

/** While no registry can be asked, the digest that the service has stays with its tag. */
function imageFor(live: string, desired: string): string {
  return !desired.includes("@") && live.startsWith(`${desired}@`) ? live : desired;
}
