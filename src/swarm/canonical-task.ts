import { stableJson } from "../lib/stable-json.ts";
import type { TaskSpec } from "../model/service-spec.ts";
import { canonicalContainer } from "./canonical-container.ts";
import { prune, sortedBy, sortedSet, sortedTexts } from "./prune.ts";

/** SwarmKit, `api/defaults`. */
const defaultRestartDelay = 5e9;

/** The task template in the form in which it is compared. */
export function canonicalTask(task: TaskSpec): TaskSpec {
  const { ContainerSpec, Resources, RestartPolicy, Placement, Networks, LogDriver } = task;
  return prune<TaskSpec>({
    ...task,
    ContainerSpec: canonicalContainer(ContainerSpec),
    Resources: canonicalResources(Resources),
    RestartPolicy: canonicalRestart(RestartPolicy),
    Placement: canonicalPlacement(Placement),
    Networks: sortedBy(
      (Networks ?? []).map((network) =>
        prune({
          ...network,
          Aliases: sortedSet(network.Aliases),
          DriverOpts: sortedTexts(network.DriverOpts),
        }),
      ),
      ({ Target }) => Target,
    ),
    LogDriver: prune<NonNullable<TaskSpec["LogDriver"]>>({
      ...LogDriver,
      Options: sortedTexts(LogDriver?.Options),
    }),
    // How often somebody asked for a restart is nothing that a configuration says.
    ForceUpdate: undefined,
    Runtime: task.Runtime === "container" ? undefined : task.Runtime,
  });
}

function canonicalResources(resources: TaskSpec["Resources"]): TaskSpec["Resources"] {
  const reservations = resources?.Reservations;
  const generic = sortedBy(reservations?.GenericResources, (resource) => stableJson(resource));
  return prune<NonNullable<TaskSpec["Resources"]>>({
    ...resources,
    Limits: prune({ ...resources?.Limits }),
    Reservations: prune({ ...reservations, GenericResources: generic }),
  });
}

/** A delay of 0 differs from none, which is five seconds. */
function canonicalRestart(policy: TaskSpec["RestartPolicy"]): TaskSpec["RestartPolicy"] {
  return prune<NonNullable<TaskSpec["RestartPolicy"]>>(
    {
      ...policy,
      Condition: policy?.Condition === "any" ? undefined : policy?.Condition || undefined,
      Delay: policy?.Delay === defaultRestartDelay ? undefined : policy?.Delay,
    },
    ["Delay"],
  );
}

function canonicalPlacement(placement: TaskSpec["Placement"]): TaskSpec["Placement"] {
  const platforms = (placement?.Platforms ?? []).map((platform) =>
    prune({ ...platform, Architecture: architecture(platform.Architecture) }),
  );
  return prune<NonNullable<TaskSpec["Placement"]>>({
    ...placement,
    Constraints: sortedSet(placement?.Constraints?.map(canonicalConstraint)),
    Platforms: sortedBy(platforms, (platform) => stableJson(platform)),
  });
}

/** `node.role == manager` is `node.role==manager` (SwarmKit, `constraint.Parse`). */
function canonicalConstraint(text: string): string {
  return text.trim().replace(/\s*([=!]=)\s*/, "$1");
}

/** Nodes say what the kernel says, images what Go says; Swarm takes them as the same (SwarmKit, `PlatformFilter`). */
function architecture(name: string | undefined): string | undefined {
  if (name === "x86_64") return "amd64";
  return name === "aarch64" ? "arm64" : name;
}
