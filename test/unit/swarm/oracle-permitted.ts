import type { ServiceSpec, TaskContainerSpec, UpdateConfig } from "../../../src/model/service-spec.ts";
import { canonicalSpec } from "../../../src/swarm/canonical-spec.ts";
import type { Sides } from "./oracle-compare.ts";

/** Where our service may differ from the one of the docker client, and why. Everything else is a mistake of ours. */

interface Stored {
  readonly docker: Readonly<Record<string, string>>;
  readonly ours: Readonly<Record<string, string>>;
}

interface PermittedDifference {
  readonly id: string;
  readonly reason: string;
  readonly apply: (sides: Sides, stored: Stored) => Sides;
}

const isStackLabel = (name: string) => name.startsWith("com.docker.stack.");
const isOurLabel = (name: string) => name.startsWith("mysysconfig.");

export const permittedDifferences: readonly PermittedDifference[] = [
  {
    id: "labels of the owner",
    reason: "the client marks what belongs to a stack, we mark what belongs to a project and environment",
    apply: ({ docker, ours }) => ({
      docker: withoutLabels(docker, isStackLabel),
      ours: withoutLabels(ours, isOurLabel),
    }),
  },
  {
    id: "names of configs and secrets",
    reason:
      "ours say what the content is, so that a changed file is a new object; what counts is the content",
    apply: ({ docker, ours }, stored) => ({
      docker: withContents(docker, stored.docker),
      ours: withContents(ours, stored.ours),
    }),
  },
  {
    id: "ids of networks",
    reason: "the client looks the id up, our adapter does so when it sends the body",
    apply: ({ docker, ours }) => ({
      docker: mapTask(docker, ({ Networks, ...task }) =>
        Networks === undefined
          ? task
          : {
              ...task,
              Networks: Networks.map((network) => ({ ...network, Target: plainName(network.Target) })),
            },
      ),
      ours,
    }),
  },
  {
    id: "explicit rollout",
    reason:
      'what is not declared is said in full, and "all at once" as a number: start-first unless something is exclusive, a failed update is rolled back, and a rollback goes the same way',
    apply: ({ docker, ours }) => ({ docker: withRollout(docker, ours), ours }),
  },
  {
    id: "init of the client",
    reason:
      "docker service create says Init false where nothing is said; without it the node's own setting counts",
    apply: ({ docker, ours }) => {
      const isSaid = ours.TaskTemplate.ContainerSpec.Init !== undefined;
      const isFalse = docker.TaskTemplate.ContainerSpec.Init === false;
      const withoutInit = ({ Init: _, ...rest }: TaskContainerSpec) => rest;
      return isSaid || !isFalse ? { docker, ours } : { docker: mapContainer(docker, withoutInit), ours };
    },
  },
  {
    id: "canonical form",
    reason: "unset, empty and default are the same to Swarm, and order counts only where it has a meaning",
    apply: ({ docker, ours }) => ({ docker: canonicalSpec(docker), ours: canonicalSpec(ours) }),
  },
];

/** Why one of the two refuses what the other takes, or why both take it to be something else. */
export const permittedOutcomes: Readonly<
  Record<
    string,
    { readonly reason: string; readonly expected: "we refuse" | "docker refuses" | "both take it" }
  >
> = {
  "docker-ignores": {
    reason: "the client drops the key with a warning or without one; what has no effect is an error here",
    expected: "we refuse",
  },
  "swarm-refuses": {
    reason: "the client sends it, and the manager refuses it or takes it to be the default; we say so before",
    expected: "we refuse",
  },
  "never-ends": {
    reason: "the new task would wait for ever for the port of the old one",
    expected: "we refuse",
  },
  contradiction: {
    reason: "the client takes one of the two without a word",
    expected: "we refuse",
  },
  "port-range": {
    reason: "for docker run a range is a choice, for the client all of them; who wants all writes them all",
    expected: "we refuse",
  },
  "restart-no": {
    reason: "the client forgets restart: no, so that Swarm starts the task again and again; here it means no",
    expected: "both take it",
  },
  "entrypoint-reset": {
    reason: "an empty entrypoint resets the image's (Compose specification); the client forgets it",
    expected: "both take it",
  },
  "network-mode": {
    reason: "the client ignores network_mode and attaches the default network",
    expected: "both take it",
  },
  "container-name": {
    reason: "the client ignores container_name; here others still find the service by it",
    expected: "both take it",
  },
  "job-restart": {
    reason:
      "Swarm starts a failed job again and again by default; here a job that fails has failed, unless declared",
    expected: "both take it",
  },
  "oom-score": {
    reason: "the client 28.5 takes oom_score_adj and forgets it; a service can have one since API 1.46",
    expected: "both take it",
  },
  "security-options": {
    reason: "the client ignores security_opt; a service can have most of it since API 1.44",
    expected: "both take it",
  },
  "tmpfs-key": {
    reason: "the client ignores tmpfs; a service can have such a mount",
    expected: "both take it",
  },
};

function withoutLabels(spec: ServiceSpec, isLeftOut: (name: string) => boolean): ServiceSpec {
  const rest = <T extends Readonly<Record<string, string>>>(labels: T | undefined) =>
    Object.fromEntries(Object.entries(labels ?? {}).filter(([name]) => !isLeftOut(name)));
  const body = mapContainer(spec, (container) => ({
    ...container,
    Labels: rest(container.Labels),
    Mounts: (container.Mounts ?? []).map((mount) =>
      mount.VolumeOptions === undefined
        ? mount
        : { ...mount, VolumeOptions: { ...mount.VolumeOptions, Labels: rest(mount.VolumeOptions.Labels) } },
    ),
  }));
  return { ...body, Labels: rest(spec.Labels) };
}

function withContents(spec: ServiceSpec, stored: Readonly<Record<string, string>>): ServiceSpec {
  const named = (kind: string, name: string) => {
    const content = stored[`${kind} ${name}`];
    return content === undefined ? name : `content ${content}`;
  };
  return mapContainer(spec, (container) => ({
    ...container,
    Configs: (container.Configs ?? []).map((config) => ({
      ...config,
      ConfigName: named("config", config.ConfigName),
    })),
    Secrets: (container.Secrets ?? []).map((secret) => ({
      ...secret,
      SecretName: named("secret", secret.SecretName),
    })),
  }));
}

function plainName(target: string): string {
  return target.replace(/^id-of-/, "");
}

const leastMonitor = 5e9;

/** What was declared must be the client's word for word; what was not is ours. */
function withRollout(
  docker: ServiceSpec,
  { UpdateConfig: own, RollbackConfig: back }: ServiceSpec,
): ServiceSpec {
  if (own === undefined || back === undefined) return docker;
  const all = docker.Mode?.Replicated?.Replicas ?? 1;
  const update: UpdateConfig = {
    Parallelism: docker.UpdateConfig ? docker.UpdateConfig.Parallelism || all : 1,
    Delay: docker.UpdateConfig?.Delay ?? 0,
    FailureAction: docker.UpdateConfig?.FailureAction || "rollback",
    Monitor: Math.max(docker.UpdateConfig?.Monitor ?? 0, leastMonitor),
    MaxFailureRatio: docker.UpdateConfig?.MaxFailureRatio ?? 0,
    ...given("Order", docker.UpdateConfig?.Order || own.Order),
  };
  const rollback: UpdateConfig = {
    Parallelism: docker.RollbackConfig?.Parallelism || update.Parallelism || 1,
    Delay: docker.RollbackConfig?.Delay ?? update.Delay ?? 0,
    FailureAction: docker.RollbackConfig?.FailureAction || "pause",
    Monitor: (docker.RollbackConfig?.Monitor || update.Monitor) ?? leastMonitor,
    MaxFailureRatio: docker.RollbackConfig?.MaxFailureRatio ?? 0,
    ...given("Order", docker.RollbackConfig?.Order || update.Order),
  };
  return { ...docker, UpdateConfig: update, RollbackConfig: rollback };
}

function given<K extends string, T>(name: K, value: T | undefined): { readonly [P in K]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [P in K]?: T };
}

function mapTask(
  spec: ServiceSpec,
  change: (task: ServiceSpec["TaskTemplate"]) => ServiceSpec["TaskTemplate"],
): ServiceSpec {
  return { ...spec, TaskTemplate: change(spec.TaskTemplate) };
}

function mapContainer(
  spec: ServiceSpec,
  change: (container: TaskContainerSpec) => TaskContainerSpec,
): ServiceSpec {
  return mapTask(spec, (task) => ({ ...task, ContainerSpec: change(task.ContainerSpec) }));
}
