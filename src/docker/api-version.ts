/** Versions of the Engine API: what we speak, and what each feature needs. */

/** Engine 20.10, the oldest we work with, and the newest whose answers we know. */
export const minimumApiVersion = "1.41";
export const maximumApiVersion = "1.51";

/** First version of the API that honours a feature; older ones drop it without a word or refuse it. */
export const apiFeatures = {
  createMountpoint: "1.42",
  annotations: "1.43",
  cdiDevices: "1.44",
  severalEndpoints: "1.44",
  endpointMacAddress: "1.44",
  healthStartInterval: "1.44",
  readOnlyRecursion: "1.44",
  servicePrivileges: "1.44",
  volumeSubpath: "1.45",
  serviceOomScore: "1.46",
  endpointSysctls: "1.46",
  imageMounts: "1.48",
  gatewayPriority: "1.48",
} as const satisfies Record<string, string>;

export type ApiFeature = keyof typeof apiFeatures;

export function apiSupports(apiVersion: string, feature: ApiFeature): boolean {
  return compareApiVersions(apiVersion, apiFeatures[feature]) >= 0;
}

/** Negative when `a` is older than `b`. */
export function compareApiVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA - majorB || minorA - minorB;
}

/** The version to speak with a server, or `undefined` when it is too old. */
export function chooseApiVersion(server: string): string | undefined {
  if (!/^\d+\.\d+$/.test(server) || compareApiVersions(server, minimumApiVersion) < 0) return undefined;
  return compareApiVersions(server, maximumApiVersion) < 0 ? server : maximumApiVersion;
}
