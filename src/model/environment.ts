/** Environment = branch + target + values + policy. */
export interface Environment {
  readonly name: string;
  readonly project: string;
  readonly branch?: string;
  readonly target: "engine" | "swarm" | "auto";
  readonly prune: PrunePolicy;
  readonly rollout: RolloutPolicy;
  readonly newBuilds: NewBuildPolicy;
}

/**
 * What a registry's word of a newer allowed build leads to: a commit to the configuration repository, its rollout ahead
 * of Git, or nothing until somebody else commits it.
 */
export const newBuildPolicies = ["commit", "apply", "wait"] as const;
export type NewBuildPolicy = (typeof newBuildPolicies)[number];

export interface PrunePolicy {
  /** Largest share (0 to 1) of the owned workloads that one run may remove without `--yes`. */
  readonly maxShare: number;
  /** `unused`: images of the environment's own repositories that nothing needs any more are removed. */
  readonly images: "keep" | "unused";
}

export interface RolloutPolicy {
  /** How long a started container must stay good before the one it replaces is given up. */
  readonly stabilityMs: number;
  /** Longest time a container may take to start and become healthy; absent: computed from its health check. */
  readonly gateTimeoutMs?: number;
  /** How long old and new both serve after a cut-over, for clients to find the new address. */
  readonly settleMs: number;
  /** How long a replaced container is kept stopped, so that a rollback takes no longer than a start; 0: not at all. */
  readonly retentionMs: number;
  /** After this time without a sign of life the lock of a run may be taken over. */
  readonly lockExpiryMs: number;
}

export const defaultPrunePolicy: PrunePolicy = { maxShare: 0.5, images: "keep" };
/**
 * One second to settle: Engine 28 gives addresses out again with another MAC address, so that neighbours send into the
 * void until they have learnt it (measured: up to 0.3 s); meanwhile the old container answers.
 */
export const defaultRolloutPolicy: RolloutPolicy = {
  stabilityMs: 5_000,
  settleMs: 1_000,
  retentionMs: 24 * 60 * 60_000,
  lockExpiryMs: 30_000,
};
