import type { ActualNetwork, ActualVolume, ObserveScope } from "../../src/model/actual-state.ts";
import type { NetworkSpec } from "../../src/model/network.ts";
import { labelKeys, ownershipOf } from "../../src/model/ownership.ts";

/** Networks and volumes of the simulated Engine, and how they are observed. */

export interface SimulatedNetwork {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: Partial<NetworkSpec>;
}

export function toActualNetwork(
  { id, name, labels, spec }: SimulatedNetwork,
  scope: ObserveScope,
): ActualNetwork {
  return {
    id,
    name,
    ownership: ownershipOf(labels, scope.owner),
    driver: spec.driver ?? "bridge",
    options: spec.options ?? {},
    labels,
    internal: spec.internal ?? false,
    attachable: spec.attachable ?? false,
    enableIpv6: spec.enableIpv6 ?? false,
    ipam: spec.ipam ?? { pools: [] },
  };
}

export function toActualVolume(
  name: string,
  labels: Readonly<Record<string, string>>,
  scope: ObserveScope,
): ActualVolume {
  const holdsFiles = labels[labelKeys.content] === "files";
  return {
    name,
    ownership: ownershipOf(labels, scope.owner),
    driver: "local",
    driverOptions: {},
    labels,
    holdsFiles,
  };
}
