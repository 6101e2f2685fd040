import {
  type CompiledConfiguration,
  type CompileOptions,
  compileDesiredState,
} from "../desired/compile-desired-state.ts";
import type { RunInputs } from "../desired/run-inputs.ts";
import type { ActualState } from "../model/actual-state.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { Ledger, Pin } from "../model/ledger.ts";
import type { Owner } from "../model/ownership.ts";
import type { Plan } from "../model/plan.ts";
import { buildPlan } from "../plan/build-plan.ts";
import type { PlanRequest, Watch } from "../plan/world.ts";
import { guardPlan, type Verdict } from "../policy/guard.ts";
import type { Backend, ConfigSource, NewTxn, StateStore, StoredState } from "../ports.ts";
import { chooseDesired } from "./choose-desired.ts";
import { observeScope } from "./observe-scope.ts";

/** Steps 1 to 3 of a run: where the configuration comes from, and what it says. Diagnostics are data, not errors. */
export async function compileRevision(
  source: ConfigSource,
  inputs: RunInputs,
  options: CompileOptions,
  signal: AbortSignal,
): Promise<CompiledConfiguration> {
  const revision = await source.resolveRevision(signal);
  const tree = await source.readTree(revision, signal);
  return compileDesiredState(tree, revision, inputs, options);
}

export interface PlanInput {
  /** What the configuration of this run says. */
  readonly desired: DesiredState;
  readonly adopt: ReadonlySet<string>;
  /** The person said `--yes`. */
  readonly confirmed: boolean;
  /** Workloads to try whatever failed before. */
  readonly retry: ReadonlySet<string>;
  /** The person means to go back to an older revision. */
  readonly rollback: boolean;
  /** First digits of the revision of the history to go back to. */
  readonly to?: string;
  /** A request about single workloads; without it the plan is about everything. */
  readonly request?: PlanRequest;
  readonly secrets: ReadonlyMap<string, string>;
  readonly by: string;
  /** Absent in a single run. */
  readonly watch?: Watch;
}

export interface PlannedRun {
  /** What the plan brings about: the configuration's, or that of the revision the environment is held at. */
  readonly desired: DesiredState;
  readonly actual: ActualState;
  readonly plan: Plan;
  readonly verdict: Verdict;
  readonly stored: StoredState;
  readonly txn: string;
  readonly pin?: Pin;
  /** Said to people before anything else. */
  readonly notice?: string;
}

export interface PlanDeps {
  readonly backend: Backend;
  readonly store: StateStore;
  readonly newTxn: NewTxn;
}

/**
 * Steps 4 to 7: what is there, what differs, what to do, whether that is allowed. Changes nothing.
 *
 * @param amend what the ledger will say, for a look ahead
 */
export async function planRun(
  input: PlanInput,
  deps: PlanDeps,
  signal: AbortSignal,
  amend: (ledger: Ledger) => Ledger = (ledger) => ledger,
): Promise<PlannedRun> {
  const { backend, store, newTxn } = deps;
  const owner = ownerOf(input.desired);
  const reading = store.read(owner, signal);
  const [stored, seen] = await Promise.all([
    reading,
    // Only a clean-up of images has to know first which ones it is about.
    input.desired.environment.prune.images === "unused"
      ? reading.then(({ ledger }) => backend.observe(observeScope(input.desired, ledger.images), signal))
      : backend.observe(observeScope(input.desired), signal),
  ]);
  const { rollback, to, by } = input;
  const options = { rollback, by, now: seen.engine.systemTime, ...(to === undefined ? {} : { to }) };
  const chosen = await chooseDesired(input.desired, stored.ledger, options, input.secrets, () =>
    store.readKept(owner, signal),
  );
  const { desired } = chosen;
  const actual =
    desired === input.desired
      ? seen
      : await backend.observe(observeScope(desired, stored.ledger.images), signal);
  const txn = newTxn();
  const { adopt, retry, request, watch } = input;
  const plan = buildPlan(desired, actual, {
    adopt,
    txn,
    ledger: amend(stored.ledger),
    retry,
    ...(request === undefined ? {} : { request }),
    ...(watch === undefined ? {} : { watch }),
  });
  return { ...chosen, actual, plan, verdict: guardPlan(plan, desired, input.confirmed), stored, txn };
}

export function ownerOf({ environment }: DesiredState): Owner {
  return { project: environment.project, environment: environment.name };
}
