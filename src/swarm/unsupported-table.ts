import type { ContainerSpec } from "../model/workload.ts";

/** What a container can have and a service cannot, in the words of `docker run` and of compose files. */
export interface UnsupportedField {
  readonly field: keyof ContainerSpec;
  /** Of `docker run`. */
  readonly flag: string;
  /** Of a compose file, below the service. */
  readonly key: string;
  /** What to write instead. */
  readonly hint: string;
  /** Whether the value asks for it; a value that is the default anyway does not. */
  readonly asks: (spec: ContainerSpec) => boolean;
}

const never = "remove it, or run the workload on an Engine of its own";
const everyNode = "configure the daemon of every node instead";

/**
 * Fields without a counterpart in the Engine's `ServiceSpec` (API 1.51; `docker service create` has no flag for them, and
 * `docker stack deploy` ignores their keys with a warning).
 */
export const unsupportedFields: readonly UnsupportedField[] = [
  given(
    "privileged",
    "--privileged",
    "privileged",
    "add the capabilities it needs with --cap-add or cap_add",
    isOn,
  ),
  given(
    "devices",
    "--device",
    "devices",
    "mount the device's path, or reserve generic resources of the nodes",
  ),
  given(
    "deviceRequests",
    "--gpus",
    "gpus",
    "reserve generic resources of the nodes: deploy.resources.reservations.generic_resources",
  ),
  given("deviceCgroupRules", "--device-cgroup-rule", "device_cgroup_rules", never),
  given("macAddress", "--mac-address", "mac_address", never),
  given("domainname", "--domainname", "domainname", "write the full name as host name"),
  given("links", "--link", "links", "put both on one network: services find each other by name"),
  given("volumesFrom", "--volumes-from", "volumes_from", "name the volumes"),
  given("publishAll", "--publish-all", "", "publish the ports by number", isOn),
  given("pidMode", "--pid", "pid", never),
  given("ipcMode", "--ipc", "ipc", never, (value) => value !== "private"),
  given("utsMode", "--uts", "uts", never),
  given("usernsMode", "--userns", "userns_mode", everyNode),
  given("cgroupnsMode", "--cgroupns", "cgroup", everyNode),
  given("cgroupParent", "--cgroup-parent", "cgroup_parent", everyNode),
  given("annotations", "--annotation", "annotations", "write labels", isFilled),
  given("storageOptions", "--storage-opt", "storage_opt", everyNode, isFilled),
  given(
    "unconfinedSystemPaths",
    "--security-opt systempaths=unconfined",
    "security_opt: systempaths=unconfined",
    "add the capabilities it needs with --cap-add or cap_add",
    isOn,
  ),
  given("runtime", "--runtime", "runtime", everyNode),
  given(
    "shmSize",
    "--shm-size",
    "shm_size",
    "mount a tmpfs on /dev/shm: type=tmpfs,target=/dev/shm,tmpfs-size=…",
  ),
  {
    ...given(
      "memorySwap",
      "--memory-swap",
      "memswap_limit",
      "remove it: swap is as much as memory, as by default",
    ),
    asks: ({ memory = 0, memorySwap = 0 }) => memorySwap !== 0 && memorySwap !== memory * 2,
  },
  given("memorySwappiness", "--memory-swappiness", "mem_swappiness", everyNode, (value) => value !== -1),
  given("cpuShares", "--cpu-shares", "cpu_shares", "limit with --cpus or deploy.resources.limits.cpus", isOn),
  given("cpuQuota", "--cpu-quota", "cpu_quota", "limit with --cpus or deploy.resources.limits.cpus", isOn),
  given("cpuPeriod", "--cpu-period", "cpu_period", "limit with --cpus or deploy.resources.limits.cpus", isOn),
  given("cpusetCpus", "--cpuset-cpus", "cpuset", "limit with --cpus or deploy.resources.limits.cpus"),
  given("cpusetMems", "--cpuset-mems", "", never),
  given("cpuRealtimePeriod", "--cpu-rt-period", "cpu_rt_period", never, isOn),
  given("cpuRealtimeRuntime", "--cpu-rt-runtime", "cpu_rt_runtime", never, isOn),
  given("blkioWeight", "--blkio-weight", "blkio_config", never, isOn),
  given("blkioWeightDevices", "--blkio-weight-device", "blkio_config.weight_device", never),
  given("deviceReadBps", "--device-read-bps", "blkio_config.device_read_bps", never),
  given("deviceWriteBps", "--device-write-bps", "blkio_config.device_write_bps", never),
  given("deviceReadIops", "--device-read-iops", "blkio_config.device_read_iops", never),
  given("deviceWriteIops", "--device-write-iops", "blkio_config.device_write_iops", never),
  given("oomKillDisable", "--oom-kill-disable", "oom_kill_disable", "limit or reserve memory", isOn),
];

function given<K extends keyof ContainerSpec>(
  field: K,
  flag: string,
  key: string,
  hint: string,
  asks: (value: NonNullable<ContainerSpec[K]>) => boolean = isGiven,
): UnsupportedField {
  return {
    ...{ field, flag, key, hint },
    asks(spec) {
      const value = spec[field];
      return value !== undefined && value !== null && asks(value);
    },
  };
}

function isGiven(value: unknown): boolean {
  if (value === "") return false;
  return !Array.isArray(value) || value.length > 0;
}

function isFilled(value: object): boolean {
  return Object.keys(value).length > 0;
}

function isOn(value: unknown): boolean {
  return value !== false && value !== 0;
}
