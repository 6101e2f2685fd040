import { DiagnosticSink, type Parsed, type Position, sortDiagnostics } from "../lib/diagnostic.ts";
import type { ClusterSettings } from "../model/cluster.ts";
import type { CompileContext, CompiledManifest } from "../model/compile.ts";
import type { VolumeSpec } from "../model/volume.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { nameProblem } from "./container-flags.ts";
import { readDependencies } from "./dependencies.ts";
import { checkDirectives } from "./directives.ts";
import { readEnvironment } from "./environment.ts";
import { readIdioms } from "./exec-idioms.ts";
import { readExecStart, type UnitRun } from "./exec-start.ts";
import { finishContainer } from "./finish-run.ts";
import { readFleetSettings } from "./fleet-settings.ts";
import { checkDefaultInstance, readUnit } from "./read-unit.ts";
import { Room } from "./room.ts";
import type { RunDraft } from "./run-draft.ts";
import { readServiceSettings, type ServiceSettings } from "./service-settings.ts";
import { sidekickCode } from "./shell-lines.ts";
import { listOf, type UnitFile } from "./unit-file.ts";
import { unitNameOf } from "./unit-name.ts";
import type { UnitScope } from "./unit-scope.ts";
import { readFailureAction, readUpdatePolicy } from "./update-policy.ts";

/**
 * Compiles a systemd service unit whose `ExecStart=` is a `docker run` line (systemd.unit(5), systemd.service(5), docker
 * run reference). It never throws on the text; all mistakes are reported at once, and there is a value only without
 * errors.
 *
 * @param path of the unit in the repository, `units/worker@.service`
 * @param instance for a template unit
 */
export function compileUnit(
  path: string,
  text: string,
  context: CompileContext,
  instance?: string,
): Parsed<CompiledManifest> {
  const sink = new DiagnosticSink();
  const scope: UnitScope = {
    path,
    name: unitNameOf(path, instance),
    context,
    sink,
    usedPaths: new Set(),
    room: new Room(sink),
  };
  checkUnitName(scope);
  const value = compileManifest(readUnit(text, scope), scope);
  const diagnostics = sortDiagnostics(sink.diagnostics);
  return value === undefined || sink.hasErrors ? { diagnostics } : { value, diagnostics };
}

export function checkUnitName({ name, path, sink }: UnitScope): void {
  if (name.instance !== "") return;
  const hint = `list its instances under "instances" in mysysconfig.yaml, or write DefaultInstance= under [Install]`;
  sink.error(
    { file: path, line: 1, column: 1 },
    "no-instance",
    `template "${name.full}" has no instance`,
    hint,
  );
}

function compileManifest(file: UnitFile, scope: UnitScope): CompiledManifest | undefined {
  checkDirectives(file, scope);
  checkDefaultInstance(file, scope);
  const settings = readServiceSettings(file, scope);
  const update = readUpdatePolicy(file, scope);
  const failure = readFailureAction(file, scope);
  const fleet = readFleetSettings(file, scope);
  const dependencies = readDependencies(file, scope);
  const expansion = { environment: readEnvironment(file, scope), scope };
  const run = readExecStart(file, expansion);
  if (scope.sink.diagnostics.some(({ code }) => code === sidekickCode)) return undefined;
  const containerName = run === undefined ? "" : readContainerName(run, scope);
  const own = run && {
    name: containerName,
    image: run.image?.text,
    volumes: new Set(run.draft.volumes.keys()),
  };
  const stop = readIdioms(file, own, expansion);
  if (run === undefined) return undefined;
  const kind = kindOf(run, settings);
  const cluster: ClusterSettings = {
    ...fleet.cluster,
    ...failure.cluster,
    ...(kind === "job" && fleet.cluster.mode === "global" ? { mode: "global-job" } : {}),
  };
  const workload: WorkloadSpec = {
    key: scope.name.key,
    kind,
    containerNames: [containerName],
    container: finishContainer(run, settings, stop),
    dependsOn: dependencies.dependsOn,
    update,
    ...(Object.keys(cluster).length === 0 ? {} : { cluster }),
    origin: originOf(run, file),
    positions: {
      ...run.draft.positions,
      ...dependencies.positions,
      ...fleet.positions,
      ...failure.positions,
      ...(kind === "job" ? installPosition(file) : {}),
    },
  };
  reportIgnoredFailure(run, workload.kind, scope);
  const precedence = dependencies.followers.map(({ key, position }) => {
    return { workload: workload.key, follower: key, position };
  });
  return {
    workloads: [workload],
    networks: [],
    volumes: volumesOf(run.draft),
    fileSets: [...run.draft.fileSets.values()],
    ...(precedence.length === 0 ? {} : { precedence }),
    usedPaths: [...scope.usedPaths].sort(),
  };
}

/** A drop-in may have the line, but the unit is what people look for. */
function originOf({ position }: UnitRun, file: UnitFile): Position {
  if (position.file === file.path) return position;
  const service = file.sections.find(({ name, position: at }) => name === "Service" && at.file === file.path);
  return service?.position ?? { file: file.path, line: 1, column: 1 };
}

/** Where a job is installed, so that the system would start it: one with a timer must not be. */
function installPosition(file: UnitFile): WorkloadSpec["positions"] {
  const item = ["WantedBy", "RequiredBy", "UpheldBy"].flatMap((key) => listOf(file, "Install", key)).at(0);
  return item === undefined ? {} : { install: item.keyPosition };
}

/** `Type=oneshot` waits for the docker command, which with `-d` ends while the container goes on. */
function kindOf(run: UnitRun, settings: ServiceSettings): WorkloadSpec["kind"] {
  return settings.isOneshot && !run.draft.isDetached ? "job" : "service";
}

/** The name of the line, or the unit's key with `@` as `-`. */
function readContainerName(run: UnitRun, { name, sink }: UnitScope): string {
  if (run.draft.name) return run.draft.name.text;
  const derived = name.key.replaceAll("@", "-");
  const problem = nameProblem(derived);
  if (problem)
    sink.error(run.position, "invalid-name", problem.message, "give the container a name with --name");
  return derived;
}

function reportIgnoredFailure(run: UnitRun, kind: WorkloadSpec["kind"], { sink }: UnitScope): void {
  if (run.ignoredBy === undefined) return;
  const message = `${run.ignoredBy} has no effect: the exit code decides whether a container failed`;
  if (kind === "job") sink.error(run.position, "ignored-failure", message, "remove it");
  else sink.warning(run.position, "ignored-failure", message, "remove it");
}

/** `--volume-driver` is about the volumes of `-v` alone (docker run reference). */
function volumesOf(draft: RunDraft): VolumeSpec[] {
  const { volumeDriver, structuredVolumes } = draft;
  const volumes = [...draft.volumes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (volumeDriver === undefined) return volumes;
  return volumes.map((volume) =>
    structuredVolumes.has(volume.name) ? volume : { driver: volumeDriver, ...volume },
  );
}
