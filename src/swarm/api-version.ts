/** The newest API whose answers we know (Engine 28.3). */
export const newestApiVersion = "1.51";

export interface ServiceApiRow {
  /** First version of the API that honours it. */
  readonly since: string;
  readonly flag: string;
  /** Of a compose service. */
  readonly key: string;
  /** What is done about an older manager, which drops it without a word. */
  readonly outcome: "an error" | "a warning";
}

/** Fields of a service that older versions of the API do not know. */
export const serviceApi = {
  privileges: {
    since: "1.44",
    flag: "--security-opt no-new-privileges, seccomp=…, apparmor=unconfined",
    key: "security_opt",
    outcome: "an error",
  },
  healthStartInterval: {
    since: "1.44",
    flag: "--health-start-interval",
    key: "healthcheck: start_interval",
    outcome: "a warning",
  },
  readOnlyRecursion: {
    since: "1.44",
    flag: "--mount …,bind-recursive=…",
    key: "volumes: bind.recursive",
    outcome: "an error",
  },
  volumeSubpath: {
    since: "1.45",
    flag: "--mount …,volume-subpath=…",
    key: "volumes: volume.subpath",
    outcome: "an error",
  },
  oomScoreAdj: { since: "1.46", flag: "--oom-score-adj", key: "oom_score_adj", outcome: "an error" },
} as const satisfies Record<string, ServiceApiRow>;

export type ServiceApiFeature = keyof typeof serviceApi;

export function serviceApiHas(apiVersion: string, feature: ServiceApiFeature): boolean {
  const [majorA = 0, minorA = 0] = apiVersion.split(".").map(Number);
  const [majorB = 0, minorB = 0] = serviceApi[feature].since.split(".").map(Number);
  return majorA - majorB > 0 || (majorA === majorB && minorA >= minorB);
}
