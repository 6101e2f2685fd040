import { createHash } from "node:crypto";
import { deepEqual, stableJson } from "../lib/stable-json.ts";
import { fingerprintVersion, redactValues } from "../model/fingerprint.ts";
import { labelKeys } from "../model/ownership.ts";
import type { EndpointSpec, ServiceModeSpec, ServiceSpec, UpdateConfig } from "../model/service-spec.ts";
import { canonicalTask } from "./canonical-task.ts";
import { given, prune, sortedTexts } from "./prune.ts";
import { comparePorts } from "./service-ports.ts";

/**
 * The form in which desired and live services are compared. Swarm answers with what it was given plus a few defaults
 * (`Isolation`, `Runtime`, `ForceUpdate`, the mode of ports), and adds the others only on request (`insertDefaults=true`);
 * here they all count as unsaid, and order counts only where it has a meaning (measured on Engine 20.10).
 */

/** Labels that say how a service came about, not what it is. */
const informative: ReadonlySet<string> = new Set([
  ...[labelKeys.revision, labelKeys.txn, labelKeys.spec, labelKeys.source, labelKeys.due],
]);

/** SwarmKit, `api/defaults`. */
const defaultMonitor = 5e9;

export function canonicalSpec(spec: ServiceSpec): ServiceSpec {
  const mode = canonicalMode(spec.Mode);
  const isJob = mode.ReplicatedJob !== undefined || mode.GlobalJob !== undefined;
  const labels = Object.entries(spec.Labels ?? {}).filter(([name]) => !informative.has(name));
  return prune<ServiceSpec>({
    ...spec,
    Name: spec.Name,
    Labels: sortedTexts(Object.fromEntries(labels)),
    TaskTemplate: canonicalTask(spec.TaskTemplate),
    Mode: mode,
    UpdateConfig: isJob ? undefined : canonicalUpdate(spec.UpdateConfig),
    RollbackConfig: isJob ? undefined : canonicalUpdate(spec.RollbackConfig),
    EndpointSpec: canonicalEndpoint(spec.EndpointSpec),
  });
}

/** One task is the default; a job runs as often as it runs at once (moby, `ServiceSpecToGRPC`). */
function canonicalMode(mode: ServiceModeSpec | undefined): ServiceModeSpec {
  if (given(mode?.Global)) return { Global: {} };
  if (given(mode?.GlobalJob)) return { GlobalJob: {} };
  if (given(mode?.ReplicatedJob)) {
    const concurrent = mode.ReplicatedJob.MaxConcurrent ?? 1;
    return {
      ReplicatedJob: {
        MaxConcurrent: concurrent,
        TotalCompletions: mode.ReplicatedJob.TotalCompletions ?? concurrent,
      },
    };
  }
  return { Replicated: { Replicas: mode?.Replicated?.Replicas ?? 1 } };
}

/** Without a configuration one task at a time is replaced; within one, an absent number is 0: all at once. */
function canonicalUpdate(config: UpdateConfig | undefined): Required<UpdateConfig> {
  return {
    Parallelism: given(config) ? (config.Parallelism ?? 0) : 1,
    Delay: config?.Delay ?? 0,
    FailureAction: config?.FailureAction || "pause",
    Monitor: config?.Monitor || defaultMonitor,
    MaxFailureRatio: config?.MaxFailureRatio ?? 0,
    Order: config?.Order || "stop-first",
  };
}

function canonicalEndpoint(endpoint: EndpointSpec | undefined): EndpointSpec | undefined {
  if (!given(endpoint)) return undefined;
  const ports = (endpoint.Ports ?? []).map((port) =>
    prune({
      ...port,
      Protocol: port.Protocol || ("tcp" as const),
      PublishMode: port.PublishMode || ("ingress" as const),
    }),
  );
  return prune<EndpointSpec>({
    ...endpoint,
    Mode: endpoint.Mode === "vip" ? undefined : endpoint.Mode,
    Ports: ports.sort(comparePorts),
  });
}

/**
 * Both sides in the form in which they can be compared. The digest of the image takes part only when both sides know it:
 * without a registry there is none, and the tag stands in (it is in our label, too).
 */
export function comparableSpecs(
  live: ServiceSpec,
  desired: ServiceSpec,
): { readonly live: ServiceSpec; readonly desired: ServiceSpec } {
  const a = canonicalSpec(live);
  const b = canonicalSpec(desired);
  const isPinned = imageOf(a).includes("@") && imageOf(b).includes("@");
  return isPinned ? { live: a, desired: b } : { live: withoutDigest(a), desired: withoutDigest(b) };
}

function imageOf(spec: ServiceSpec): string {
  return spec.TaskTemplate.ContainerSpec.Image ?? "";
}

function withoutDigest(spec: ServiceSpec): ServiceSpec {
  const { TaskTemplate } = spec;
  const Image = imageOf(spec).replace(/@.*$/s, "");
  return {
    ...spec,
    TaskTemplate: { ...TaskTemplate, ContainerSpec: { ...TaskTemplate.ContainerSpec, Image } },
  };
}

/** Whether an update would change nothing. */
export function sameSpec(live: ServiceSpec, desired: ServiceSpec): boolean {
  const sides = comparableSpecs(live, desired);
  return deepEqual(sides.live, sides.desired);
}

/**
 * Hash of what makes a service what it is, `v1:<32 hex digits>`.
 *
 * @param secretValues values that must not enter the hash, so that nobody can guess them from a label
 */
export function specHash(spec: ServiceSpec, secretValues: readonly string[] = []): string {
  const json = redactValues(stableJson(canonicalSpec(spec)), secretValues);
  return `${fingerprintVersion}:${createHash("sha256").update(json).digest("hex").slice(0, 32)}`;
}

/**
 * Whether Swarm replaces tasks to get from one spec to the other (SwarmKit, `orchestrator.IsTaskDirty`): labels, replicas
 * and the rules of updates are of the service alone. Placement is left out: a task stays where it is while its node still
 * fits.
 */
export function taskDiffers(a: ServiceSpec, b: ServiceSpec): boolean {
  const { live, desired } = comparableSpecs(a, b);
  const isForced =
    given(a.TaskTemplate.ForceUpdate) &&
    given(b.TaskTemplate.ForceUpdate) &&
    a.TaskTemplate.ForceUpdate !== b.TaskTemplate.ForceUpdate;
  return (
    isForced ||
    !deepEqual(live.EndpointSpec, desired.EndpointSpec) ||
    !deepEqual(
      { ...live.TaskTemplate, Placement: undefined },
      { ...desired.TaskTemplate, Placement: undefined },
    )
  );
}
