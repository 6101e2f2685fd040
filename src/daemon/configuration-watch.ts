import type { CompiledConfiguration } from "../desired/compile-desired-state.ts";
import { compileDesiredState } from "../desired/compile-desired-state.ts";
import { mistakesError } from "../desired/mistakes-error.ts";
import type { RunInputs } from "../desired/run-inputs.ts";
import { hasErrors } from "../lib/diagnostic.ts";
import { stableJson } from "../lib/stable-json.ts";
import type { Target } from "../model/actual-state.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { isReconcilerError, ReconcilerError } from "../model/errors.ts";
import type { AppliedRevision } from "../model/ledger.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import { type Revision, shortRevision } from "../model/revision.ts";
import type { ConfigSource } from "../ports.ts";

/** A configuration that compiles. */
export interface Configuration {
  readonly revision: Revision;
  readonly tree: ManifestTree;
  readonly compiled: CompiledConfiguration;
  readonly desired: DesiredState;
}

/** Why what the source has now is not what is enforced. */
export interface SourceProblem {
  readonly error: ReconcilerError;
  /** `units/web.service:9:31: unknown docker run flag …`, one a line. */
  readonly findings: readonly string[];
  /** The revision that it is about, when that is known. */
  readonly revision?: Revision;
}

/** Both: the configuration only stands in for one that could not be had. */
export interface Looked {
  readonly configuration?: Configuration;
  readonly problem?: SourceProblem;
}

export interface LookOptions {
  readonly inputs: RunInputs;
  /** The Engine's host name (`%H`). */
  readonly hostName: string;
  /** What the connected Engine is. */
  readonly target: Target;
  readonly apiVersion?: string;
  /** What was applied last in this environment: a source that is followed never goes back behind it. */
  readonly lastApplied: (desired: DesiredState) => Promise<AppliedRevision | undefined>;
}

/**
 * What is followed, compiled once for each revision. Whatever is wrong with the newest one, the last good one stays in
 * force: a mistake, a server that is away or a rewritten history changes nothing that runs.
 */
export class ConfigurationWatch {
  private newest: { readonly key: string; readonly looked: Looked } | undefined;
  private good: Configuration | undefined;
  /** Steps forward that were looked up: `earlier later`. */
  private forward = "";

  /** What the source has now, or why it cannot be used. */
  async look(source: ConfigSource, options: LookOptions, signal: AbortSignal): Promise<Looked> {
    try {
      const revision = await source.resolveRevision(signal);
      const reason = source.standInReason?.();
      const key = keyOf(revision, options);
      if (this.newest?.key !== key) {
        const tree = await source.readTree(revision, signal);
        this.newest = { key, looked: compile(revision, tree, options) };
      }
      const { looked } = this.newest;
      return (await this.isForward(looked, source, options, signal)) ?? standingIn(looked, reason);
    } catch (error) {
      if (signal.aborted || !isReconcilerError(error)) throw error;
      return { problem: { error, findings: [] } };
    }
  }

  /** The last configuration that was carried out. */
  get lastGood(): Configuration | undefined {
    return this.good;
  }

  /** From now on this one stands in for a newer one that cannot be used. */
  accept(configuration: Configuration): void {
    this.good = configuration;
  }

  /** The problem of a step that does not lead forward; `undefined` for all others. */
  private async isForward(
    { configuration }: Looked,
    source: ConfigSource,
    options: LookOptions,
    signal: AbortSignal,
  ): Promise<Looked | undefined> {
    if (configuration === undefined || source.descendsFrom === undefined) return undefined;
    const { revision, desired } = configuration;
    const last = await options.lastApplied(desired);
    if (last === undefined || last.id === revision.id) return undefined;
    if (last.source !== revision.source || last.branch !== revision.branch) return undefined;
    const step = `${last.id} ${revision.id}`;
    if (this.forward === step || (await source.descendsFrom(last.id, revision, signal))) {
      this.forward = step;
      return undefined;
    }
    return { problem: { error: rewritten(revision, last), findings: [], revision } };
  }
}

/** A mistake in what stands in is the nearer problem. */
function standingIn(looked: Looked, reason: ReconcilerError | undefined): Looked {
  if (reason === undefined || looked.problem !== undefined) return looked;
  return { ...looked, problem: { error: reason, findings: [] } };
}

function compile(
  revision: Revision,
  tree: ManifestTree,
  { inputs, hostName, target, apiVersion }: LookOptions,
): Looked {
  const api = apiVersion === undefined ? {} : { apiVersion };
  const options = { hostName, target, ...api, allowMissingSecrets: false };
  const compiled = compileDesiredState(tree, revision, inputs, options);
  const { value: desired, diagnostics } = compiled;
  if (desired !== undefined && !hasErrors(diagnostics))
    return { configuration: { revision, tree, compiled, desired } };
  return { problem: { ...mistakesError(diagnostics, revision), revision } };
}

/** The same revision compiles to something else with other values. */
function keyOf(revision: Revision, { inputs, hostName, target }: LookOptions): string {
  const { environment, branch, variables, mountedValues, secrets } = inputs;
  const maps = [variables, mountedValues, secrets].map((map) => [...map]);
  return stableJson([revision, hostName, target, environment ?? null, branch ?? null, maps]);
}

function rewritten(revision: Revision, last: AppliedRevision): ReconcilerError {
  return new ReconcilerError(
    "older-revision",
    `revision ${shortRevision(revision)} does not come after ${last.id.slice(0, 7)}, which was applied last: the history of ${revision.branch ?? "the branch"} was rewritten or rewound`,
    {
      hint: "nothing is changed until a revision comes that follows the applied one; if it is meant: mysysconfig apply --rollback with the same --repo and --branch",
    },
  );
}
