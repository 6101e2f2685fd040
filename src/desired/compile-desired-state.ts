import { type Diagnostic, DiagnosticSink, type Parsed, sortDiagnostics } from "../lib/diagnostic.ts";
import type { Target } from "../model/actual-state.ts";
import { type DaemonSettings, noDaemonSettings } from "../model/daemon-settings.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { Environment } from "../model/environment.ts";
import { sourcesOf } from "../model/finding-sources.ts";
import { redactValues } from "../model/fingerprint.ts";
import type { LockFile } from "../model/image-lock.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import type { Revision } from "../model/revision.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import type { RenderedTree } from "../render/render-tree.ts";
import { newestApiVersion } from "../swarm/api-version.ts";
import { unstorableFiles, unsupportedOnSwarm } from "../swarm/unsupported.ts";
import { applyLock, readLock } from "./apply-lock.ts";
import { compileManifests } from "./compile-manifests.ts";
import { gatherInstances } from "./gather-instances.ts";
import { type LinkedManifests, linkManifests } from "./link.ts";
import { mapPositions } from "./map-positions.ts";
import { renderConfiguration } from "./render-configuration.ts";
import type { RunInputs } from "./run-inputs.ts";
import { defaultSettings } from "./settings-file.ts";
import { newSubstituter } from "./substitute.ts";
import { unsupportedOnEngine } from "./unsupported-on-engine.ts";

export interface CompileOptions {
  /** Puts `secret-NAME-is-not-given` in the place of secrets that are not given, to check and show without them. */
  readonly allowMissingSecrets: boolean;
  /** The Engine's host name (`%H`). */
  readonly hostName: string;
  /** What the connected Engine is, for an environment that leaves it open; absent: an Engine by itself. */
  readonly target?: Target;
  /** What the connected Engine speaks; absent: the newest that we know. */
  readonly apiVersion?: string;
}

/** No value when there is any error; then nothing may be changed. */
export interface CompiledConfiguration extends Parsed<DesiredState> {
  /** The files with the templates of units rendered; a secret that is not given stands as `secret-NAME-is-not-given` in them. */
  readonly rendered: ManifestTree;
  /** Paths in `rendered` whose text depends on secrets, whether or not one of them shows up in it. */
  readonly secretReaders: ReadonlySet<string>;
  /** Patterns of the images that the owners of the configuration build. */
  readonly ownImages: readonly string[];
  /** Patterns of files that may hold what looks like a credential. */
  readonly allowedCredentials: readonly string[];
  /** What `run` does besides reconciling. */
  readonly daemon: DaemonSettings;
  /** Texts of the files with findings, as they are in the repository but for secrets, for excerpts. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Compiles the files of one revision for one environment: settings → environment → values → render → compile → link.
 * Synchronous and pure. Mistakes do not stop it, so that those of all files are reported at once.
 */
export function compileDesiredState(
  tree: ManifestTree,
  revision: Revision,
  inputs: RunInputs,
  options: CompileOptions,
): CompiledConfiguration {
  const sink = new DiagnosticSink();
  const lock = readLock(tree, sink);
  const asked = { ...withBakedValues(inputs, lock), branch: inputs.branch ?? revision.branch };
  const {
    settings,
    environment: found,
    images,
    values,
    rendered,
    secretValues: renderedSecrets,
    diagnostics: findings,
  } = renderConfiguration(tree, asked, options.allowMissingSecrets);
  const environment = found && withTarget(found, inputs);
  const target = targetOf(environment, options);
  const substituter =
    settings && values && newSubstituter(settings.substitutions, values.templateValues, renderedSecrets);
  const compiled = compileManifests(rendered, {
    settings: settings ?? defaultSettings,
    written: tree,
    owner: {
      project: settings?.project ?? defaultSettings.project,
      environment: environment?.name ?? "default",
    },
    images: images ?? (settings ?? defaultSettings).images,
    variables: values?.variables,
    // Which node a task comes to is Swarm's to say.
    hostName: target === "swarm" ? "{{.Node.Hostname}}" : options.hostName,
    target,
    ...(substituter === undefined ? {} : { substituter }),
    areInstancesKnown: settings !== undefined,
  });
  const secretValues = [...new Set([...renderedSecrets, ...(substituter?.derivedSecrets ?? [])])].sort();
  const linked = linkManifests(compiled.manifests, compiled.isBroken, {
    timers: compiled.timers,
    target,
  });
  const locked = lockedWorkloads(linked.value?.workloads ?? [], lock, environment?.name, sink);
  const workloads = target === "swarm" ? gatherInstances(locked, sink) : locked;
  const unfit =
    target === "swarm"
      ? unfitFor(linked.value, workloads, { environment, secretValues }, options)
      : workloads.flatMap((one) => unsupportedOnEngine(one, options.apiVersion ?? newestApiVersion));
  const diagnostics = finishDiagnostics(
    [...sink.diagnostics, ...findings, ...compiled.diagnostics, ...linked.diagnostics, ...unfit],
    rendered,
    secretValues,
  );
  const facts = {
    diagnostics,
    sources: sourcesOf(tree, diagnostics, secretValues),
    rendered: rendered.tree,
    secretReaders: rendered.secretReaders,
    ownImages: settings?.images.own ?? [],
    allowedCredentials: settings?.allowedCredentials ?? [],
    daemon: settings?.daemon ?? noDaemonSettings,
  };
  if (diagnostics.some(({ severity }) => severity === "error") || !environment || !linked.value) return facts;
  const state = mapPositions({ ...linked.value, workloads }, rendered.mapPosition);
  return { ...facts, value: { environment, target, revision, ...state, secretValues } };
}

function withTarget(environment: Environment, { target }: RunInputs): Environment {
  return target === undefined ? environment : { ...environment, target };
}

/** The environment's choice counts more than what was found. */
function targetOf(environment: Environment | undefined, options: CompileOptions): Target {
  if (environment !== undefined && environment.target !== "auto") return environment.target;
  return options.target ?? "engine";
}

/** What a service of a Swarm cannot have. */
function unfitFor(
  linked: LinkedManifests | undefined,
  workloads: readonly WorkloadSpec[],
  { environment, secretValues }: { environment: Environment | undefined; secretValues: readonly string[] },
  { apiVersion = newestApiVersion }: CompileOptions,
): readonly Diagnostic[] {
  if (linked === undefined || environment === undefined) return [];
  const files = { ...linked, environment, secretValues };
  return workloads.flatMap((workload) => [
    ...unsupportedOnSwarm(workload, apiVersion),
    ...unstorableFiles(workload, files),
  ]);
}

/** What came with the run of `bake` is a value of the system; the variables of this run win over it. */
function withBakedValues(inputs: RunInputs, lock: LockFile | undefined): RunInputs {
  return lock === undefined
    ? inputs
    : { ...inputs, variables: new Map([...lock.values, ...inputs.variables]) };
}

function lockedWorkloads(
  workloads: readonly WorkloadSpec[],
  lock: LockFile | undefined,
  environment: string | undefined,
  sink: DiagnosticSink,
): readonly WorkloadSpec[] {
  if (lock === undefined || environment === undefined) return workloads;
  return applyLock(workloads, lock, environment, sink);
}

/** The repository's own places, no secret in any word, each finding once, in order. */
function finishDiagnostics(
  diagnostics: readonly Diagnostic[],
  rendered: RenderedTree,
  secretValues: readonly string[],
): readonly Diagnostic[] {
  const unique = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const { position, message, hint } = diagnostic;
    const finished = {
      ...diagnostic,
      position: rendered.mapPosition(position),
      message: redactValues(message, secretValues),
      ...(hint === undefined ? {} : { hint: redactValues(hint, secretValues) }),
    };
    unique.set(JSON.stringify(finished), finished);
  }
  return sortDiagnostics([...unique.values()]);
}
