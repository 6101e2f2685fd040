import { DiagnosticSink } from "../../lib/diagnostic.ts";
import type { ManifestFile, ManifestTree } from "../../model/manifest-tree.ts";
import { baseName, resolveRepositoryPath } from "../../model/repository-files.ts";
import type { WorkloadSpec } from "../../model/workload.ts";
import { findDropIns } from "../drop-ins.ts";
import { parseServiceEnvironment } from "../environment-files.ts";
import { type Assignment, parseUnitFile } from "../unit-file.ts";
import { unitNameOf } from "../unit-name.ts";
import { comment, type InstallableUnit, type SystemState } from "./generated-unit.ts";
import { quoteAssignment } from "./quote-word.ts";

/**
 * The unit that a workload is declared in, and its timer, as they are after rendering, with their drop-ins behind them,
 * which is how systemd reads them. An instance gets the text of its template, whose specifiers mean it by its name.
 *
 * @returns nothing for a workload of a stack
 */
export function writtenUnits(
  workload: WorkloadSpec,
  tree: ManifestTree,
  state: SystemState,
): readonly InstallableUnit[] {
  const names = [`${workload.key}.service`, ...(workload.timer === undefined ? [] : [workload.timer.unit])];
  return names.flatMap((name, index) => {
    const file = findUnit(name, tree);
    return file === undefined
      ? []
      : [writeUnit(name, file, { tree, notes: index === 0 ? mountNotes(workload, state) : [] })];
  });
}

function findUnit(name: string, tree: ManifestTree): ManifestFile | undefined {
  const units = [...tree.values()].filter(
    ({ path }) => path.startsWith("units/") && /\.(?:service|timer)$/.test(path),
  );
  const { prefix, instance } = unitNameOf(name);
  const template = instance === undefined ? undefined : name.replace(`${prefix}@${instance}.`, `${prefix}@.`);
  const named = (wanted: string) => units.find(({ path }) => baseName(path) === wanted);
  return named(name) ?? (template === undefined ? undefined : named(template));
}

interface Given {
  readonly tree: ManifestTree;
  readonly notes: readonly string[];
}

function writeUnit(name: string, file: ManifestFile, { tree, notes }: Given): InstallableUnit {
  const dropIns = findDropIns(file.path, name, tree);
  const parts = [file, ...dropIns].map((part) => adapt(part, file.path, tree));
  const variables = parts.flatMap((part) => part.variables);
  const passed = parts.flatMap((part) => part.passed);
  const head = [
    `${name}, made of ${[file, ...dropIns].map(({ path }) => path).join(", ")}`,
    ...notes,
    ...passed.map((names) => `Needs variables of systemd itself (systemctl set-environment): ${names}`),
  ].map(comment);
  const bodies = parts.map(({ path, text }, index) => (index === 0 ? text : `${comment(path)}\n${text}`));
  const tail =
    variables.length === 0
      ? []
      : [`# EnvironmentFile= of the repository\n[Service]\n${variables.join("\n")}\n`];
  return { name, text: `${[`${head.join("\n")}\n`, ...bodies, ...tail].join("\n")}` };
}

/** What systemd would not find on a host, in words. */
function mountNotes({ container }: WorkloadSpec, state: SystemState): readonly string[] {
  return container.mounts.flatMap((mount) => {
    if (mount.kind !== "files") return [];
    const files = state.fileSets.find(({ name }) => name === mount.fileSet)?.files ?? [];
    const names = mount.path ?? files.map(({ path }) => path).join(", ");
    return [
      `Mounts files of the repository at ${mount.target}: ${names}. Write their path on the host into ExecStart=.`,
    ];
  });
}

interface Part {
  readonly path: string;
  readonly text: string;
  /** Lines for the variables of its files of the repository. */
  readonly variables: readonly string[];
  /** What it takes over from systemd's own environment. */
  readonly passed: readonly string[];
}

/** A file of the repository is no file of the host: its variables are written out instead. */
function adapt(file: ManifestFile, unitPath: string, tree: ManifestTree): Part {
  const text = new TextDecoder().decode(file.content).replace(/^\uFEFF/, "");
  const lines = text.split("\n");
  const variables: string[] = [];
  const unit = parseUnitFile(file.path, text, new DiagnosticSink());
  for (const item of unit.byName.get("Service.EnvironmentFile") ?? []) {
    const path = item.value.text.replace(/^-/, "");
    if (path === "" || path.startsWith("/")) continue;
    commentOut(item, lines);
    const found = tree.get(resolveRepositoryPath(unitPath, path) ?? "");
    const content = new TextDecoder().decode(found?.content);
    for (const { name, value = "" } of parseServiceEnvironment(path, content, new DiagnosticSink()))
      variables.push(`Environment=${quoteAssignment(name, value)}`);
  }
  const passed = (unit.byName.get("Service.PassEnvironment") ?? []).map(({ value }) => value.text);
  const body = lines.join("\n");
  return {
    path: file.path,
    text: body.endsWith("\n") || body === "" ? body : `${body}\n`,
    variables,
    passed,
  };
}

function commentOut({ keyPosition, value }: Assignment, lines: string[]): void {
  const last = value.segments.at(-1)?.line ?? keyPosition.line;
  for (let line = keyPosition.line; line <= last; line++)
    lines[line - 1] = `# ${lines[line - 1] ?? ""}`.replace(/\\$/, "");
}
