import type { Position } from "../lib/diagnostic.ts";
import { judgeImage } from "../model/image-policy.ts";
import type { ContainerSpec, Mount, RestartPolicy } from "../model/workload.ts";
import { finishHealthcheck } from "./container-flags.ts";
import { finishDeviceRequests } from "./device-flags.ts";
import type { DockerRun } from "./docker-run.ts";
import type { StopIdiom } from "./exec-idioms.ts";
import { finishNetwork } from "./finish-network.ts";
import type { FieldName, RunDraft } from "./run-draft.ts";
import type { ServiceSettings } from "./service-settings.ts";
import { wordPosition } from "./words.ts";

/** The container that the line and the directives around it ask for. */
export function finishContainer(run: DockerRun, settings: ServiceSettings, stop: StopIdiom): ContainerSpec {
  const { draft } = run;
  const network = finishNetwork(draft);
  const healthcheck = finishHealthcheck(draft);
  const deviceRequests = finishDeviceRequests(draft);
  const image = readImage(run);
  applyStop(draft, settings, stop);
  checkConflicts(draft, network.kind);
  checkForeground(draft);
  const [first] = run.command;
  if (first) draft.positions["command"] = wordPosition(first);
  return {
    ...draft.fields,
    image,
    ...(first === undefined ? {} : { command: run.command.map((word) => word.text) }),
    environment: Object.fromEntries([...draft.fileVariables, ...draft.variables]),
    labels: Object.fromEntries([...draft.fileLabels, ...draft.labels]),
    restart: readRestart(draft, settings),
    ...(healthcheck === undefined ? {} : { healthcheck }),
    ...(deviceRequests === undefined ? {} : { deviceRequests }),
    ports: [...draft.ports.values()].map(({ binding }) => binding),
    expose: draft.fields.expose ?? [],
    mounts: [...draft.mounts.values()].map((mount) => withDriver(mount, draft)),
    network,
  };
}

/** `--volume-driver` makes the unnamed volumes of `-v`, too; those of `--mount` say their driver themselves. */
function withDriver(mount: Mount, { volumeDriver, unnamedVolumes }: RunDraft): Mount {
  const isMeant = mount.kind === "anonymous" && unnamedVolumes.has(mount.target);
  return isMeant && volumeDriver !== undefined ? { ...mount, driver: volumeDriver } : mount;
}

/** The reference to run; what the image policy says about it is reported at the image. */
function readImage({ draft, image }: DockerRun): string {
  if (image === undefined) return "";
  const { sink, context } = draft.scope;
  const position = wordPosition(image);
  draft.positions["image"] = position;
  const verdict = judgeImage(image.text, context.images);
  if (verdict.error !== undefined) sink.error(position, "image-refused", verdict.error, verdict.hint);
  if (verdict.warning !== undefined) sink.warning(position, "image-policy", verdict.warning, verdict.hint);
  return verdict.reference ?? "";
}

/** `Restart=` and `--restart` may both be there when they agree; without them a container stays stopped. */
function readRestart(draft: RunDraft, settings: ServiceSettings): RestartPolicy {
  const flag = draft.restart;
  const directive = settings.restart;
  const position = directive?.item.position ?? flag?.position;
  if (position) draft.positions["restart"] = position;
  if (flag !== undefined && directive !== undefined && flag.policy.name !== directive.value.name) {
    const message = `--restart contradicts Restart=${directive.item.value.text}`;
    draft.scope.sink.error(flag.position, "conflicting-restart", message, "write only one of them");
  }
  return flag?.policy ?? directive?.value ?? { name: "no" };
}

/**
 * How the container is stopped. The timeout: `docker stop -t` of ExecStop=, then `--stop-timeout`, then TimeoutStopSec=,
 * because Docker lets the command's own time win over the container's, and systemd's only ends the docker command.
 * The signal: `--stop-signal`, then `docker stop/kill -s` of ExecStop=, then KillSignal= if no command stops it.
 */
function applyStop(draft: RunDraft, settings: ServiceSettings, stop: StopIdiom): void {
  const { fields, positions } = draft;
  if (stop.timeoutSeconds !== undefined) {
    fields.stopTimeoutSeconds = stop.timeoutSeconds.value;
    positions["stopTimeoutSeconds"] = wordPosition(stop.timeoutSeconds.word);
  } else if (fields.stopTimeoutSeconds === undefined && settings.stopTimeoutSeconds !== undefined) {
    fields.stopTimeoutSeconds = settings.stopTimeoutSeconds.value;
    positions["stopTimeoutSeconds"] = settings.stopTimeoutSeconds.item.position;
  }
  if (fields.stopSignal !== undefined) return;
  if (stop.signal !== undefined) {
    fields.stopSignal = stop.signal.value;
    positions["stopSignal"] = wordPosition(stop.signal.word);
  } else if (!stop.isExplicit && settings.killSignal !== undefined) {
    fields.stopSignal = settings.killSignal.value;
    positions["stopSignal"] = settings.killSignal.item.position;
  }
}

interface Conflict {
  readonly field: FieldName;
  readonly message: string;
  readonly applies: (draft: RunDraft, network: ContainerSpec["network"]["kind"]) => boolean;
}

function sharedNetwork(field: FieldName, what: string): Conflict {
  return {
    field,
    message: `${what} cannot be combined with the network of another container`,
    applies: (draft, network) => network === "container" && isGiven(draft, field),
  };
}

/** Combinations that the Engine refuses (validation of HostConfig), with the field to point at. */
const conflicts: readonly Conflict[] = [
  sharedNetwork("hostname", "--hostname"),
  sharedNetwork("ports", "--publish"),
  sharedNetwork("publishAll", "--publish-all"),
  sharedNetwork("expose", "--expose"),
  sharedNetwork("links", "--link"),
  sharedNetwork("macAddress", "--mac-address"),
  sharedNetwork("dns", "--dns"),
  sharedNetwork("extraHosts", "--add-host"),
  {
    field: "links",
    message: "--link cannot be combined with the network of the host",
    applies: ({ fields }, network) => network === "host" && fields.links !== undefined,
  },
  {
    field: "hostname",
    message: "--hostname cannot be combined with --uts=host",
    applies: ({ fields }) => fields.hostname !== undefined && fields.utsMode === "host",
  },
  {
    field: "nanoCpus",
    message: "--cpus cannot be combined with --cpu-period or --cpu-quota",
    applies: ({ fields: { nanoCpus, cpuPeriod, cpuQuota } }) =>
      nanoCpus !== undefined && (cpuPeriod !== undefined || cpuQuota !== undefined),
  },
  {
    field: "logging",
    message: "--log-opt cannot be combined with --log-driver none",
    applies: ({ fields: { logging } }) =>
      logging?.driver === "none" && Object.keys(logging.options).length > 0,
  },
  {
    field: "cpuRealtimeRuntime",
    message: "--cpu-rt-runtime is more than --cpu-rt-period",
    applies: ({ fields: { cpuRealtimePeriod, cpuRealtimeRuntime = 0 } }) =>
      cpuRealtimePeriod !== undefined && cpuRealtimeRuntime > cpuRealtimePeriod,
  },
  {
    field: "memorySwap",
    message: "--memory-swap needs --memory",
    applies: ({ fields }) => (fields.memorySwap ?? -1) > 0 && fields.memory === undefined,
  },
  {
    field: "memorySwap",
    message: "--memory-swap is less than --memory, but counts memory and swap together",
    applies: ({ fields: { memory, memorySwap } }) =>
      memory !== undefined && memorySwap !== undefined && memorySwap !== -1 && memorySwap < memory,
  },
  {
    field: "memoryReservation",
    message: "--memory-reservation is more than --memory",
    applies: ({ fields: { memory, memoryReservation } }) =>
      memory !== undefined && memoryReservation !== undefined && memoryReservation > memory,
  },
];

function checkConflicts(draft: RunDraft, network: ContainerSpec["network"]["kind"]): void {
  const { sink } = draft.scope;
  for (const { field, message, applies } of conflicts) {
    const position = draft.positions[field];
    if (position && applies(draft, network))
      sink.error(position, "conflicting-flags", message, "remove one of them");
  }
  const ports = draft.positions["ports"];
  if (network === "host" && ports && draft.ports.size > 0) {
    const message = "ports are not published in the network of the host";
    sink.warning(ports, "ports-without-effect", message, "remove --publish");
  }
}

/** What Docker refuses of flags that have no effect here. */
function checkForeground({ autoRemove, restart, attach, isDetached, scope }: RunDraft): void {
  const report = (position: Position, message: string) =>
    scope.sink.error(position, "conflicting-flags", message, "remove one of them");
  if (autoRemove && restart && restart.policy.name !== "no")
    report(restart.position, "--restart cannot be combined with --rm");
  if (attach && isDetached) report(attach, "--attach cannot be combined with --detach");
}

function isGiven(draft: RunDraft, field: FieldName): boolean {
  return field === "ports" ? draft.ports.size > 0 : draft.fields[field] !== undefined;
}
