import { DiagnosticSink, type Parsed, type Position } from "../lib/diagnostic.ts";
import { parseYaml, type YamlMap, type YamlNode } from "../lib/yaml.ts";
import { entryOf, isNull, knownEntries, readMap, readText, readTextList } from "../lib/yaml-read.ts";
import { type DaemonSettings, noDaemonSettings } from "../model/daemon-settings.ts";
import { readDaemonSettings } from "./daemon-settings.ts";
import {
  type EnvironmentSettings,
  type PolicySettings,
  type PruneSettings,
  readEnvironments,
  readPolicy,
  readPrune,
} from "./environment-settings.ts";
import { type ImageSettings, noImageSettings, readImages } from "./image-settings.ts";
import { type InstanceSettings, readInstances } from "./instance-settings.ts";
import { isName, nameRule } from "./names.ts";
import { readSubstitutions, type Substitution } from "./substitution-settings.ts";
import { noValues, readValues, type ValueLayer } from "./value-layer.ts";

export const settingsPath = "mysysconfig.yaml";

/** Owner of everything when `project` is not set; set it as soon as two repositories share an Engine. */
const defaultProject = "mysysconfig";

/** `mysysconfig.yaml`, read and checked; every key has a default. */
export interface Settings {
  readonly project: string;
  /** Sorted by name; empty when none is declared. */
  readonly environments: readonly EnvironmentSettings[];
  readonly values: ValueLayer;
  readonly secrets: readonly SecretDeclaration[];
  readonly instances: readonly InstanceSettings[];
  readonly images: ImageSettings;
  /** Declared content of environment files of the host: path → variables. */
  readonly hostFiles: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** What stands for the output of commands in shell lines of units. */
  readonly substitutions: readonly Substitution[];
  readonly policy: PolicySettings;
  readonly prune: PruneSettings;
  /** Patterns of paths in which what looks like a credential is none. */
  readonly allowedCredentials: readonly string[];
  readonly daemon: DaemonSettings;
}

/** A name under `secrets:`; its value only ever comes from outside the repository. */
export interface SecretDeclaration {
  readonly name: string;
  readonly position: Position;
}

export const defaultSettings: Settings = {
  project: defaultProject,
  environments: [],
  values: noValues,
  secrets: [],
  instances: [],
  images: noImageSettings,
  hostFiles: new Map(),
  substitutions: [],
  policy: {},
  prune: {},
  allowedCredentials: [],
  daemon: noDaemonSettings,
};

/** Keys of the top level. */
export const settingsKeys = [
  "project",
  "environments",
  "values",
  "secrets",
  "instances",
  "images",
  "hostFiles",
  "substitutions",
  "policy",
  "prune",
  "schedules",
  "webhooks",
  "notifications",
] as const;

/**
 * Reads the settings. Unknown keys are errors that name the nearest known key.
 *
 * @returns as much as could be read, so that the other files can be checked against it; absent on a syntax error
 */
export function parseSettings(text: string): Parsed<Settings> {
  const sink = new DiagnosticSink();
  const { root, mistakes } = parseYaml(text, settingsPath);
  for (const mistake of mistakes) sink.error(mistake.position, "yaml-syntax", mistake.message);
  const map = root && readMap(root, settingsPath, sink);
  if (mistakes.length > 0) return { diagnostics: sink.diagnostics };
  return { value: map ? readSettings(map, sink) : defaultSettings, diagnostics: sink.diagnostics };
}

function readSettings(map: YamlMap, sink: DiagnosticSink): Settings {
  const nodes = new Map(knownEntries(map, settingsKeys, "", sink).map((entry) => [entry.key, entry.value]));
  const read = <T>(key: (typeof settingsKeys)[number], reader: (node: YamlNode) => T, otherwise: T): T => {
    const node = nodes.get(key);
    return node === undefined || isNull(node) ? otherwise : reader(node);
  };
  const { project, environments, values, secrets, instances, images, hostFiles, policy, prune } =
    defaultSettings;
  const { substitutions, allowedCredentials } = defaultSettings;
  const declared = read("secrets", (node) => readSecrets(node, sink), secrets);
  const secretNames = new Set(declared.map((secret) => secret.name));
  return {
    project: read("project", (node) => readProject(node, sink), project),
    environments: read("environments", (node) => readEnvironments(node, secretNames, sink), environments),
    values: read("values", (node) => readValues(node, "values", secretNames, sink), values),
    secrets: declared,
    instances: read("instances", (node) => readInstances(node, sink), instances),
    images: read("images", (node) => readImages(node, sink), images),
    hostFiles: read("hostFiles", (node) => readHostFiles(node, sink), hostFiles),
    substitutions: read("substitutions", (node) => readSubstitutions(node, sink), substitutions),
    policy: read("policy", (node) => readPolicy(node, "policy", sink, [allowedKey]), policy),
    prune: read("prune", (node) => readPrune(node, "prune", sink), prune),
    allowedCredentials: read("policy", (node) => readAllowed(node, sink), allowedCredentials),
    daemon: readDaemonSettings((key) => read(key, (node) => node, undefined), secretNames, sink),
  };
}

function readProject(node: YamlNode, sink: DiagnosticSink): string {
  const name = readText(node, "project", sink);
  if (name === undefined) return defaultProject;
  if (!isName(name))
    sink.error(node.position, "invalid-name", `project "${name}" is no valid name`, nameRule);
  return name;
}

export const secretName: RegExp = /^[A-Za-z_][A-Za-z0-9_-]*$/;

function readSecrets(node: YamlNode, sink: DiagnosticSink): readonly SecretDeclaration[] {
  const secrets = new Map<string, SecretDeclaration>();
  const items = node.kind === "list" ? node.items : [];
  if (node.kind !== "list") readTextList(node, "secrets", sink);
  for (const item of items) {
    const name = readText(item, "a name in secrets", sink);
    if (name === undefined) continue;
    if (!secretName.test(name)) {
      sink.error(
        item.position,
        "invalid-name",
        `secret "${name}" is no valid name`,
        "letters, digits, - and _; list names only, never values",
      );
    } else if (secrets.has(name)) {
      sink.error(item.position, "duplicate-name", `secret "${name}" is listed twice`);
    } else {
      secrets.set(name, { name, position: item.position });
    }
  }
  return [...secrets.values()];
}

/** Files are of no environment, so that it is a key of the whole configuration. */
export const allowedKey = "allowedCredentials";

function readAllowed(node: YamlNode, sink: DiagnosticSink): readonly string[] {
  const list = node.kind === "map" ? entryOf(node, allowedKey)?.value : undefined;
  if (list === undefined || isNull(list)) return [];
  if (list.kind !== "list") readTextList(list, `policy.${allowedKey}`, sink);
  return (list.kind === "list" ? list.items : []).flatMap((item) => {
    const pattern = readText(item, `an item of policy.${allowedKey}`, sink);
    if (pattern === undefined) return [];
    if (pattern !== "" && !pattern.startsWith("/") && !pattern.split("/").includes("..")) return [pattern];
    const hint = 'write paths of the repository, "*" for anything but "/": units/demo.service';
    sink.error(item.position, "invalid-pattern", `"${pattern}" is no pattern of paths`, hint);
    return [];
  });
}

function readHostFiles(
  node: YamlNode,
  sink: DiagnosticSink,
): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const files = new Map<string, ReadonlyMap<string, string>>();
  for (const { key: path, keyPosition, value } of readMap(node, "hostFiles", sink)?.entries ?? []) {
    if (!path.startsWith("/")) {
      const message = `hostFiles: "${path}" is no absolute path`;
      sink.error(keyPosition, "invalid-path", message, "write the path on the host: /etc/environment");
    }
    const variables = new Map<string, string>();
    for (const entry of readMap(value, `hostFiles.${path}`, sink)?.entries ?? []) {
      const text = isNull(entry.value) ? "" : readText(entry.value, `hostFiles.${path}.${entry.key}`, sink);
      if (text !== undefined) variables.set(entry.key, text);
    }
    files.set(path, variables);
  }
  return files;
}
