import type { DesiredState } from "../model/desired-state.ts";
import { isReconcilerError, ReconcilerError } from "../model/errors.ts";
import { fingerprint } from "../model/fingerprint.ts";
import { restore } from "./choose-desired.ts";
import { ownerOf, type PlanDeps, type PlanInput, planRun } from "./reconcile.ts";

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
    return found && fingerprint(found.kind, found.container, desired.secretValues);
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
