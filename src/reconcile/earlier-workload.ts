import type { DesiredState } from "../model/desired-state.ts";
import { isReconcilerError, ReconcilerError } from "../model/errors.ts";
import { workloadFingerprint } from "../model/fingerprint.ts";
import { addHold, type Ledger } from "../model/ledger.ts";
import type { Step } from "../model/step.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { restore } from "./choose-desired.ts";
import { ownerOf, type PlanDeps, type PlanInput, type PlannedRun, planRun } from "./reconcile.ts";

/**
 * What to plan so that one workload goes back: the retained previous container if there is one, otherwise the last
 * desired state of the history in which the workload was another and good.
 *
 * @throws ReconcilerError `no-way-back`
 */
export async function earlierWorkload(
  key: string,
  input: PlanInput,
  deps: PlanDeps,
  signal: AbortSignal,
): Promise<PlanInput> {
  const request = { kind: "rollback" as const, workloads: new Set([key]) };
  try {
    await planRun({ ...input, request }, deps, signal);
    return { ...input, request };
  } catch (error) {
    if (!isReconcilerError(error) || error.code !== "no-way-back") throw error;
  }
  const earlier = await earlierState(key, input, deps, signal);
  return {
    ...input,
    desired: withWorkloadOf(input.desired, earlier, key),
    request: { kind: "only", workloads: request.workloads },
  };
}

async function earlierState(
  key: string,
  { desired, secrets }: PlanInput,
  deps: PlanDeps,
  signal: AbortSignal,
): Promise<DesiredState> {
  const specOf = (state: DesiredState) => {
    const found = state.workloads.find((workload) => workload.key === key);
    return found && workloadFingerprint(found, desired.secretValues);
  };
  const kept = await deps.store.readKept(ownerOf(desired), signal);
  for (const state of kept.toReversed()) {
    if (!state.good.includes(key)) continue;
    const restored = restore(state, state.revision, desired, secrets);
    const spec = specOf(restored);
    if (spec !== undefined && spec !== specOf(desired)) return restored;
  }
  throw new ReconcilerError("no-way-back", `no earlier good build of ${key} is known`, {
    hint: `mysysconfig explain ${key} shows what is; otherwise commit the older tag`,
  });
}

/** The present configuration with one workload, and what it uses, as it was. */
function withWorkloadOf(desired: DesiredState, earlier: DesiredState, key: string): DesiredState {
  const merge = <T>(present: readonly T[], old: readonly T[], nameOf: (item: T) => string) => {
    const known = new Set(present.map(nameOf));
    return [...present, ...old.filter((item) => !known.has(nameOf(item)))];
  };
  const old = earlier.workloads.filter((workload) => workload.key === key);
  return {
    ...desired,
    workloads: desired.workloads.map((workload) => (workload.key === key ? (old[0] ?? workload) : workload)),
    networks: merge(desired.networks, earlier.networks, ({ name }) => name),
    volumes: merge(desired.volumes, earlier.volumes, ({ name }) => name),
    fileSets: merge(desired.fileSets, earlier.fileSets, ({ name }) => name),
    secretValues: [...new Set([...desired.secretValues, ...earlier.secretValues])],
  };
}

export interface RollbackWish {
  readonly workload: WorkloadSpec;
  readonly by: string;
  readonly reason: string;
  /** Fingerprint of what the configuration asks for. */
  readonly rejectedSpec: string;
  readonly forMs?: number;
}

/** The hold that makes later runs respect a rollback, from its plan. A hold that is in force already stays. */
export function addRollbackHold(ledger: Ledger, run: PlannedRun, wish: RollbackWish): Ledger {
  const { workload, by, reason, rejectedSpec, forMs } = wish;
  const { actual, plan, desired } = run;
  const candidate = plan.steps.find((step) => step.kind === "rename-container" && step.payload.reversible);
  const isDone = ledger.holds.some(
    (hold) => hold.workload === workload.key && hold.rejectedSpec === rejectedSpec,
  );
  if (candidate === undefined && isDone) return ledger;
  const back = actual.containers.find(({ id }) => candidate !== undefined && id === containerIdOf(candidate));
  const earlier = desired.workloads.find(({ key }) => key === workload.key) ?? workload;
  const keptSpec =
    back === undefined ? workloadFingerprint(earlier, desired.secretValues) : back.record.fingerprint;
  const since = actual.engine.systemTime;
  return addHold(ledger, {
    workload: workload.key,
    by,
    reason,
    since,
    ...(forMs === undefined ? {} : { until: new Date(Date.parse(since) + forMs).toISOString() }),
    rejectedSpec,
    ...(keptSpec === undefined ? {} : { keptSpec }),
  });
}

function containerIdOf({ payload }: Step): string | undefined {
  return "container" in payload && payload.container.kind === "actual" ? payload.container.id : undefined;
}
