/** Which version of the Engine API honours what: older ones drop it without a word, or refuse it. */

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
  interfaceName: "1.48",
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

/** The Docker Engine whose own version of the API this is (Engine API, version history). */
export function engineOfApi(apiVersion: string): string {
  const found = engines.findLast(([api]) => compareApiVersions(api, apiVersion) <= 0);
  return (found ?? engines[0])[1];
}

const engines = [
  ["1.41", "20.10"],
  ["1.42", "23.0"],
  ["1.43", "24.0"],
  ["1.44", "25.0"],
  ["1.45", "26.0"],
  ["1.46", "27.0"],
  ["1.47", "27.2"],
  ["1.48", "28.0"],
  ["1.49", "28.1"],
  ["1.50", "28.2"],
  ["1.51", "28.3"],
] as const;
