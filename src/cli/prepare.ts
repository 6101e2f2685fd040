import type { CompiledConfiguration } from "../desired/compile-desired-state.ts";
import { type Diagnostic, hasErrors } from "../lib/diagnostic.ts";
import type { ActualState, Target } from "../model/actual-state.ts";
import type { DaemonSettings } from "../model/daemon-settings.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { type ExitCode, exitCodes } from "../model/errors.ts";
import { redactValues } from "../model/fingerprint.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import { shortRevision } from "../model/revision.ts";
import type { ConnectedBackend } from "../ports.ts";
import { compileRevision } from "../reconcile/reconcile.ts";
import { jsonFindings } from "./findings-json.ts";
import { countOf, formatDiagnostics, harmless } from "./output.ts";
import type { App, GlobalFlags, Runtime } from "./runtime.ts";

/** A run's signal: the process's, with the deadline of `--timeout`. */
export function runSignal(flags: GlobalFlags, runtime: Runtime): AbortSignal {
  if (flags.timeoutMs === undefined) return runtime.signal;
  return AbortSignal.any([runtime.signal, AbortSignal.timeout(flags.timeoutMs)]);
}

export interface PrepareOptions {
  readonly hostName: string;
  /** What the connected Engine is. */
  readonly target?: Target;
  readonly apiVersion?: string;
  readonly allowMissingSecrets: boolean;
  /** Told of a configuration that does not compile. */
  readonly mistaken?: ((compiled: CompiledConfiguration) => Promise<void>) | undefined;
}

export interface Prepared {
  readonly desired: DesiredState;
  /** What was found and is no mistake. */
  readonly warnings: readonly Diagnostic[];
  /** What the settings say beside what should run. */
  readonly daemon: DaemonSettings;
  /** The files of the configuration with the templates of units rendered. */
  readonly rendered: ManifestTree;
  /** Hides secret values in anything that is printed. */
  readonly redact: (text: string) => string;
}

/**
 * Compiles the configuration and prints its findings. Returns the exit code instead when there are mistakes.
 *
 * @param hostName the Engine's name for `%H`
 */
export async function prepare(
  app: App,
  flags: GlobalFlags,
  runtime: Runtime,
  options: PrepareOptions,
  signal: AbortSignal,
): Promise<Prepared | ExitCode> {
  const compiled = await compileRevision(app.source, app.inputs, options, signal);
  const { diagnostics, value: desired, sources, daemon, rendered } = compiled;
  if (desired === undefined || hasErrors(diagnostics)) {
    await options.mistaken?.(compiled);
    return reportMistakes(compiled, flags, runtime);
  }
  if (!flags.json && diagnostics.length > 0)
    runtime.stderr(formatDiagnostics(diagnostics, sources, runtime.paint));
  return {
    desired,
    warnings: diagnostics,
    daemon,
    rendered,
    redact: (text) => redactValues(text, desired.secretValues),
  };
}

/** All mistakes of a configuration, with an excerpt each, or as one JSON document. */
export function reportMistakes(
  { diagnostics, sources }: Findings,
  flags: GlobalFlags,
  runtime: Runtime,
  exitCode: ExitCode = exitCodes.invalidConfiguration,
): ExitCode {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error");
  if (flags.json)
    runtime.stdout(
      `${JSON.stringify({ version: 1, valid: false, diagnostics: jsonFindings(diagnostics) })}\n`,
    );
  else {
    const files = new Set(errors.map((diagnostic) => diagnostic.position.file)).size;
    runtime.stderr(formatDiagnostics(diagnostics, sources, runtime.paint));
    runtime.stderr(
      `${countOf(errors.length, "mistake")} in ${countOf(files, "file")}; nothing was changed. (exit ${exitCode})\n`,
    );
  }
  return exitCode;
}

/** What reading a configuration has found, with the texts to show excerpts of. */
export interface Findings {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

/** `develop @ 3f2c1ab "subject"  →  Engine 28.5.2 on prod-1, 7 workloads` */
export function headline(
  desired: DesiredState,
  actual: Pick<ActualState, "engine" | "swarm">,
  runtime: Runtime,
): string {
  const { environment, revision, workloads } = desired;
  const subject = revision.subject === undefined ? "" : ` "${harmless(revision.subject)}"`;
  const where = `${placeOf(actual)}, ${countOf(workloads.length, "workload")}`;
  return `${runtime.paint("bold", environment.name)} @ ${shortRevision(revision)}${subject}  →  ${where}\n`;
}

function placeOf({ engine, swarm }: Pick<ActualState, "engine" | "swarm">): string {
  const host = `${engine.version} on ${harmless(engine.hostName)}`;
  if (swarm === undefined) return `Engine ${host}`;
  const ready = swarm.nodes.filter(({ state }) => state === "ready").length;
  const nodes = swarm.nodes.length;
  const down = ready === nodes ? "" : ` (${nodes - ready} not ready)`;
  return `Swarm of ${countOf(nodes, "node")}${down}, Engine ${host}`;
}

/** Connects, runs, and closes whatever happens, so that the process can end. */
export async function withEngine<T>(
  app: App,
  signal: AbortSignal,
  use: (backend: ConnectedBackend) => Promise<T>,
): Promise<T> {
  const backend = await app.connect(signal);
  try {
    return await use(backend);
  } finally {
    await backend.close();
  }
}
