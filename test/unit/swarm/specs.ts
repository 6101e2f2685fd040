import type { ServiceSpec, TaskContainerSpec, TaskSpec } from "../../../src/model/service-spec.ts";

/** What an Engine 20.10 answers for a service of `{ Name, TaskTemplate: { ContainerSpec: { Image } } }`. */
export const live: ServiceSpec = {
  Name: "web",
  Labels: {},
  TaskTemplate: {
    ContainerSpec: { Image: "busybox:1", Isolation: "default" },
    ForceUpdate: 0,
    Runtime: "container",
  },
  Mode: { Replicated: { Replicas: 1 } },
};

const update = {
  Parallelism: 1,
  FailureAction: "pause",
  Monitor: 5e9,
  MaxFailureRatio: 0,
  Order: "stop-first",
} as const;

/** The same with `insertDefaults=true`. */
export const liveWithDefaults: ServiceSpec = {
  ...live,
  TaskTemplate: {
    ContainerSpec: { Image: "busybox:1", StopGracePeriod: 10e9, DNSConfig: {}, Isolation: "default" },
    Resources: {},
    RestartPolicy: { Condition: "any", Delay: 5e9, MaxAttempts: 0 },
    Placement: {},
    ForceUpdate: 0,
    Runtime: "container",
  },
  UpdateConfig: update,
  RollbackConfig: update,
};

export function task(part: Partial<TaskSpec>): ServiceSpec {
  return { ...live, TaskTemplate: { ...live.TaskTemplate, ...part } };
}

export function container(part: Partial<TaskContainerSpec>): ServiceSpec {
  return task({ ContainerSpec: { ...live.TaskTemplate.ContainerSpec, ...part } });
}
