import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { limits } from "../lib/limits.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { YamlNode, YamlScalar } from "../lib/yaml.ts";

const mistakeCodes = ["unset-variable", "required-variable", "bad-interpolation"] as const;

export function isInterpolationCode(code: string): boolean {
  return (mistakeCodes as readonly string[]).includes(code);
}

/** A mistake inside one text; `offset` counts from its start. */
export interface TemplateMistake {
  readonly offset: number;
  readonly length: number;
  readonly code: (typeof mistakeCodes)[number];
  readonly message: string;
  readonly hint: string;
}

export interface Interpolated {
  readonly text: string;
  readonly mistakes: readonly TemplateMistake[];
}

/** Deeper nesting of defaults is a mistake, not a program. */
const maxNesting = limits.interpolationDepth.most;
const namePattern = /[A-Za-z_][A-Za-z0-9_]*/y;
const operatorPattern = /:?[-+?]/y;

/**
 * Replaces variables in one text: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?error}`,
 * `${NAME?error}`, `${NAME:+replacement}`, `${NAME+replacement}`, and `$$` for a dollar; defaults and replacements are
 * texts of the same kind (Compose specification, "Interpolation"). A dollar before anything else stands for itself. What
 * a variable holds is never read again.
 */
export function interpolateText(text: string, variables: ReadonlyMap<string, string>): Interpolated {
  const run: Run = { variables, mistakes: [] };
  return { text: substitute(text, { run, offset: 0, nesting: 0 }), mistakes: run.mistakes };
}

interface Run {
  readonly variables: ReadonlyMap<string, string>;
  readonly mistakes: TemplateMistake[];
}

/** Where a text lies inside the whole. */
interface Place {
  readonly run: Run;
  readonly offset: number;
  readonly nesting: number;
}

function substitute(text: string, place: Place): string {
  if (place.nesting > maxNesting) {
    badSyntax(place, text, "variables are nested too deeply");
    return "";
  }
  let result = "";
  let next = 0;
  for (let dollar = text.indexOf("$"); dollar >= 0; dollar = text.indexOf("$", next)) {
    result += text.slice(next, dollar);
    const at = { ...place, offset: place.offset + dollar };
    const reference = readReference(text, dollar, at);
    result += reference.text;
    next = reference.end;
  }
  return result + text.slice(next);
}

/** One reference that starts with the dollar at `start`. */
function readReference(text: string, start: number, place: Place): { text: string; end: number } {
  const after = text[start + 1];
  if (after === "$") return { text: "$", end: start + 2 };
  if (after === "{") {
    const close = closingBrace(text, start + 2);
    const end = close < 0 ? text.length : close + 1;
    if (close >= 0) return { text: braced(text.slice(start + 2, close), place), end };
    badSyntax(place, text.slice(start), "this ${ has no }");
    return { text: "", end };
  }
  const name = matchAt(namePattern, text, start + 1);
  if (name !== undefined)
    return { text: variableValue(name, place, name.length + 1), end: start + 1 + name.length };
  return { text: "$", end: start + 1 };
}

/** Index of the brace that ends a `${`; pairs of braces in between are skipped. */
function closingBrace(text: string, from: number): number {
  let open = 1;
  for (let index = from; index < text.length; index++) {
    if (text[index] === "}" && --open === 0) return index;
    if (text[index] === "{") open++;
  }
  return -1;
}

/** The inside of `${…}`. */
function braced(inside: string, place: Place): string {
  const name = matchAt(namePattern, inside, 0);
  if (name === undefined) return badSyntax(place, `\${${inside}}`, `"\${${inside}}" names no variable`);
  if (name.length === inside.length) return variableValue(name, place, inside.length + 3);
  const operator = matchAt(operatorPattern, inside, name.length);
  if (operator === undefined) {
    return badSyntax(place, `\${${inside}}`, `"\${${inside}}" is no variable that Compose knows`);
  }
  const start = name.length + operator.length;
  const word = inside.slice(start);
  const wordPlace = { ...place, offset: place.offset + 2 + start, nesting: place.nesting + 1 };
  const value = place.run.variables.get(name);
  const isThere = value !== undefined && (!operator.startsWith(":") || value !== "");
  if (operator.endsWith("+")) return isThere ? substitute(word, wordPlace) : "";
  if (isThere) return value;
  if (operator.endsWith("-")) return substitute(word, wordPlace);
  place.run.mistakes.push({
    offset: place.offset,
    length: inside.length + 3,
    code: "required-variable",
    message: `required variable "${name}" is missing${word === "" ? "" : `: ${substitute(word, wordPlace)}`}`,
    hint: declareHint(name, place.run),
  });
  return "";
}

function variableValue(name: string, place: Place, length: number): string {
  const value = place.run.variables.get(name);
  if (value !== undefined) return value;
  place.run.mistakes.push({
    offset: place.offset,
    length,
    code: "unset-variable",
    message: `variable "${name}" is not set`,
    hint: declareHint(name, place.run),
  });
  return "";
}

function declareHint(name: string, run: Run): string {
  const near = didYouMean(name, run.variables.keys());
  const declare = `declare it under values in mysysconfig.yaml or write \${${name}:-default}`;
  return near === undefined ? declare : `${near} Otherwise ${declare}`;
}

function badSyntax(place: Place, text: string, message: string): string {
  place.run.mistakes.push({
    offset: place.offset,
    length: text.length,
    code: "bad-interpolation",
    message,
    hint: "write $$ for a dollar sign, ${NAME} or ${NAME:-default} for a variable",
  });
  return "";
}

function matchAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}

/** What interpolating a whole tree needs; `done` keeps values that anchors share shared. */
export interface TreeInterpolation {
  readonly variables: ReadonlyMap<string, string>;
  readonly sink: DiagnosticSink;
  readonly done: Map<YamlNode, YamlNode>;
  /** Scalars with a mistake: whatever else is wrong with them follows from it. */
  readonly broken: Set<Position>;
}

/**
 * Interpolates every scalar value of a tree, never a key; it is done after parsing, so that no value can add a key. The
 * result is a text that the readers take for a number or a boolean where one is wanted, as Compose casts them.
 */
export function interpolateTree(node: YamlNode, scope: TreeInterpolation): YamlNode {
  const known = scope.done.get(node);
  if (known) return known;
  const result = interpolateNode(node, scope);
  scope.done.set(node, result);
  return result;
}

function interpolateNode(node: YamlNode, scope: TreeInterpolation): YamlNode {
  if (node.kind === "list") {
    return { ...node, items: node.items.map((item) => interpolateTree(item, scope)) };
  }
  if (node.kind === "map") {
    const entries = node.entries.map((entry) => ({ ...entry, value: interpolateTree(entry.value, scope) }));
    return { ...node, entries };
  }
  if (typeof node.value !== "string" || !node.text.includes("$")) return node;
  const { text, mistakes } = interpolateText(node.text, scope.variables);
  if (mistakes.length > 0) scope.broken.add(node.position);
  for (const mistake of mistakes) {
    scope.sink.error(positionInside(node, mistake), mistake.code, mistake.message, mistake.hint);
  }
  return { ...node, text, value: text, quoted: true };
}

/** The exact place when the scalar stands on one line as written, the scalar's own place otherwise. */
function positionInside(node: YamlScalar, mistake: TemplateMistake): Position {
  const quotes = node.quoted ? 1 : 0;
  const { position } = node;
  if (position.length !== node.text.length + 2 * quotes) return position;
  return { ...position, column: position.column + quotes + mistake.offset, length: mistake.length };
}
