import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { shortestMaskedText } from "../model/fingerprint.ts";
import {
  describeValue,
  isList,
  isMap,
  memberOf,
  type TemplateMap,
  type TemplateValue,
} from "../render/template-value.ts";
import type { RunInputs } from "./run-inputs.ts";
import { type SecretDeclaration, settingsPath } from "./settings-file.ts";
import { builtInNames, emptyMap, type ValueLayer } from "./value-layer.ts";

export interface ResolvedValues {
  /** What templates see. */
  readonly templateValues: TemplateMap;
  /** What `${NAME}` in compose files sees: top-level texts, numbers and booleans, and the secrets. */
  readonly variables: ReadonlyMap<string, string>;
  /** Sorted. */
  readonly secretValues: readonly string[];
}

interface BuiltIns {
  readonly project: string;
  readonly environment: string;
  readonly branch?: string | undefined;
}

export interface ValueInputs {
  /** Lowest first. */
  readonly layers: readonly ValueLayer[];
  readonly secrets: readonly SecretDeclaration[];
  readonly inputs: RunInputs;
  readonly builtIns: BuiltIns;
  readonly allowMissingSecrets: boolean;
}

/**
 * Layers the values: base ← environment ← variables of the run ← mounted files. Mappings are merged, anything else is
 * replaced. Secrets are a namespace of their own and come only from outside the repository.
 */
export function resolveValues(given: ValueInputs, sink: DiagnosticSink): ResolvedValues {
  const { layers, secrets, inputs } = given;
  const positions = new Map(layers.flatMap((layer) => [...layer.positions]));
  const secretNames = new Set(secrets.map((secret) => secret.name));
  let values = layers.map((layer) => layer.values).reduce(mergeMaps, emptyMap());
  for (const [name, text] of [...sorted(inputs.variables), ...sorted(inputs.mountedValues)]) {
    if (refuseName(name, secretNames, sink)) continue;
    const runValue = { name, text, position: positions.get(name) ?? startOfSettings };
    values = setDotted(values, name.split("."), runValue, sink);
  }
  const secretMap = resolveSecrets(secrets, inputs, given.allowMissingSecrets, sink);
  const { project, environment, branch } = given.builtIns;
  return {
    templateValues: Object.assign(emptyMap(), values, {
      project,
      environment,
      ...(branch === undefined ? {} : { branch }),
      secrets: Object.assign(emptyMap(), Object.fromEntries(secretMap)),
    }),
    variables: new Map([...scalarsOf(values), ...secretMap]),
    secretValues: maskedValues(secretMap),
  };
}

function refuseName(name: string, secretNames: ReadonlySet<string>, sink: DiagnosticSink): boolean {
  const [first = ""] = name.split(".");
  if (secretNames.has(first)) {
    const message = `"${name}" is declared under secrets but given as a value`;
    sink.error(startOfSettings, "secret-in-values", message, howToGive(name));
    return true;
  }
  if (builtInNames.includes(first)) {
    sink.error(startOfSettings, "reserved-name", `value "${name}": "${first}" is a name of the tool's own`);
    return true;
  }
  if (name.split(".").every((part) => /^(?!__proto__$)[^\s]+$/.test(part))) return false;
  sink.error(
    startOfSettings,
    "invalid-name",
    `value "${name}" has no valid name`,
    "dots separate levels: web.port",
  );
  return true;
}

function resolveSecrets(
  secrets: readonly SecretDeclaration[],
  inputs: RunInputs,
  allowMissing: boolean,
  sink: DiagnosticSink,
): ReadonlyMap<string, string> {
  const resolved = new Map<string, string>();
  for (const { name, position } of secrets) {
    const value = inputs.secrets.get(name);
    if (value === undefined && allowMissing) {
      resolved.set(name, placeholder(name));
    } else if (value === undefined || value === "") {
      const what = value === undefined ? "is not given" : "is empty";
      sink.error(position, "missing-secret", `secret "${name}" ${what}`, howToGive(name));
      resolved.set(name, placeholder(name));
    } else {
      if (value.length < shortestMaskedText) {
        const message = `secret "${name}" is shorter than ${shortestMaskedText} characters and cannot be masked`;
        sink.warning(position, "short-secret", message);
      }
      resolved.set(name, value);
    }
  }
  return resolved;
}

/** Placeholders are no secrets, and what is too short to be masked was warned about. */
function maskedValues(secrets: ReadonlyMap<string, string>): readonly string[] {
  const values = [...secrets].flatMap(([name, value]) => (value === placeholder(name) ? [] : [value]));
  return [...new Set(values)].filter((value) => value.length >= shortestMaskedText).sort();
}

/**
 * Stands in for a secret that is not given, so that everything else can still be checked. It needs no quoting: it is one
 * word of a unit, a plain scalar of YAML and a part of a URL.
 */
function placeholder(name: string): string {
  return `secret-${name}-is-not-given`;
}

function howToGive(name: string): string {
  return `give it as the variable MYSYSCONFIG_SECRET_${name}, or mount a file /run/secrets/${name}`;
}

function mergeMaps(below: TemplateMap, above: TemplateMap): TemplateMap {
  const merged = Object.assign(emptyMap(), below);
  for (const [name, value] of Object.entries(above)) {
    const old = memberOf(below, name);
    merged[name] = isMap(old) && isMap(value) ? mergeMaps(old, value) : value;
  }
  return merged;
}

/** A text that the run gives for a value, and the place of the value it replaces. */
interface RunValue {
  readonly name: string;
  readonly text: string;
  readonly position: Position;
}

/** Sets `a.b.c` to a text that takes the type of the value it replaces. */
function setDotted(
  map: TemplateMap,
  path: readonly string[],
  given: RunValue,
  sink: DiagnosticSink,
): TemplateMap {
  const [first = "", ...rest] = path;
  const old = memberOf(map, first);
  const copy = Object.assign(emptyMap(), map);
  copy[first] =
    rest.length === 0
      ? typedAs(old, given, sink)
      : setDotted(isMap(old) ? old : emptyMap(), rest, given, sink);
  return copy;
}

function typedAs(old: TemplateValue | undefined, given: RunValue, sink: DiagnosticSink): TemplateValue {
  const { name, text, position } = given;
  const mismatch = (expected: string) => {
    sink.error(position, "wrong-type", `value "${name}" of the run must be ${expected}, not "${text}"`);
    return text;
  };
  if (typeof old === "boolean") {
    return text === "true" || text === "false" ? text === "true" : mismatch("true or false");
  }
  if (typeof old === "number") return /^-?\d+(\.\d+)?$/.test(text) ? toNumber(text) : mismatch("a number");
  if (old === undefined || old === null || typeof old === "string") return text;
  const hint = isList(old) ? "lists are set in mysysconfig.yaml" : `set its parts: ${name}.<part>`;
  sink.error(position, "wrong-type", `value "${name}" of the run would replace ${describeValue(old)}`, hint);
  return old;
}

/** Numbers that would print differently stay text. */
function toNumber(text: string): number | string {
  return String(Number(text)) === text ? Number(text) : text;
}

function* scalarsOf(values: TemplateMap): Generator<[string, string]> {
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && typeof value !== "object") yield [name, String(value)];
  }
}

function sorted(given: ReadonlyMap<string, string>): readonly [string, string][] {
  return [...given].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

const startOfSettings: Position = { file: settingsPath, line: 1, column: 1 };
