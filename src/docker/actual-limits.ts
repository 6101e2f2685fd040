import { compact } from "../lib/records.ts";
import type { DeviceRate, DeviceRequest } from "../model/device.ts";
import type { InspectHostConfig, InspectRate } from "./inspect-types.ts";
import { unlessEmpty } from "./unset.ts";

/** What a container may do and use, in the model's terms (Docker Engine API, "ContainerInspect", `HostConfig`). */
export function securitySettings(host: InspectHostConfig) {
  const relaxed = host.Privileged === true || host.IpcMode === "host" || host.PidMode === "host";
  const options = (host.SecurityOpt ?? []).filter(
    (option) => !(relaxed && /^label[=:]disable$/.test(option)),
  );
  return {
    privileged: unlessEmpty(host.Privileged),
    readOnlyRootfs: unlessEmpty(host.ReadonlyRootfs),
    capAdd: unlessEmpty(host.CapAdd?.map(capabilityName)),
    capDrop: unlessEmpty(host.CapDrop?.map(capabilityName)),
    securityOpt: unlessEmpty(options),
    groupAdd: unlessEmpty(host.GroupAdd),
    devices: unlessEmpty(
      (host.Devices ?? []).map((device) => ({
        hostPath: device.PathOnHost ?? "",
        containerPath: device.PathInContainer ?? "",
        permissions: device.CgroupPermissions ?? "",
      })),
    ),
    deviceCgroupRules: unlessEmpty(host.DeviceCgroupRules),
    deviceRequests: unlessEmpty((host.DeviceRequests ?? []).map(toDeviceRequest)),
    unconfinedSystemPaths:
      host.MaskedPaths?.length === 0 && host.ReadonlyPaths?.length === 0 ? true : undefined,
    ulimits: unlessEmpty(
      (host.Ulimits ?? []).map((limit) => ({
        name: limit.Name ?? "",
        soft: limit.Soft ?? 0,
        hard: limit.Hard ?? 0,
      })),
    ),
    sysctls: unlessEmpty(host.Sysctls),
  };
}

/** `net_admin` → `CAP_NET_ADMIN`; `ALL` stays. */
export function capabilityName(name: string): string {
  const upper = name.toUpperCase();
  return upper === "ALL" || upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
}

type InspectRequest = NonNullable<InspectHostConfig["DeviceRequests"]>[number];

function toDeviceRequest(request: InspectRequest): DeviceRequest {
  return compact<DeviceRequest>({
    driver: unlessEmpty(request.Driver),
    count: unlessEmpty(request.Count),
    ids: unlessEmpty(request.DeviceIDs),
    capabilities: request.Capabilities ?? [],
    options: request.Options ?? {},
  });
}

function toRates(rates: readonly InspectRate[] | null | undefined): readonly DeviceRate[] | undefined {
  return unlessEmpty((rates ?? []).map(({ Path = "", Rate = 0 }) => ({ path: Path, rate: Rate })));
}

/** Swap at twice the memory is what the Engine makes of an absent limit; negative numbers stand for "none" or "unset". */
export function resourceSettings(host: InspectHostConfig) {
  const isDefaultSwap = host.MemorySwap === 2 * (host.Memory ?? 0);
  const swappiness = host.MemorySwappiness;
  const pids = host.PidsLimit ?? 0;
  return {
    memory: unlessEmpty(host.Memory),
    memoryReservation: unlessEmpty(host.MemoryReservation),
    memorySwap: isDefaultSwap ? undefined : unlessEmpty(host.MemorySwap),
    memorySwappiness: swappiness === null || swappiness === -1 ? undefined : swappiness,
    nanoCpus: unlessEmpty(host.NanoCpus),
    cpuShares: unlessEmpty(host.CpuShares),
    cpuPeriod: unlessEmpty(host.CpuPeriod),
    cpuQuota: unlessEmpty(host.CpuQuota),
    cpusetCpus: unlessEmpty(host.CpusetCpus),
    cpusetMems: unlessEmpty(host.CpusetMems),
    pidsLimit: pids > 0 ? pids : undefined,
    cpuRealtimePeriod: unlessEmpty(host.CpuRealtimePeriod),
    cpuRealtimeRuntime: unlessEmpty(host.CpuRealtimeRuntime),
    blkioWeight: unlessEmpty(host.BlkioWeight),
    blkioWeightDevices: unlessEmpty(
      (host.BlkioWeightDevice ?? []).map(({ Path = "", Weight = 0 }) => ({ path: Path, weight: Weight })),
    ),
    deviceReadBps: toRates(host.BlkioDeviceReadBps),
    deviceWriteBps: toRates(host.BlkioDeviceWriteBps),
    deviceReadIops: toRates(host.BlkioDeviceReadIOps),
    deviceWriteIops: toRates(host.BlkioDeviceWriteIOps),
    oomKillDisable: unlessEmpty(host.OomKillDisable),
    oomScoreAdj: unlessEmpty(host.OomScoreAdj),
    shmSize: unlessEmpty(host.ShmSize),
  };
}
