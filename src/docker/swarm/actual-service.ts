import { compact, compareText } from "../../lib/records.ts";
import {
  type ActualNode,
  type ActualService,
  type ActualStored,
  type ActualTask,
  type ServiceRecord,
  type TaskState,
  taskStates,
  type UpdateStatus,
} from "../../model/actual-swarm.ts";
import { labelKeys, type Owner, ownershipOf } from "../../model/ownership.ts";
import type { ServiceSpec, TaskSpec } from "../../model/service-spec.ts";
import { unlessEmpty } from "../unset.ts";
import type { AnsweredSpec, NodeAnswer, ServiceAnswer, StoredAnswer, TaskAnswer } from "./answers.ts";

/** Name of a network by its id; an id that nobody knows stands for itself. */
export type NetworkNames = (id: string) => string;

/** Docker Engine API, "ServiceInspect". */
export function toActualService(
  service: ServiceAnswer,
  tasks: readonly ActualTask[],
  owner: Owner,
  nameOf: NetworkNames,
): ActualService {
  const labels = service.Spec.Labels ?? {};
  return compact<ActualService>({
    id: service.ID,
    name: service.Spec.Name,
    version: service.Version?.Index ?? 0,
    ownership: ownershipOf(labels, owner),
    record: toRecord(labels),
    spec: withNetworkNames(service.Spec, nameOf),
    previousSpec: service.PreviousSpec ? withNetworkNames(service.PreviousSpec, nameOf) : undefined,
    update: toUpdateStatus(service.UpdateStatus),
    tasks,
    // An iteration of 0 is left out by the Engine.
    jobIteration: service.JobStatus ? (service.JobStatus.JobIteration?.Index ?? 0) : undefined,
    createdAt: service.CreatedAt ?? "",
    updatedAt: service.UpdatedAt ?? "",
  });
}

function toRecord(labels: Readonly<Record<string, string>>): ServiceRecord {
  const kind = labels[labelKeys.kind];
  return compact<ServiceRecord>({
    workload: labels[labelKeys.workload],
    kind: kind === "service" || kind === "job" ? kind : undefined,
    fingerprint: labels[labelKeys.spec],
    needs: (labels[labelKeys.needs] ?? "").split(",").filter((key) => key !== ""),
    image: labels[labelKeys.image],
    source: labels[labelKeys.source],
    revision: labels[labelKeys.revision],
    txn: labels[labelKeys.txn],
    timer: labels[labelKeys.timer],
    due: labels[labelKeys.due],
  });
}

/** The spec as it is, with names of networks in the place of their ids (Docker Engine API, "NetworkAttachmentConfig"). */
export function withNetworkNames(
  { Networks: old, ...spec }: AnsweredSpec,
  nameOf: NetworkNames,
): ServiceSpec {
  const template = spec.TaskTemplate;
  const networks = unlessEmpty(template.Networks) ?? unlessEmpty(old ?? undefined);
  const named = networks === undefined ? template : { ...template, Networks: networks };
  return { ...spec, TaskTemplate: taskWithNetworkNames(named, nameOf) };
}

function taskWithNetworkNames(template: TaskSpec, nameOf: NetworkNames): TaskSpec {
  if (!template.Networks || template.Networks.length === 0) return template;
  const Networks = template.Networks.map((network) => ({ ...network, Target: nameOf(network.Target) }));
  return { ...template, Networks };
}

/** The ids of all networks that specs name. */
export function networkIds(
  services: readonly ServiceAnswer[],
  tasks: readonly TaskAnswer[],
): ReadonlySet<string> {
  const specs = services.flatMap((service) => [
    service.Spec,
    ...(service.PreviousSpec ? [service.PreviousSpec] : []),
  ]);
  const lists = [
    ...specs.flatMap((spec) => [spec.TaskTemplate.Networks, spec.Networks]),
    ...tasks.map((task) => task.Spec.Networks),
  ];
  return new Set(lists.flatMap((list) => (list ?? []).map(({ Target }) => Target)));
}

const updateStates: readonly UpdateStatus["state"][] = [
  ...(["updating", "paused", "completed"] as const),
  ...(["rollback_started", "rollback_paused", "rollback_completed"] as const),
];

/** A service that was never updated has none, or an empty one. */
function toUpdateStatus(status: ServiceAnswer["UpdateStatus"]): UpdateStatus | undefined {
  const state = updateStates.find((known) => known === status?.State);
  if (!status || state === undefined) return undefined;
  return compact<UpdateStatus>({
    state,
    message: status.Message ?? "",
    startedAt: unlessEmpty(status.StartedAt),
    completedAt: unlessEmpty(status.CompletedAt),
  });
}

/** Docker Engine API, "TaskInspect"; what a task of a Swarm plugin is made from is not told. */
export function toActualTask(task: TaskAnswer, nameOf: NetworkNames): ActualTask {
  const status = task.Status ?? {};
  const container = status.ContainerStatus ?? undefined;
  const state = toTaskState(status.State);
  return compact<ActualTask>({
    id: task.ID,
    serviceId: task.ServiceID ?? "",
    slot: unlessEmpty(task.Slot),
    nodeId: unlessEmpty(task.NodeID),
    state,
    desiredState: toTaskState(task.DesiredState),
    at: status.Timestamp ?? task.CreatedAt ?? "",
    createdAt: task.CreatedAt ?? "",
    message: status.Message ?? "",
    error: status.Err ?? "",
    exitCode: hasEnded(state) ? container?.ExitCode : undefined,
    containerId: unlessEmpty(container?.ContainerID),
    jobIteration: task.JobIteration ? (task.JobIteration.Index ?? 0) : undefined,
    spec: taskWithNetworkNames(task.Spec ?? { ContainerSpec: { Image: "" } }, nameOf),
  });
}

/** A task that has never run has an exit code of 0, too. */
function hasEnded(state: TaskState): boolean {
  return ["complete", "failed", "shutdown", "remove", "orphaned"].includes(state);
}

/** A state that we do not know says nothing good. */
function toTaskState(text: string | undefined): TaskState {
  return taskStates.find((state) => state === text) ?? "new";
}

const nodeStates: readonly ActualNode["state"][] = ["unknown", "down", "ready", "disconnected"];
const availabilities: readonly ActualNode["availability"][] = ["active", "pause", "drain"];

/** Docker Engine API, "NodeInspect". */
export function toActualNode(node: NodeAnswer): ActualNode {
  const { Spec: spec, Description: about } = node;
  const { OS = "", Architecture = "" } = about?.Platform ?? {};
  return {
    id: node.ID,
    hostName: about?.Hostname ?? "",
    role: spec?.Role === "manager" ? "manager" : "worker",
    availability: availabilities.find((one) => one === spec?.Availability) ?? "active",
    state: nodeStates.find((one) => one === node.Status?.State) ?? "unknown",
    labels: spec?.Labels ?? {},
    engineLabels: about?.Engine?.Labels ?? {},
    platform: `${OS}/${Architecture}`,
    address: node.Status?.Addr ?? "",
  };
}

export function toActualNodes(nodes: readonly NodeAnswer[]): readonly ActualNode[] {
  return nodes
    .map(toActualNode)
    .sort((a, b) => compareText(a.hostName, b.hostName) || compareText(a.id, b.id));
}

/** Docker Engine API, "ConfigInspect" and "SecretInspect". */
export function toActualStored(stored: StoredAnswer, owner: Owner): ActualStored {
  const labels = stored.Spec.Labels ?? {};
  return {
    id: stored.ID,
    name: stored.Spec.Name,
    ownership: ownershipOf(labels, owner),
    holdsFiles: labels[labelKeys.content] === "files",
  };
}

/** Tasks of each service, by id. */
export function tasksByService(
  tasks: readonly TaskAnswer[],
  nameOf: NetworkNames,
): ReadonlyMap<string, readonly ActualTask[]> {
  const all = tasks.map((task) => toActualTask(task, nameOf)).sort((a, b) => compareText(a.id, b.id));
  return Map.groupBy(all, ({ serviceId }) => serviceId);
}
