import type {
  ActualNode,
  ActualService,
  ActualStored,
  ActualTask,
  ServiceRecord,
} from "../../src/model/actual-swarm.ts";
import { labelKeys, type Owner, ownershipOf } from "../../src/model/ownership.ts";
import type { ServiceSpec, TaskSpec } from "../../src/model/service-spec.ts";
import {
  hasEnded,
  type SwarmNode,
  type SwarmService,
  type SwarmState,
  type SwarmStored,
  type SwarmTask,
} from "./simulated-swarm-state.ts";

/** What the real adapter makes of a manager's answers: networks by name, labels read. */

export function toActualNode({ isAlive: _, ...node }: SwarmNode): ActualNode {
  return { ...node };
}

export function toActualService(service: SwarmService, owner: Owner, state: SwarmState): ActualService {
  const { id, version, spec, previousSpec, update, jobIteration, createdMs, updatedMs } = service;
  const labels = spec.Labels ?? {};
  return {
    ...{ id, name: spec.Name, version, ownership: ownershipOf(labels, owner), record: toRecord(labels) },
    spec: withNames(spec, state),
    ...(previousSpec === undefined ? {} : { previousSpec: withNames(previousSpec, state) }),
    ...(update === undefined ? {} : { update }),
    tasks: state
      .tasksOf(id)
      .map((task) => toActualTask(task, state))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    ...(jobIteration === undefined ? {} : { jobIteration }),
    createdAt: state.at(createdMs),
    updatedAt: state.at(updatedMs),
  };
}

function toRecord(labels: Readonly<Record<string, string>>): ServiceRecord {
  const kind = labels[labelKeys.kind];
  const texts = {
    ...{ workload: labels[labelKeys.workload], fingerprint: labels[labelKeys.spec] },
    ...{ image: labels[labelKeys.image], source: labels[labelKeys.source] },
    ...{ revision: labels[labelKeys.revision], txn: labels[labelKeys.txn] },
    ...{ timer: labels[labelKeys.timer], due: labels[labelKeys.due] },
  };
  const known = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined));
  return {
    needs: (labels[labelKeys.needs] ?? "").split(",").filter(Boolean),
    ...(kind === "service" || kind === "job" ? { kind } : {}),
    ...known,
  };
}

function toActualTask(task: SwarmTask, state: SwarmState): ActualTask {
  const { id, serviceId, slot, nodeId, desired, atMs, createdMs, message, error, exitCode, iteration } = task;
  return {
    ...{ id, serviceId, state: task.state, desiredState: desired, message, error },
    ...(slot === 0 ? {} : { slot }),
    ...(nodeId === undefined ? {} : { nodeId }),
    at: state.at(atMs),
    createdAt: state.at(createdMs),
    ...(exitCode === undefined || !hasEnded(task) ? {} : { exitCode }),
    ...(iteration === undefined ? {} : { jobIteration: iteration }),
    spec: taskWithNames(task.spec, state),
  };
}

export function toActualStored({ id, name, labels }: SwarmStored, owner: Owner): ActualStored {
  return {
    ...{ id, name, ownership: ownershipOf(labels, owner) },
    holdsFiles: labels[labelKeys.content] === "files",
  };
}

const named = new WeakMap<object, ServiceSpec | TaskSpec>();

export function withNames(spec: ServiceSpec, state: SwarmState): ServiceSpec {
  const known = named.get(spec) as ServiceSpec | undefined;
  if (known !== undefined) return known;
  const made = { ...spec, TaskTemplate: taskWithNames(spec.TaskTemplate, state) };
  named.set(spec, made);
  return made;
}

/** Specs never change, so that each is translated once. */
function taskWithNames(task: TaskSpec, state: SwarmState): TaskSpec {
  const known = named.get(task) as TaskSpec | undefined;
  if (known !== undefined) return known;
  const made: TaskSpec =
    task.Networks === undefined
      ? task
      : {
          ...task,
          Networks: task.Networks.map((network) => ({
            ...network,
            Target: state.networks.get(network.Target)?.name ?? network.Target,
          })),
        };
  named.set(task, made);
  return made;
}
