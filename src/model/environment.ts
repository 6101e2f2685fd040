/** Environment = branch + target + values + policy. */
export interface Environment {
  readonly name: string;
  readonly project: string;
  readonly branch?: string;
  readonly target: "engine" | "swarm" | "auto";
  readonly prune: PrunePolicy;
  readonly rollout: RolloutPolicy;
}

export interface PrunePolicy {
  /** Largest share (0 to 1) of the owned workloads that one run may remove without `--yes`. */
  readonly maxShare: number;
}

export interface RolloutPolicy {
  /** How long a started container must stay good before the one it replaces is given up. */
  readonly stabilityMs: number;
  /** Longest time a container may take to start and become healthy; absent: computed from its health check. */
  readonly gateTimeoutMs?: number;
}

export const defaultPrunePolicy: PrunePolicy = { maxShare: 0.5 };
export const defaultRolloutPolicy: RolloutPolicy = { stabilityMs: 5_000 };
