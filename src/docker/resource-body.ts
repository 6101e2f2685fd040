import { compact } from "../lib/records.ts";
import type { DeviceRate } from "../model/device.ts";
import type { ContainerSpec } from "../model/workload.ts";
import { capabilityName } from "./actual-limits.ts";
import type { InspectHostConfig, InspectRate } from "./inspect-types.ts";

export function securitySettings(spec: ContainerSpec): InspectHostConfig {
  return compact<InspectHostConfig>({
    Privileged: spec.privileged,
    ReadonlyRootfs: spec.readOnlyRootfs,
    CapAdd: spec.capAdd?.map(capabilityName),
    CapDrop: spec.capDrop?.map(capabilityName),
    SecurityOpt: spec.securityOpt,
    GroupAdd: spec.groupAdd,
    Devices: spec.devices?.map((device) => ({
      PathOnHost: device.hostPath,
      PathInContainer: device.containerPath,
      CgroupPermissions: device.permissions,
    })),
    DeviceCgroupRules: spec.deviceCgroupRules,
    DeviceRequests: spec.deviceRequests?.map((request) => ({
      Driver: request.driver ?? "",
      Count: request.count ?? 0,
      DeviceIDs: request.ids ?? [],
      Capabilities: request.capabilities,
      Options: request.options,
    })),
    MaskedPaths: spec.unconfinedSystemPaths === true ? [] : undefined,
    ReadonlyPaths: spec.unconfinedSystemPaths === true ? [] : undefined,
    Ulimits: spec.ulimits?.map((limit) => ({ Name: limit.name, Soft: limit.soft, Hard: limit.hard })),
    Sysctls: spec.sysctls,
  });
}

export function resourceSettings(spec: ContainerSpec): InspectHostConfig {
  return compact<InspectHostConfig>({
    Memory: spec.memory,
    MemoryReservation: spec.memoryReservation,
    MemorySwap: spec.memorySwap,
    MemorySwappiness: spec.memorySwappiness === -1 ? undefined : spec.memorySwappiness,
    NanoCpus: spec.nanoCpus,
    CpuShares: spec.cpuShares,
    CpuPeriod: spec.cpuPeriod,
    CpuQuota: spec.cpuQuota,
    CpusetCpus: spec.cpusetCpus,
    CpusetMems: spec.cpusetMems,
    PidsLimit: positive(spec.pidsLimit),
    CpuRealtimePeriod: spec.cpuRealtimePeriod,
    CpuRealtimeRuntime: spec.cpuRealtimeRuntime,
    BlkioWeight: spec.blkioWeight,
    BlkioWeightDevice: spec.blkioWeightDevices?.map(({ path, weight }) => ({ Path: path, Weight: weight })),
    BlkioDeviceReadBps: spec.deviceReadBps?.map(rateBody),
    BlkioDeviceWriteBps: spec.deviceWriteBps?.map(rateBody),
    BlkioDeviceReadIOps: spec.deviceReadIops?.map(rateBody),
    BlkioDeviceWriteIOps: spec.deviceWriteIops?.map(rateBody),
    OomKillDisable: spec.oomKillDisable,
    OomScoreAdj: spec.oomScoreAdj,
    ShmSize: spec.shmSize,
  });
}

function rateBody({ path, rate }: DeviceRate): InspectRate {
  return { Path: path, Rate: rate };
}

/** "Without limit" has several spellings, of which the Engine keeps none. */
function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}
