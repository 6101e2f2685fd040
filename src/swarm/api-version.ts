/** The newest API whose answers we know (Engine 28.3). */
export const newestApiVersion = "1.51";

/** First version of the API that honours a field of a service; older ones drop it without a word. */
export const serviceApi = {
  privileges: "1.44",
  healthStartInterval: "1.44",
  readOnlyRecursion: "1.44",
  volumeSubpath: "1.45",
  oomScoreAdj: "1.46",
} as const satisfies Record<string, string>;

export type ServiceApiFeature = keyof typeof serviceApi;

export function serviceApiHas(apiVersion: string, feature: ServiceApiFeature): boolean {
  const [majorA = 0, minorA = 0] = apiVersion.split(".").map(Number);
  const [majorB = 0, minorB = 0] = serviceApi[feature].split(".").map(Number);
  return majorA - majorB > 0 || (majorA === majorB && minorA >= minorB);
}
