import { applyDevice, applyGpus, readByteRate, readDeviceWeight, readOperationRate } from "./device-flags.ts";
import { adds, type FlagRow, sets, switched, valued } from "./flag-rows.ts";
import {
  integerOf,
  integerOrDefault,
  integerOrUnlimited,
  matching,
  oneItem,
  pairInto,
  type Reader,
  readBoolean,
  readCpus,
  sizeOf,
  sizeOrUnlimited,
  unsigned,
} from "./flag-values.ts";
import { addBind, applyVolume, objectNamePattern } from "./mount-flags.ts";
import { applyMount } from "./mount-option.ts";
import { mark, type RunDraft, refuse } from "./run-draft.ts";
import { applySecurityOption, applyUlimit, isNamespacedParameter, readCapability } from "./security-flags.ts";
import { applyTmpfs } from "./tmpfs-flag.ts";
import { type Word, wordPosition } from "./words.ts";

/** The Engine refuses a memory limit below this. */
const leastMemory = 6 * 1024 * 1024;
const maximum = Number.MAX_SAFE_INTEGER;
const numberList = matching(
  /^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/,
  "a list of numbers",
  "write for example 0-2,5",
);
const cpuSet: Reader<string | null> = (value, draft) => (value.text === "" ? null : numberList(value, draft));
const deviceRule = matching(
  /^[acb] (?:\d+|\*):(?:\d+|\*) [rwm]{1,3}$/,
  "a device rule",
  'write for example "c 42:* rmw"',
);
const volumesFrom = matching(
  /^[a-zA-Z0-9][a-zA-Z0-9_.-]+(?::(?:(?:ro|rw|z|Z|cached|delegated|consistent)(?:,(?!$)|$))+)?$/,
  "a container with mounts",
  "write NAME or NAME:ro",
);

const volumesFromFlag = valued(
  "volumes-from",
  "takes the mounts of another container",
  adds("volumesFrom", oneItem(volumesFrom)),
);

/** Flags about what is mounted. */
export const storageFlags: readonly FlagRow[] = [
  valued(
    "volume",
    "mounts a named volume, a path of the host, or ./files of the repository: [source:]target[:options]",
    applyVolume,
    { short: "v" },
  ),
  valued("mount", "the same as type=…,source=…,target=…", applyMount),
  valued("tmpfs", "mounts memory: path[:options]", applyTmpfs),
  volumesFromFlag,
  valued("volume-driver", "driver of the volumes of -v", (value, draft) => {
    if (value.text === "") delete draft.volumeDriver;
    else if (objectNamePattern.test(value.text.replace(/^.*\//, ""))) draft.volumeDriver = value.text;
    else refuse(draft, value, `"${value.text}" is not a volume driver`);
    mark(draft, "mounts", value);
  }),
  switched(
    "read-only",
    "makes the container's own file system read-only",
    sets("readOnlyRootfs", readBoolean),
  ),
  valued("shm-size", "size of /dev/shm", sets("shmSize", sizeOf(1))),
  valued(
    "storage-opt",
    "option of the storage driver, such as size=10G",
    pairInto("storageOptions", { what: "a storage option" }),
  ),
  switched(
    "use-api-socket",
    "mounts the Engine's socket; credentials of registries are not handed over",
    applyApiSocket,
  ),
];

/** Flags about what the container may do. */
export const securityFlags: readonly FlagRow[] = [
  switched("privileged", "gives the container all rights on the host", sets("privileged", readBoolean)),
  valued("cap-add", "adds a capability", adds("capAdd", oneItem(readCapability))),
  valued("cap-drop", "takes a capability away", adds("capDrop", oneItem(readCapability))),
  valued(
    "security-opt",
    "label, apparmor, seccomp, no-new-privileges, systempaths or writable-cgroups",
    applySecurityOption,
  ),
  valued("device", "device of the host by its path, or by its CDI name", applyDevice),
  valued("gpus", "GPUs: all, how many, or device=…,driver=…,capabilities=…,options=…", applyGpus),
  valued("device-cgroup-rule", "rule for devices by number", adds("deviceCgroupRules", oneItem(deviceRule))),
  valued("ulimit", "resource limit of setrlimit(2)", applyUlimit),
  valued(
    "sysctl",
    "kernel parameter of the container's namespaces",
    pairInto("sysctls", {
      what: "a kernel parameter that a container can have of its own",
      isName: isNamespacedParameter,
    }),
  ),
];

/** Flags about memory and CPU. */
export const resourceFlags: readonly FlagRow[] = [
  valued("memory", "memory limit", sets("memory", sizeOf(leastMemory)), { short: "m" }),
  valued("memory-reservation", "soft memory limit", sets("memoryReservation", sizeOf(leastMemory))),
  valued(
    "memory-swap",
    "limit of memory and swap together, -1 for none",
    sets("memorySwap", sizeOrUnlimited),
  ),
  valued(
    "memory-swappiness",
    "how readily memory is swapped, 0 to 100",
    sets("memorySwappiness", (value, draft) =>
      value.text === "-1" ? null : integerOf(0, 100)(value, draft),
    ),
  ),
  valued("cpus", "number of CPUs", sets("nanoCpus", readCpus)),
  valued("cpu-shares", "relative weight of CPU time", sets("cpuShares", integerOrDefault(2, 262_144)), {
    short: "c",
  }),
  valued(
    "cpu-period",
    "scheduler period in microseconds",
    sets("cpuPeriod", integerOrDefault(1_000, 1_000_000)),
  ),
  valued(
    "cpu-quota",
    "CPU time in each period, in microseconds, -1 for no limit",
    sets("cpuQuota", integerOrUnlimited(1_000, maximum)),
  ),
  valued(
    "cpu-rt-period",
    "real-time scheduler period in microseconds",
    sets("cpuRealtimePeriod", integerOrDefault(1, maximum)),
  ),
  valued(
    "cpu-rt-runtime",
    "real-time CPU time in each period, in microseconds",
    sets("cpuRealtimeRuntime", integerOrDefault(1, maximum)),
  ),
  valued("cpuset-cpus", "CPUs to run on", sets("cpusetCpus", cpuSet), { formerly: ["cpuset"] }),
  valued("cpuset-mems", "memory nodes to use", sets("cpusetMems", cpuSet)),
  valued(
    "pids-limit",
    "largest number of processes, -1 for no limit",
    sets("pidsLimit", integerOrUnlimited(1, maximum)),
  ),
  valued(
    "blkio-weight",
    "relative weight of disk access",
    sets("blkioWeight", unsigned(integerOrDefault(10, 1000))),
  ),
  valued(
    "blkio-weight-device",
    "relative weight of access to one disk",
    adds("blkioWeightDevices", oneItem(readDeviceWeight)),
  ),
  valued(
    "device-read-bps",
    "bytes a second to read from a device",
    adds("deviceReadBps", oneItem(readByteRate)),
  ),
  valued(
    "device-write-bps",
    "bytes a second to write to a device",
    adds("deviceWriteBps", oneItem(readByteRate)),
  ),
  valued(
    "device-read-iops",
    "reads a second from a device",
    adds("deviceReadIops", oneItem(readOperationRate)),
  ),
  valued(
    "device-write-iops",
    "writes a second to a device",
    adds("deviceWriteIops", oneItem(readOperationRate)),
  ),
  switched(
    "oom-kill-disable",
    "does not kill the container without memory",
    sets("oomKillDisable", readBoolean),
  ),
  valued("oom-score-adj", "who is killed first without memory", sets("oomScoreAdj", integerOf(-1000, 1000))),
];

const apiSocket = "/var/run/docker.sock";

/** The docker command hands over the credentials of whoever calls it, too; the reconciler's are its own. */
function applyApiSocket(value: Word, draft: RunDraft): void {
  if (readBoolean(value, draft) !== true) return;
  const place = { target: apiSocket, options: {}, createSource: false, value };
  addBind(apiSocket, place, draft);
  const message = "--use-api-socket mounts the Engine's socket without credentials of registries";
  const hint = `write -v ${apiSocket}:${apiSocket}`;
  draft.scope.sink.warning(wordPosition(value), "no-credentials", message, hint);
}
