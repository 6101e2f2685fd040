/** What all rollouts have in common that are repeated with faults, wherever they happen. */
import type { RepositoryFiles } from "../support/temp-repository.ts";

/** What texts of a case depend on. */
export interface CaseNames {
  /** The beginning of every name. */
  readonly p: string;
  /** A host port that no other case uses. */
  readonly port: number;
}

/** How long a service may be away while it is changed. */
export type Floor =
  /** At least one healthy container at every moment. */
  | "always"
  /** None while it is being replaced; a run that ends by itself leaves one running. */
  | "stop-first"
  /** It is only then made, or removed. */
  | "none";

export interface WatchedService {
  /** Its name without the prefix. */
  readonly name: string;
  readonly floor: Floor;
  readonly hasHealthcheck: boolean;
}

export interface Rollout {
  readonly name: string;
  /** The states that are applied without fault before, one after the other. */
  readonly before: readonly ((names: CaseNames) => RepositoryFiles)[];
  readonly wanted: (names: CaseNames) => RepositoryFiles;
  /** What meets the fault and is said again in the run after it; `apply` by default, as in the last run. */
  readonly command?: (names: CaseNames) => readonly string[];
  /** How long a replaced container is kept; not at all by default. */
  readonly retention?: string;
  /** How the runs after the fault end. */
  readonly exitCode: 0 | 1;
  /** The workload whose failure those runs must report: its key without the prefix. */
  readonly reportsFailureOf?: string;
  readonly services: readonly WatchedService[];
  /**
   * On an Engine that this program has never used. It disturbs others, so that its cases run alone, and only those at
   * calls that this rollout, which is the same on a used Engine, does not have.
   */
  readonly firstUseOf?: this;
}

/** Everything is quick, except for what the Engine and the containers take. */
export const faultSettings = ({ p }: CaseNames, { retention = "0s" }: Pick<Rollout, "retention">) =>
  [
    `project: ${p}project`,
    `policy: {stability: 200ms, settle: 0s, retention: ${retention}, lockExpiry: 12s}`,
    "prune: {maxShare: 1}",
    "",
  ].join("\n");
