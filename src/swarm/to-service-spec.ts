import { compact, sortedRecord } from "../lib/records.ts";
import { labelKeys } from "../model/ownership.ts";
import type { GenericResourceSpec, ServiceModeSpec, ServiceSpec, TaskSpec } from "../model/service-spec.ts";
import type { RestartPolicy, WorkloadSpec } from "../model/workload.ts";
import { nanoseconds, unlessEmpty } from "./api-values.ts";
import { newestApiVersion } from "./api-version.ts";
import { rollbackConfig, updateConfig } from "./rollout-config.ts";
import { serviceNameOf } from "./service-name.ts";
import { endpointSpec } from "./service-ports.ts";
import { type ContainerContext, taskContainer } from "./task-container.ts";
import { taskNetworks } from "./task-networks.ts";

export { serviceNameOf } from "./service-name.ts";

export interface ServiceContext extends Omit<ContainerContext, "apiVersion"> {
  /** Our own labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** What the manager speaks; the newest that we know when absent. */
  readonly apiVersion?: string;
}

/**
 * The service of a workload (Docker Engine API 1.41, "ServiceSpec"). What a service cannot have is left out;
 * `unsupportedOnSwarm` says what that is, and nothing with an error among it must get here. Labels of ours are on the
 * service only: a container with them would look like one that an Engine's own reconciliation made.
 */
export function toServiceSpec(workload: WorkloadSpec, context: ServiceContext): ServiceSpec {
  const { container, cluster } = workload;
  const policy = context.desired.environment.rollout;
  const mode = serviceMode(workload);
  const isJob = mode.ReplicatedJob !== undefined || mode.GlobalJob !== undefined;
  return compact<ServiceSpec>({
    Name: serviceNameOf(workload),
    Labels: sortedRecord({ ...cluster?.labels, ...context.labels, [labelKeys.image]: container.image }),
    TaskTemplate: taskTemplate(workload, context, isJob),
    Mode: mode,
    // "Jobs may not have an update config" (SwarmKit, `validateMode`).
    UpdateConfig: isJob ? undefined : updateConfig(workload, policy),
    RollbackConfig: isJob ? undefined : rollbackConfig(workload, policy),
    EndpointSpec: endpointSpec(workload),
  });
}

function serviceMode({ kind, containerNames, cluster }: WorkloadSpec): ServiceModeSpec {
  const count = containerNames.length;
  const isGlobal = cluster?.mode === "global" || cluster?.mode === "global-job";
  const isJob = kind === "job" || cluster?.mode === "replicated-job" || cluster?.mode === "global-job";
  if (isGlobal) return isJob ? { GlobalJob: {} } : { Global: {} };
  if (isJob) return { ReplicatedJob: { MaxConcurrent: count, TotalCompletions: count } };
  return { Replicated: { Replicas: count } };
}

function taskTemplate(workload: WorkloadSpec, context: ServiceContext, isJob: boolean): TaskSpec {
  const { logging } = workload.container;
  const logOptions = logging && unlessEmpty(logging.options);
  return compact<TaskSpec>({
    ContainerSpec: taskContainer(workload, {
      ...context,
      apiVersion: context.apiVersion ?? newestApiVersion,
    }),
    Resources: resources(workload),
    RestartPolicy: restartPolicy(workload, isJob),
    Placement: placement(workload),
    Networks: unlessEmpty(taskNetworks(workload)),
    LogDriver:
      logging &&
      compact<NonNullable<TaskSpec["LogDriver"]>>({
        Name: logging.driver,
        Options: logOptions && sortedRecord(logOptions),
      }),
  });
}

type Resources = NonNullable<TaskSpec["Resources"]>;

function resources({ container, cluster }: WorkloadSpec): Resources | undefined {
  const { nanoCpus, memory, memoryReservation, pidsLimit } = container;
  const reserved = cluster?.reservations;
  const limits = compact<NonNullable<Resources["Limits"]>>({
    NanoCPUs: positive(nanoCpus),
    MemoryBytes: positive(memory),
    // "Without limit" has several spellings.
    Pids: positive(pidsLimit),
  });
  const reservations = compact<NonNullable<Resources["Reservations"]>>({
    NanoCPUs: positive(reserved?.nanoCpus),
    MemoryBytes: positive(memoryReservation),
    GenericResources: unlessEmpty(reserved?.generic?.map(genericResource)),
  });
  return unlessEmpty(
    compact<Resources>({ Limits: unlessEmpty(limits), Reservations: unlessEmpty(reservations) }),
  );
}

type Generic = NonNullable<
  NonNullable<NonNullable<WorkloadSpec["cluster"]>["reservations"]>["generic"]
>[number];

function genericResource(resource: Generic): GenericResourceSpec {
  return "name" in resource
    ? { NamedResourceSpec: { Kind: resource.kind, Value: resource.name } }
    : { DiscreteResourceSpec: { Kind: resource.kind, Value: resource.value } };
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}

type RestartSpec = NonNullable<TaskSpec["RestartPolicy"]>;

function restartPolicy(workload: WorkloadSpec, isJob: boolean): RestartSpec | undefined {
  const { condition, attempts, delayMs, windowMs } = declaredRestart(workload, isJob);
  return unlessEmpty(
    compact<RestartSpec>({
      // A job that ends well is not started again (Docker docs, "Running as a job"): there is no "any" for it.
      Condition: isJob && condition === "any" ? "on-failure" : condition,
      Delay: delayMs === undefined ? undefined : nanoseconds(delayMs),
      MaxAttempts: attempts,
      Window: windowMs === undefined ? undefined : nanoseconds(windowMs),
    }),
  );
}

interface Restart {
  readonly condition?: NonNullable<RestartSpec["Condition"]>;
  readonly attempts?: number;
  readonly delayMs?: number;
  readonly windowMs?: number;
}

/**
 * What is declared for a cluster, or else what `--restart`, `Restart=` and compose's `restart` say. Who says nothing gets
 * Swarm's own default, which starts a task again and moves it away from a node that is lost: a service stays up. A job that
 * says nothing fails when it fails.
 */
function declaredRestart({ container, cluster, positions }: WorkloadSpec, isJob: boolean): Restart {
  const own = cluster?.restart;
  if (own !== undefined) {
    const { condition = isJob ? "on-failure" : undefined, maxAttempts, delayMs, windowMs } = own;
    return compact<Restart>({ condition, attempts: maxAttempts, delayMs, windowMs });
  }
  const isUnsaid = container.restart.name === "no" && positions["restart"] === undefined;
  if (isUnsaid) return isJob ? { condition: "none" } : {};
  return asCondition(container.restart);
}

function asCondition({ name, maximumRetryCount = 0 }: RestartPolicy): Restart {
  switch (name) {
    case "no":
      return { condition: "none" };
    case "always":
    case "unless-stopped":
      return { condition: "any" };
    case "on-failure":
      return { condition: "on-failure", ...(maximumRetryCount > 0 ? { attempts: maximumRetryCount } : {}) };
    default:
      return name satisfies never;
  }
}

type PlacementSpec = NonNullable<TaskSpec["Placement"]>;

function placement({ container, cluster }: WorkloadSpec): PlacementSpec | undefined {
  const own = cluster?.placement;
  return unlessEmpty(
    compact<PlacementSpec>({
      Constraints: unlessEmpty(own?.constraints),
      Preferences: unlessEmpty(own?.spread.map((name) => ({ Spread: { SpreadDescriptor: name } }))),
      MaxReplicas: positive(own?.maxReplicasPerNode),
      Platforms: container.platform === undefined ? undefined : [platformOf(container.platform)],
    }),
  );
}

/** `linux/amd64`, `linux/arm/v7`; Swarm tells architectures apart, but not their variants. */
function platformOf(text: string): { OS?: string; Architecture?: string } {
  const [os = "", architecture = ""] = text.split("/");
  return { ...(architecture === "" ? {} : { Architecture: architecture }), OS: os };
}
