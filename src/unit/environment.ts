import type { Position } from "../lib/diagnostic.ts";
import { resolveRepositoryPath } from "../model/repository-files.ts";
import { parseServiceEnvironment } from "./environment-files.ts";
import { positionAt, sliceSource } from "./source-text.ts";
import { expandSpecifiers } from "./specifiers.ts";
import { type Assignment, listOf, type UnitFile } from "./unit-file.ts";
import type { UnitScope } from "./unit-scope.ts";
import { readTextOf } from "./unit-text.ts";
import { splitWords, type Word, wholeWord, wordPosition } from "./words.ts";

/** Variables of the unit: what `$NAME` on a command line and `docker run -e NAME` mean. */
export interface UnitEnvironment {
  readonly variables: ReadonlyMap<string, string>;
  /** Host files whose variables are not declared; an unknown variable may come from them. */
  readonly undeclaredFiles: readonly string[];
}

const assignmentPattern = /^([A-Za-z_][A-Za-z0-9_]*)=/;

/**
 * Evaluates `PassEnvironment=` (values and secrets of the run), `Environment=` and `EnvironmentFile=`; the later source
 * wins, in this order, and what `UnsetEnvironment=` names is taken away at the end (systemd.exec(5)).
 */
export function readEnvironment(file: UnitFile, scope: UnitScope): UnitEnvironment {
  const variables = new Map<string, string>();
  const undeclaredFiles: string[] = [];
  for (const item of listOf(file, "Service", "PassEnvironment")) passVariables(item, variables, scope);
  for (const item of listOf(file, "Service", "Environment")) assignVariables(item, variables, scope);
  for (const item of listOf(file, "Service", "EnvironmentFile")) {
    const found = readFileSetting(item, scope, undeclaredFiles);
    for (const [name, value] of found ?? []) variables.set(name, value);
  }
  for (const item of listOf(file, "Service", "UnsetEnvironment")) unsetVariables(item, variables, scope);
  return { variables, undeclaredFiles };
}

/** A name takes the variable away, `NAME=value` only if it has that value. */
function unsetVariables(item: Assignment, variables: Map<string, string>, scope: UnitScope): void {
  for (const written of splitWords(item.value, scope.sink)) {
    const { text } = expandSpecifiers(written, scope);
    const assigned = assignmentPattern.exec(text)?.[1];
    const name = assigned ?? text;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      const message = `"${text}" is neither a variable nor an assignment`;
      scope.sink.error(wordPosition(written), "invalid-variable", message, "write NAME or NAME=value");
    } else if (assigned === undefined || variables.get(name) === text.slice(name.length + 1))
      variables.delete(name);
  }
}

function passVariables(item: Assignment, variables: Map<string, string>, scope: UnitScope): void {
  for (const word of splitWords(item.value, scope.sink)) {
    const name = expandSpecifiers(word, scope).text;
    const value = scope.context.variables.get(name);
    if (value !== undefined) variables.set(name, value);
    else {
      const hint = `give ${name} a value under "values" or "secrets" in mysysconfig.yaml`;
      scope.sink.error(wordPosition(word), "unknown-variable", `no value is called "${name}"`, hint);
    }
  }
}

function assignVariables(item: Assignment, variables: Map<string, string>, scope: UnitScope): void {
  for (const written of splitWords(item.value, scope.sink)) {
    const word = expandSpecifiers(written, scope);
    const name = assignmentPattern.exec(word.text)?.[1];
    if (name !== undefined) {
      variables.set(name, word.text.slice(name.length + 1));
      reportClientVariable(name, written, scope);
      continue;
    }
    const hint =
      'write NAME=value; put quotes around the whole assignment if the value has spaces: "NAME=a b"';
    scope.sink.error(
      wordPosition(word),
      "invalid-variable",
      `"${word.text}" is not a variable assignment`,
      hint,
    );
  }
}

/** Variables that would lead the docker command elsewhere. */
export function reportClientVariable(name: string, word: Word, scope: UnitScope): void {
  if (!/^DOCKER_(?:HOST|CONTEXT|TLS_VERIFY|CERT_PATH|API_VERSION|CONFIG)$/.test(name)) return;
  const hint = "all units run on the Engine that the reconciler is connected to; remove it";
  scope.sink.error(wordPosition(word), "client-variable", `${name} would address another Engine`, hint);
}

function readFileSetting(
  item: Assignment,
  scope: UnitScope,
  undeclared: string[],
): ReadonlyMap<string, string> | undefined {
  const optional = item.value.text.startsWith("-");
  const source = optional ? sliceSource(item.value, 1, item.value.text.length) : item.value;
  const path = expandSpecifiers(wholeWord(source), scope).text;
  const position = positionAt(source, 0, source.text.length);
  if (!path.startsWith("/")) return readRepositoryVariables(path, { position, optional }, scope);
  const declared = scope.context.hostFiles.get(path);
  if (declared !== undefined) return declared;
  undeclared.push(path);
  reportHostFile(path, { position, optional }, scope);
  return undefined;
}

interface FileReference {
  readonly position: Position;
  readonly optional: boolean;
}

function readRepositoryVariables(
  path: string,
  { position, optional }: FileReference,
  scope: UnitScope,
): ReadonlyMap<string, string> | undefined {
  const inside = resolveRepositoryPath(scope.path, path);
  const file = inside === undefined ? undefined : scope.context.tree.get(inside);
  if (file !== undefined) {
    scope.usedPaths.add(file.path);
    const text = readTextOf(file, position, scope);
    if (text === undefined) return undefined;
    const variables = parseServiceEnvironment(file.path, text, scope.sink);
    return new Map(variables.map(({ name, value }) => [name, value ?? ""]));
  }
  if (!optional) {
    const hint = "relative paths count from the unit file; add the file to the repository";
    scope.sink.error(position, "missing-file", `"${path}" is not in the repository`, hint);
  }
  return undefined;
}

/** A file of the host cannot be read from inside a container: its variables have to be declared. */
export function reportHostFile(
  path: string,
  { position, optional }: FileReference,
  { sink }: UnitScope,
): void {
  const message = `"${path}" is a file of the host, which the reconciler cannot read`;
  const hint = `declare its variables under hostFiles in mysysconfig.yaml (hostFiles: { "${path}": { NAME: value } }), or put the file into the repository`;
  if (optional) sink.warning(position, "host-file", `${message}; it counts as missing`, hint);
  else sink.error(position, "host-file", message, hint);
}
