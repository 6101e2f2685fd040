import type { CompiledManifest } from "../../../../src/model/compile.ts";
import type { DeviceRate, DeviceRequest } from "../../../../src/model/device.ts";
import type { FileSet } from "../../../../src/model/file-set.ts";
import type { NetworkSpec } from "../../../../src/model/network.ts";
import type { VolumeSpec } from "../../../../src/model/volume.ts";
import type {
  ContainerSpec,
  Healthcheck,
  NetworkMode,
  WorkloadSpec,
} from "../../../../src/model/workload.ts";
import { asSet, type CanonicalStack, compactValue } from "./canonical.ts";
import { mountsOf } from "./our-mounts.ts";

/** What we made of a stack, in Compose's words. */
export function canonicalManifest({
  workloads,
  networks,
  volumes,
  fileSets,
}: CompiledManifest): CanonicalStack {
  const sets = new Map(fileSets.map((set) => [set.name, set]));
  return compactValue({
    services: Object.fromEntries(workloads.map((one) => [one.key.split("/")[1], workloadOf(one, sets)])),
    networks: Object.fromEntries(networks.map((network) => [network.name, networkOf(network)])),
    volumes: Object.fromEntries(volumes.map((volume) => [volume.name, volumeOf(volume)])),
  }) as CanonicalStack;
}

function networkOf(spec: NetworkSpec) {
  const { name: _, origin: __, options, enableIpv6, ipam, external, ...rest } = spec;
  return {
    ...rest,
    external: external || undefined,
    driver_opts: options,
    enable_ipv6: enableIpv6,
    ipam: ipam && {
      driver: ipam.driver,
      options: ipam.options,
      config: ipam.pools.map(({ subnet, ipRange, gateway, auxAddresses }) => ({
        subnet,
        ip_range: ipRange,
        gateway,
        aux_addresses: auxAddresses,
      })),
    },
  };
}

function volumeOf({ external, driver, driverOptions, labels }: VolumeSpec) {
  return { external: external || undefined, driver, driver_opts: driverOptions, labels };
}

function workloadOf(workload: WorkloadSpec, sets: ReadonlyMap<string, FileSet>) {
  const { container: spec, containerNames, dependsOn } = workload;
  const { reservations = {} } = workload.cluster ?? {};
  return {
    ...processOf(spec),
    ...limitsOf(spec),
    ...networkingOf(spec, workload.key.split("/")[1] ?? ""),
    ...mountsOf(spec, sets),
    healthcheck: spec.healthcheck && healthcheckOf(spec.healthcheck),
    containers: containerNames,
    depends_on: Object.fromEntries(
      dependsOn.map(({ workload: key, condition, required, restart }) => [
        key.split("/")[1],
        { condition: conditions[condition], required, restart: restart || undefined },
      ]),
    ),
    deploy: deployOf(workload),
    cpus_reserved: reservations.nanoCpus === undefined ? undefined : reservations.nanoCpus / 1e9,
    generic: reservations.generic,
  };
}

const conditions = {
  started: "service_started",
  healthy: "service_healthy",
  completed: "service_completed_successfully",
} as const;

function processOf(spec: ContainerSpec) {
  const { restart, deviceRequests = [] } = spec;
  const attempts = restart.maximumRetryCount === undefined ? "" : `:${restart.maximumRetryCount}`;
  return {
    image: spec.image,
    command: spec.command,
    entrypoint: spec.entrypoint?.length === 0 ? "the image's is reset" : spec.entrypoint,
    user: spec.user,
    working_dir: spec.workingDir,
    hostname: spec.hostname,
    domainname: spec.domainname,
    init: spec.init,
    tty: spec.tty,
    stdin_open: spec.stdinOpen,
    stop_signal: spec.stopSignal,
    stop_grace_period: spec.stopTimeoutSeconds,
    platform: spec.platform,
    runtime: spec.runtime,
    privileged: spec.privileged,
    read_only: spec.readOnlyRootfs,
    cgroup: spec.cgroupnsMode,
    cgroup_parent: spec.cgroupParent,
    uts: spec.utsMode,
    userns_mode: spec.usernsMode,
    sysctls: spec.sysctls,
    logging: spec.logging,
    annotations: spec.annotations,
    storage_opt: spec.storageOptions,
    labels: spec.labels,
    environment: spec.environment,
    cap_add: asSet(spec.capAdd),
    cap_drop: asSet(spec.capDrop),
    group_add: asSet(spec.groupAdd),
    security_opt: asSet([
      ...(spec.securityOpt ?? []),
      ...(spec.unconfinedSystemPaths ? ["systempaths=unconfined"] : []),
    ]),
    device_cgroup_rules: asSet(spec.deviceCgroupRules),
    devices: asSet([
      ...(spec.devices ?? []).map((one) => `${one.hostPath} ${one.containerPath} ${one.permissions}`),
      ...deviceRequests.flatMap(({ driver, ids = [] }) =>
        driver === "cdi" ? ids.map((id) => `cdi ${id}`) : [],
      ),
    ]),
    gpus: asSet(deviceRequests.filter(({ driver }) => driver !== "cdi").map(requestOf)),
    restart: restart.name === "no" ? undefined : `${restart.name}${attempts}`,
  };
}

function requestOf({ capabilities, count, ids, driver, options }: DeviceRequest) {
  return { capabilities: asSet(capabilities[0]), count, device_ids: ids, driver, options };
}

function limitsOf(spec: ContainerSpec) {
  const rates = (list: readonly DeviceRate[] | undefined) => list?.map(({ path, rate }) => [path, rate]);
  return {
    cpuset: spec.cpusetCpus,
    oom_kill_disable: spec.oomKillDisable,
    oom_score_adj: spec.oomScoreAdj,
    mem_swappiness: spec.memorySwappiness,
    memory: spec.memory,
    memory_reservation: spec.memoryReservation,
    memory_swap: spec.memorySwap,
    cpus: spec.nanoCpus === undefined ? undefined : spec.nanoCpus / 1e9,
    cpu_shares: spec.cpuShares,
    cpu_period: spec.cpuPeriod,
    cpu_quota: spec.cpuQuota,
    cpu_rt_period: spec.cpuRealtimePeriod,
    cpu_rt_runtime: spec.cpuRealtimeRuntime,
    pids: spec.pidsLimit,
    shm_size: spec.shmSize,
    ulimits: Object.fromEntries((spec.ulimits ?? []).map(({ name, soft, hard }) => [name, { soft, hard }])),
    io_weight: spec.blkioWeight,
    io_weights: spec.blkioWeightDevices?.map(({ path, weight }) => [path, weight]),
    io: {
      device_read_bps: rates(spec.deviceReadBps),
      device_write_bps: rates(spec.deviceWriteBps),
      device_read_iops: rates(spec.deviceReadIops),
      device_write_iops: rates(spec.deviceWriteIops),
    },
  };
}

function networkingOf(spec: ContainerSpec, service: string) {
  return {
    ports: asSet(
      spec.ports.map((port) => `${port.hostIp} ${port.hostPort} ${port.containerPort}/${port.protocol}`),
    ),
    expose: asSet(spec.expose),
    dns: spec.dns,
    dns_search: spec.dnsSearch,
    dns_opt: spec.dnsOptions,
    extra_hosts: asSet(spec.extraHosts?.map((line) => line.replace(":", "="))),
    links: asSet(spec.links),
    ipc: spec.ipcMode,
    pid: spec.pidMode,
    ...networksOf(spec.network, spec.macAddress, service),
  };
}

function networksOf(network: NetworkMode, mac: string | undefined, service: string) {
  if (network.kind === "container") return { network_mode: `container:${network.container}` };
  if (network.kind === "workload")
    return { network_mode: `container:shop-${network.workload.split("/")[1]}-1` };
  if (network.kind !== "networks")
    return { network_mode: network.kind === "default" ? "bridge" : network.kind };
  const endpoints = network.attachments.map((one, index) => [
    one.network,
    {
      on: true,
      aliases: asSet(one.aliases.filter((alias) => alias !== service)),
      ipv4_address: one.ipv4,
      ipv6_address: one.ipv6,
      link_local_ips: one.linkLocalIps,
      driver_opts: one.driverOptions,
      gw_priority: one.gatewayPriority || undefined,
      mac_address: index === 0 ? mac : one.macAddress,
    },
  ]);
  return { networks: Object.fromEntries(endpoints) };
}

function healthcheckOf(check: Healthcheck) {
  if (check.kind === "none") return { off: true };
  const seconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000);
  return {
    test: check.test,
    retries: check.retries,
    interval: seconds(check.intervalMs),
    timeout: seconds(check.timeoutMs),
    start_period: seconds(check.startPeriodMs),
    start_interval: seconds(check.startIntervalMs),
  };
}

/** One at a time is what happens unless something is declared. */
export function parallel(count: number | undefined): number | string | undefined {
  if (count === 1) return undefined;
  return count === 0 || count === Number.POSITIVE_INFINITY ? "all" : count;
}

function deployOf({ cluster = {}, update }: WorkloadSpec) {
  const seconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000);
  const { rollback, restart } = cluster;
  return {
    mode: cluster.mode,
    endpoint_mode: cluster.endpointMode,
    labels: cluster.labels,
    constraints: asSet(cluster.placement?.constraints),
    spread: cluster.placement?.spread,
    max_replicas_per_node: cluster.placement?.maxReplicasPerNode,
    update: {
      parallelism: parallel(update.parallelism),
      delay: update.delayMs === 0 ? undefined : seconds(update.delayMs),
      order: update.order === "auto" ? undefined : update.order,
      monitor: seconds(update.monitorMs),
      failure_action: cluster.update?.failureAction,
      max_failure_ratio: cluster.update?.maxFailureRatio,
    },
    rollback: rollback && {
      parallelism: parallel(rollback.parallelism),
      delay: seconds(rollback.delayMs),
      order: rollback.order,
      monitor: seconds(rollback.monitorMs),
      failure_action: rollback.failureAction,
      max_failure_ratio: rollback.maxFailureRatio,
    },
    restart: restart && {
      condition: restart.condition,
      delay: seconds(restart.delayMs),
      max_attempts: restart.maxAttempts,
      window: seconds(restart.windowMs),
    },
  };
}
