import {
  type CompiledConfiguration,
  type CompileOptions,
  compileDesiredState,
} from "../desired/compile-desired-state.ts";
import type { RunInputs } from "../desired/run-inputs.ts";
import type { ActualState } from "../model/actual-state.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { type AheadBuild, type Ledger, noteAhead, type Pin } from "../model/ledger.ts";
import type { Owner } from "../model/ownership.ts";
import type { Plan } from "../model/plan.ts";
import { buildPlan } from "../plan/build-plan.ts";
import type { PlanRequest, Watch } from "../plan/world.ts";
import { guardPlan, type Verdict } from "../policy/guard.ts";
import type { Backend, ConfigSource, NewTxn, StateStore, StoredState } from "../ports.ts";
import { applyAhead } from "./apply-ahead.ts";
import { chooseDesired } from "./choose-desired.ts";
import { observeScope } from "./observe-scope.ts";
import { withoutUnwanted } from "./without-unwanted.ts";

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
  /** Workloads whose service may be removed and made anew where a Swarm cannot change it. */
  readonly recreate?: ReadonlySet<string>;
  /** The person means to go back to an older revision. */
  readonly rollback: boolean;
  /** First digits of the revision of the history to go back to. */
  readonly to?: string;
  /** A request about single workloads; without it the plan is about everything. */
  readonly request?: PlanRequest;
  /** Builds that a registry told about, to roll out before the commit. */
  readonly ahead?: readonly AheadBuild[];
  readonly secrets: ReadonlyMap<string, string>;
  readonly by: string;
  /** Absent in a single run. */
  readonly watch?: Watch;
  /** What is ours and not wanted any more is left where it is. */
  readonly keepUnwanted?: boolean;
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
  /** Builds that run ahead of Git. */
  readonly ahead: readonly AheadBuild[];
  /** Said to people before anything else. */
  readonly notice?: string;
}

export interface PlanDeps {
  readonly backend: Backend;
  readonly store: StateStore;
  readonly newTxn: NewTxn;
  /** Called when a look at the Engine begins: whatever happened before is in it. */
  readonly looking?: () => void;
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
  deps.looking?.();
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
  // Whoever went back to an earlier revision does not want its builds replaced.
  const builds = chosen.pin === undefined ? joinAhead(stored.ledger, input.ahead ?? []) : [];
  const { desired, ahead, notices } = applyAhead(chosen.desired, builds);
  const actual =
    desired === input.desired
      ? seen
      : await backend.observe(observeScope(desired, stored.ledger.images), signal);
  const txn = newTxn();
  const { adopt, retry, recreate, request, watch, keepUnwanted = false } = input;
  const plan = buildPlan(desired, keepUnwanted ? withoutUnwanted(actual, desired) : actual, {
    adopt,
    txn,
    ledger: amend(stored.ledger),
    retry,
    ...(recreate === undefined ? {} : { recreate }),
    ...(request === undefined ? {} : { request }),
    ...(watch === undefined ? {} : { watch }),
  });
  const said = [...(chosen.notice === undefined ? [] : [chosen.notice]), ...notices];
  return {
    ...chosen,
    ...{ desired, actual, plan, verdict: guardPlan(plan, desired, input.confirmed), stored, txn, ahead },
    ...(said.length === 0 ? {} : { notice: said.join("\n") }),
  };
}

function joinAhead(ledger: Ledger, builds: readonly AheadBuild[]): readonly AheadBuild[] {
  return builds.length === 0 ? ledger.ahead : noteAhead(ledger, builds).ahead;
}

export function ownerOf({ environment }: DesiredState): Owner {
  return { project: environment.project, environment: environment.name };
}
