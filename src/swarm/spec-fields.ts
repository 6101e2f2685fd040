import { formatBytes } from "../lib/bytes.ts";
import { formatDuration } from "../lib/duration.ts";
import type { ServiceSpec, TaskSpec, UpdateConfig } from "../model/service-spec.ts";
import { containerFields } from "./container-fields.ts";
import { type Field, plainText, restFields } from "./field-values.ts";

/** A service in its canonical form as named fields, each with its text for people and the place that declares it. */

const known = {
  spec: [
    ...["Name", "Labels", "TaskTemplate", "Mode", "UpdateConfig", "RollbackConfig", "EndpointSpec"],
  ] as const,
  task: [
    ...["ContainerSpec", "Resources", "RestartPolicy", "Placement", "Networks", "LogDriver"],
    ...["ForceUpdate", "Runtime"],
  ] as const,
};

export function specFields(spec: ServiceSpec): readonly Field[] {
  const { TaskTemplate: task } = spec;
  return [
    ...containerFields(task.ContainerSpec ?? { Image: "" }),
    ...modeFields(spec),
    ...endpointFields(spec),
    ...networkFields(task),
    ...resourceFields(task),
    ...restartFields(task),
    ...placementFields(task),
    ...logFields(task),
    ...labelFields(spec),
    ...updateFields("update", "update", spec.UpdateConfig),
    ...updateFields("rollback", "cluster.rollback", spec.RollbackConfig),
    ...restFields(spec, known.spec),
    ...restFields(task, known.task),
  ];
}

function modeFields({ Mode }: ServiceSpec): Field[] {
  const place = "cluster.mode";
  if (Mode?.Global !== undefined) return [{ name: "mode", text: "global", place }];
  if (Mode?.GlobalJob !== undefined) return [{ name: "mode", text: "global-job", place }];
  if (Mode?.ReplicatedJob !== undefined) {
    const { MaxConcurrent = 1, TotalCompletions = 1 } = Mode.ReplicatedJob;
    return [
      { name: "mode", text: "replicated-job", place },
      { name: "runs", text: String(TotalCompletions), place: "replicas" },
      { name: "runs at once", text: String(MaxConcurrent), place: "replicas" },
    ];
  }
  return [
    { name: "mode", text: "replicated", place },
    { name: "replicas", text: String(Mode?.Replicated?.Replicas ?? 1), place: "replicas" },
  ];
}

function endpointFields({ EndpointSpec }: ServiceSpec): Field[] {
  const ports = (EndpointSpec?.Ports ?? []).map((port) => {
    const published = port.PublishedPort === undefined ? "" : `${port.PublishedPort}:`;
    const mode = port.PublishMode === "host" ? " (host)" : "";
    return `${published}${port.TargetPort}/${port.Protocol ?? "tcp"}${mode}`;
  });
  return [
    ...(EndpointSpec?.Mode === undefined
      ? []
      : [{ name: "endpoint mode", text: EndpointSpec.Mode, place: "cluster.endpointMode" }]),
    ...(ports.length === 0 ? [] : [{ name: "ports", text: ports.join(", "), place: "ports" }]),
    ...restFields(EndpointSpec ?? {}, ["Mode", "Ports"]),
  ];
}

function networkFields({ Networks = [] }: TaskSpec): Field[] {
  return Networks.map(({ Target, Aliases = [], DriverOpts }) => {
    const parts = [
      ...(Aliases.length === 0 ? [] : [`aliases ${Aliases.join(", ")}`]),
      ...(DriverOpts === undefined ? [] : [`options ${plainText(DriverOpts)}`]),
    ];
    return { name: `network ${Target}`, text: parts.join(", ") || "attached", place: "network" };
  });
}

function resourceFields({ Resources }: TaskSpec): Field[] {
  const { Limits: limits, Reservations: reserved } = Resources ?? {};
  const cores = (name: string, value: number | undefined, place: string) =>
    one(name, value, place, (n) => String(n / 1e9));
  const bytes = (name: string, value: number | undefined, place: string) =>
    one(name, value, place, formatBytes);
  return [
    ...cores("cpus", limits?.NanoCPUs, "nanoCpus"),
    ...bytes("memory", limits?.MemoryBytes, "memory"),
    ...one("pids limit", limits?.Pids, "pidsLimit", String),
    ...cores("reserved cpus", reserved?.NanoCPUs, "cluster.reservations"),
    ...bytes("memory reservation", reserved?.MemoryBytes, "memoryReservation"),
    ...one("generic resources", reserved?.GenericResources, "cluster.reservations", genericText),
    ...restFields(Resources ?? {}, ["Limits", "Reservations"]),
    ...restFields(limits ?? {}, ["NanoCPUs", "MemoryBytes", "Pids"]),
    ...restFields(reserved ?? {}, ["NanoCPUs", "MemoryBytes", "GenericResources"]),
  ];
}

type Generic = NonNullable<
  NonNullable<NonNullable<TaskSpec["Resources"]>["Reservations"]>["GenericResources"]
>;

function genericText(resources: Generic): string {
  return resources
    .map((resource) => {
      const spec =
        "NamedResourceSpec" in resource ? resource.NamedResourceSpec : resource.DiscreteResourceSpec;
      return `${spec?.Kind}=${spec?.Value}`;
    })
    .join(", ");
}

function restartFields({ RestartPolicy: policy }: TaskSpec): Field[] {
  const place = "restart";
  return [
    ...one("restart policy", policy?.Condition, place, String),
    ...one("restart attempts", policy?.MaxAttempts, place, String),
    ...one("restart delay", policy?.Delay, place, span),
    ...one("restart window", policy?.Window, place, span),
  ];
}

function placementFields({ Placement }: TaskSpec): Field[] {
  const place = "cluster.placement";
  return [
    ...one("constraints", Placement?.Constraints, place, (texts) => texts.join(", ")),
    ...one("spread", Placement?.Preferences, place, (preferences) =>
      preferences.map(({ Spread }) => Spread?.SpreadDescriptor ?? "").join(", "),
    ),
    ...one("replicas per node", Placement?.MaxReplicas, place, String),
    ...one("platform", Placement?.Platforms, "platform", (platforms) =>
      platforms.map(({ OS = "", Architecture = "" }) => `${OS}/${Architecture}`).join(", "),
    ),
    ...restFields(Placement ?? {}, ["Constraints", "Preferences", "MaxReplicas", "Platforms"]),
  ];
}

function logFields({ LogDriver }: TaskSpec): Field[] {
  return one("logging", LogDriver, "logging", ({ Name = "default", Options = {} }) =>
    [Name, ...Object.entries(Options).map(([key, value]) => `${key}=${value}`)].join(" "),
  );
}

function labelFields({ Labels = {} }: ServiceSpec): Field[] {
  return Object.entries(Labels).map(([key, value]) => ({
    name: `service label ${key}`,
    text: value,
    place: "cluster.labels",
  }));
}

/** `all` is how the API's 0 reads. */
function updateFields(what: string, place: string, config: UpdateConfig | undefined): Field[] {
  return [
    ...one(`${what} order`, config?.Order, place, String),
    ...one(`${what} parallelism`, config?.Parallelism, place, (count) =>
      count === 0 ? "all" : String(count),
    ),
    ...one(`${what} delay`, config?.Delay, place, span),
    ...one(`${what} monitor`, config?.Monitor, place, span),
    ...one(`${what} failure action`, config?.FailureAction, place, String),
    ...one(`${what} failure ratio`, config?.MaxFailureRatio, place, String),
  ];
}

function one<T>(name: string, value: T | undefined, place: string, text: (value: T) => string): Field[] {
  return value === undefined ? [] : [{ name, text: text(value), place }];
}

function span(value: number): string {
  return formatDuration(value / 1e6);
}
