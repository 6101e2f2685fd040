import { adds, type FlagRow, sets, switched, valued } from "./flag-rows.ts";
import {
  integerOf,
  integerOrDefault,
  matching,
  oneItem,
  pairInto,
  readBoolean,
  readCpus,
  sizeOf,
  sizeOrUnlimited,
} from "./flag-values.ts";
import { applyTmpfs, applyVolume, objectNamePattern } from "./mount-flags.ts";
import { applyMount } from "./mount-option.ts";
import { mark, refuse } from "./run-draft.ts";
import { readCapability, readDevice, readSecurityOption, readUlimit } from "./security-flags.ts";

/** The Engine refuses a memory limit below this. */
const leastMemory = 6 * 1024 * 1024;
const maximum = Number.MAX_SAFE_INTEGER;
const cpuSet = matching(/^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/, "a list of numbers", "write for example 0-2,5");
const deviceRule = matching(
  /^[acb] (?:\d+|\*):(?:\d+|\*) [rwm]{1,3}$/,
  "a device rule",
  'write for example "c 42:* rmw"',
);
const volumesFrom = matching(
  /^[a-zA-Z0-9][a-zA-Z0-9_.-]+(?::(?:ro|rw|z|Z)(?:,(?:ro|rw|z|Z))*)?$/,
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
  valued("volume-driver", "driver of the named volumes of -v", (value, draft) => {
    if (objectNamePattern.test(value.text.replace(/^.*\//, ""))) draft.volumeDriver = value.text;
    else refuse(draft, value, `"${value.text}" is not a volume driver`);
    mark(draft, "mounts", value);
  }),
  switched(
    "read-only",
    "makes the container's own file system read-only",
    sets("readOnlyRootfs", readBoolean),
  ),
  valued("shm-size", "size of /dev/shm", sets("shmSize", sizeOf(1))),
];

/** Flags about what the container may do. */
export const securityFlags: readonly FlagRow[] = [
  switched("privileged", "gives the container all rights on the host", sets("privileged", readBoolean)),
  valued("cap-add", "adds a capability", adds("capAdd", oneItem(readCapability))),
  valued("cap-drop", "takes a capability away", adds("capDrop", oneItem(readCapability))),
  valued(
    "security-opt",
    "label, apparmor, seccomp or no-new-privileges",
    adds("securityOpt", oneItem(readSecurityOption)),
  ),
  valued("device", "device of the host", adds("devices", oneItem(readDevice))),
  valued("device-cgroup-rule", "rule for devices by number", adds("deviceCgroupRules", oneItem(deviceRule))),
  valued("ulimit", "resource limit of setrlimit(2)", adds("ulimits", oneItem(readUlimit))),
  valued("sysctl", "kernel parameter of the container's namespaces", (value, draft) => {
    pairInto("sysctls", "a kernel parameter")(value, draft);
    mark(draft, "sysctls", value);
  }),
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
  valued("cpu-shares", "relative weight of CPU time", sets("cpuShares", integerOrDefault(1, 262_144)), {
    short: "c",
  }),
  valued(
    "cpu-period",
    "scheduler period in microseconds",
    sets("cpuPeriod", integerOrDefault(1_000, 1_000_000)),
  ),
  valued(
    "cpu-quota",
    "CPU time in each period, in microseconds",
    sets("cpuQuota", integerOrDefault(1_000, maximum)),
  ),
  valued("cpuset-cpus", "CPUs to run on", sets("cpusetCpus", cpuSet), { aliases: ["cpuset"] }),
  valued("cpuset-mems", "memory nodes to use", sets("cpusetMems", cpuSet)),
  valued(
    "pids-limit",
    "largest number of processes, -1 for no limit",
    sets("pidsLimit", integerOrDefault(-1, maximum)),
  ),
  valued("blkio-weight", "relative weight of disk access", sets("blkioWeight", integerOrDefault(10, 1000))),
  switched(
    "oom-kill-disable",
    "does not kill the container without memory",
    sets("oomKillDisable", readBoolean),
  ),
  valued("oom-score-adj", "who is killed first without memory", sets("oomScoreAdj", integerOf(-1000, 1000))),
];
