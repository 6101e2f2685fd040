import type { DeviceRate, DeviceRequest } from "../../model/device.ts";
import type { ContainerSpec, Healthcheck, PortBinding } from "../../model/workload.ts";

/** Fields that need more than their own value: they are written elsewhere. */
type Special =
  | "image"
  | "imageLock"
  | "command"
  | "entrypoint"
  | "mounts"
  | "network"
  | "macAddress"
  | "restart"
  | "volumesFrom";

type Plain = Exclude<keyof ContainerSpec, Special>;

type Writers = {
  readonly [Field in Plain]: (value: NonNullable<ContainerSpec[Field]>) => readonly string[];
};

/** The flags of `docker run` for each field of a container, in the order in which they are written. */
const writers: Writers = {
  platform: one("--platform"),
  hostname: one("--hostname"),
  domainname: one("--domainname"),
  user: one("--user"),
  groupAdd: each("--group-add"),
  workingDir: one("--workdir"),
  init: toggle("--init"),
  tty: toggle("--tty"),
  stdinOpen: toggle("--interactive"),
  environment: pairs("--env"),
  labels: pairs("--label"),
  annotations: pairs("--annotation"),
  stopSignal: one("--stop-signal"),
  stopTimeoutSeconds: one("--stop-timeout"),
  healthcheck: healthFlags,
  ports: (ports) => ports.flatMap((port) => ["--publish", portText(port)]),
  expose: each("--expose"),
  publishAll: toggle("--publish-all"),
  links: each("--link"),
  extraHosts: each("--add-host"),
  dns: each("--dns"),
  dnsSearch: each("--dns-search"),
  dnsOptions: each("--dns-option"),
  privileged: toggle("--privileged"),
  readOnlyRootfs: toggle("--read-only"),
  capAdd: each("--cap-add"),
  capDrop: each("--cap-drop"),
  securityOpt: each("--security-opt"),
  unconfinedSystemPaths: (value) => (value ? ["--security-opt", "systempaths=unconfined"] : []),
  devices: (devices) =>
    devices.flatMap((device) => [
      "--device",
      `${device.hostPath}:${device.containerPath}:${device.permissions}`,
    ]),
  deviceCgroupRules: each("--device-cgroup-rule"),
  deviceRequests: (requests) => requests.flatMap((request) => ["--gpus", requestText(request)]),
  ulimits: (ulimits) => ulimits.flatMap(({ name, soft, hard }) => ["--ulimit", `${name}=${soft}:${hard}`]),
  sysctls: pairs("--sysctl"),
  logging: ({ driver, options }) => [
    ...(driver === undefined ? [] : ["--log-driver", driver]),
    ...pairs("--log-opt")(options),
  ],
  runtime: one("--runtime"),
  ipcMode: one("--ipc"),
  pidMode: one("--pid"),
  utsMode: one("--uts"),
  usernsMode: one("--userns"),
  cgroupnsMode: one("--cgroupns"),
  cgroupParent: one("--cgroup-parent"),
  memory: one("--memory"),
  memoryReservation: one("--memory-reservation"),
  memorySwap: one("--memory-swap"),
  memorySwappiness: one("--memory-swappiness"),
  nanoCpus: (value) => ["--cpus", String(value / 1e9)],
  cpuShares: one("--cpu-shares"),
  cpuPeriod: one("--cpu-period"),
  cpuQuota: one("--cpu-quota"),
  cpuRealtimePeriod: one("--cpu-rt-period"),
  cpuRealtimeRuntime: one("--cpu-rt-runtime"),
  cpusetCpus: one("--cpuset-cpus"),
  cpusetMems: one("--cpuset-mems"),
  pidsLimit: one("--pids-limit"),
  blkioWeight: one("--blkio-weight"),
  blkioWeightDevices: (devices) =>
    devices.flatMap(({ path, weight }) => ["--blkio-weight-device", `${path}:${weight}`]),
  deviceReadBps: rates("--device-read-bps"),
  deviceWriteBps: rates("--device-write-bps"),
  deviceReadIops: rates("--device-read-iops"),
  deviceWriteIops: rates("--device-write-iops"),
  oomKillDisable: toggle("--oom-kill-disable"),
  oomScoreAdj: one("--oom-score-adj"),
  shmSize: one("--shm-size"),
  storageOptions: pairs("--storage-opt"),
};

/** The flags for all fields that a flag of their own says. */
export function plainFlags(container: ContainerSpec): readonly string[] {
  return (Object.keys(writers) as Plain[]).flatMap((field) => writeField(field, container));
}

function writeField<Field extends Plain>(field: Field, container: ContainerSpec): readonly string[] {
  const value = container[field];
  return value === undefined ? [] : writers[field](value);
}

function one(flag: string) {
  return (value: string | number): readonly string[] => [flag, String(value)];
}

function each(flag: string) {
  return (values: readonly string[]): readonly string[] => values.flatMap((value) => [flag, value]);
}

/** A switch that is off may still differ from what the image or the Engine would choose. */
function toggle(flag: string) {
  return (value: boolean): readonly string[] => [value ? flag : `${flag}=false`];
}

function pairs(flag: string) {
  return (values: Readonly<Record<string, string>>): readonly string[] =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
}

function rates(flag: string) {
  return (values: readonly DeviceRate[]): readonly string[] =>
    values.flatMap(({ path, rate }) => [flag, `${path}:${rate}`]);
}

function healthFlags(check: Healthcheck): readonly string[] {
  if (check.kind === "none") return ["--no-healthcheck"];
  const [form, ...words] = check.test ?? [];
  const command = form === "CMD" ? words.map(quoteForShell).join(" ") : (words[0] ?? "");
  const times = [
    ["--health-interval", check.intervalMs],
    ["--health-timeout", check.timeoutMs],
    ["--health-start-period", check.startPeriodMs],
    ["--health-start-interval", check.startIntervalMs],
  ] as const;
  return [
    ...(form === undefined ? [] : ["--health-cmd", command]),
    ...times.flatMap(([flag, ms]) => (ms === undefined ? [] : [flag, `${ms}ms`])),
    ...(check.retries === undefined ? [] : ["--health-retries", String(check.retries)]),
  ];
}

/** `--health-cmd` has a shell between itself and the program. */
function quoteForShell(word: string): string {
  return /^[A-Za-z0-9_.,:/=@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function portText({ hostIp, hostPort, containerPort, protocol }: PortBinding): string {
  const address = hostIp.includes(":") ? `[${hostIp}]` : hostIp;
  const inside = `${containerPort}/${protocol}`;
  if (address !== "") return `${address}:${hostPort}:${inside}`;
  return hostPort === "" ? inside : `${hostPort}:${inside}`;
}

/** The value of `--gpus`, which is read as a line of CSV. */
function requestText({ driver, count, ids, capabilities, options }: DeviceRequest): string {
  const fields = [
    ...(driver === undefined ? [] : [`driver=${driver}`]),
    ...(count === undefined ? [] : [`count=${count === -1 ? "all" : count}`]),
    ...(ids === undefined ? [] : [`device=${ids.join(",")}`]),
    ...capabilities
      .slice(0, 1)
      .map((names) => `capabilities=${names.filter((name) => name !== "gpu").join(",")}`),
    ...(Object.keys(options).length === 0
      ? []
      : [
          `options=${Object.entries(options)
            .map(([name, value]) => `${name}=${value}`)
            .join(",")}`,
        ]),
  ].filter((field) => !field.endsWith("="));
  return fields.map((field) => (field.includes(",") ? `"${field}"` : field)).join(",");
}
