import type { CompiledConfiguration } from "../desired/compile-desired-state.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { type ExitCode, ReconcilerError } from "../model/errors.ts";
import type { Progress } from "../model/run-event.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import type { ConnectedBackend, StateStore } from "../ports.ts";
import type { PlanDeps, PlanInput } from "../reconcile/reconcile.ts";
import { assertTarget, compileTarget } from "../reconcile/target.ts";
import { type Prepared, type PrepareOptions, prepare, runSignal, withEngine } from "./prepare.ts";
import type { App, GlobalFlags, PlanFlags, Runtime } from "./runtime.ts";

/** What every command that looks at the Engine has in hand once the configuration is compiled. */
export interface EngineCommand extends Prepared {
  readonly app: App;
  readonly backend: ConnectedBackend;
  readonly store: StateStore;
  readonly deps: PlanDeps;
  readonly signal: AbortSignal;
  /** Says on standard error whose run is waited for. */
  readonly waiting: (progress: Progress) => void;
}

/** Connects and compiles, and hands over; mistakes in the configuration end the command before. */
export async function withConfiguration(
  flags: GlobalFlags,
  runtime: Runtime,
  use: (command: EngineCommand) => Promise<ExitCode>,
  mistaken?: (compiled: CompiledConfiguration, app: App, host: string) => Promise<void>,
): Promise<ExitCode> {
  const app = await runtime.createApp(flags);
  const signal = runSignal(flags, runtime);
  return withEngine(app, signal, async (backend) => {
    const hostName = backend.hostName();
    const options: PrepareOptions = {
      ...{ hostName, ...compileTarget(backend.swarmRole()), allowMissingSecrets: false },
      mistaken: mistaken && ((compiled) => mistaken(compiled, app, hostName)),
    };
    const prepared = await prepare(app, flags, runtime, options, signal);
    if (typeof prepared === "number") return prepared;
    const { target, environment } = prepared.desired;
    assertTarget(target, environment, backend.swarmRole());
    const store = backend.stateStore(app.clock, target);
    const waiting = ({ text }: Progress) => runtime.stderr(`${text}\n`);
    const deps = { backend, store, newTxn: app.newTxn };
    return use({ ...prepared, app, backend, store, deps, signal, waiting });
  });
}

/** What a plan is made from, beside the Engine. */
export function planInput(flags: PlanFlags, { app, desired }: EngineCommand): PlanInput {
  const bootedAt = app.bootedAt();
  return {
    desired,
    adopt: knownNames("--adopt", flags.adopt, desired),
    retry: knownNames("--retry", flags.retry, desired),
    recreate: knownNames("--recreate", flags.recreate, desired),
    confirmed: flags.yes,
    rollback: flags.rollback,
    ...(bootedAt === undefined ? {} : { watch: { bootedAt } }),
    secrets: app.inputs.secrets,
    by: app.actor,
  };
}

/** Names that an option may mean: a typing mistake must not pass for a wish that was not needed. */
export function knownNames(
  option: string,
  names: readonly string[],
  desired: DesiredState,
): ReadonlySet<string> {
  const known = desired.workloads.flatMap((workload) => [workload.key, ...workload.containerNames]);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return new Set(names);
  const hint =
    didYouMean(unknown, known) ??
    `workloads: ${desired.workloads.map((workload) => workload.key).join(", ")}`;
  throw new ReconcilerError("usage", `${option} ${unknown}: there is no such workload`, { hint });
}

/** The workload that a person names, by its key or by a container of it; a name that nothing has is wrong usage. */
export function workloadNamed(option: string, name: string, desired: DesiredState): WorkloadSpec {
  knownNames(option, [name], desired);
  const found = desired.workloads.find(
    ({ key, containerNames }) => key === name || containerNames.includes(name),
  );
  if (found === undefined) throw new ReconcilerError("internal", `${option} ${name}: known, but not found`);
  return found;
}
