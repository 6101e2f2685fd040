import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { parseGoDuration, parseSystemdDuration } from "../lib/duration.ts";
import type { YamlNode } from "../lib/yaml.ts";
import { isNull, knownEntries, readMap, readNumber, readText, readWord } from "../lib/yaml-read.ts";
import type { Environment, PrunePolicy, RolloutPolicy } from "../model/environment.ts";
import { isName, nameRule } from "./names.ts";
import { noValues, readValues, type ValueLayer } from "./value-layer.ts";

export type PolicySettings = Partial<RolloutPolicy>;
export type PruneSettings = Partial<PrunePolicy>;

/** One entry of `environments:`; what is absent falls back to the top level. */
export interface EnvironmentSettings {
  readonly name: string;
  /** Absent: the branch with the environment's own name. */
  readonly branch?: string;
  readonly target: Environment["target"];
  readonly values: ValueLayer;
  readonly policy: PolicySettings;
  readonly prune: PruneSettings;
  readonly position: Position;
}

const keys = ["branch", "target", "values", "policy", "prune"] as const;

/** Sorted by name. */
export function readEnvironments(
  node: YamlNode,
  secretNames: ReadonlySet<string>,
  sink: DiagnosticSink,
): readonly EnvironmentSettings[] {
  const entries = readMap(node, "environments", sink)?.entries ?? [];
  const environments = entries.map(({ key: name, keyPosition, value }) => {
    if (!isName(name))
      sink.error(keyPosition, "invalid-name", `environment "${name}" is no valid name`, nameRule);
    return readEnvironment(name, keyPosition, value, secretNames, sink);
  });
  return environments.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readEnvironment(
  name: string,
  position: Position,
  node: YamlNode,
  secretNames: ReadonlySet<string>,
  sink: DiagnosticSink,
): EnvironmentSettings {
  const what = `environments.${name}`;
  const map = readMap(node, what, sink);
  const entries = map ? knownEntries(map, keys, what, sink) : [];
  const nodes = new Map(
    entries.filter((entry) => !isNull(entry.value)).map((entry) => [entry.key, entry.value]),
  );
  const [branch, target, values, policy, prune] = keys.map((key) => nodes.get(key));
  const branchName = branch && readText(branch, `${what}.branch`, sink);
  const targetName = target && readWord(target, `${what}.target`, ["auto", "engine", "swarm"], sink);
  return {
    name,
    ...(branchName === undefined ? {} : { branch: branchName }),
    target: targetName ?? "auto",
    values: values ? readValues(values, `${what}.values`, secretNames, sink) : noValues,
    policy: policy ? readPolicy(policy, `${what}.policy`, sink) : {},
    prune: prune ? readPrune(prune, `${what}.prune`, sink) : {},
    position,
  };
}

/** Keys of `policy:` and what they set. */
const policyKeys = {
  stability: "stabilityMs",
  gateTimeout: "gateTimeoutMs",
  settle: "settleMs",
  retention: "retentionMs",
  lockExpiry: "lockExpiryMs",
} as const satisfies Record<string, keyof RolloutPolicy>;

/** A shorter one could not be renewed in time by a busy host. */
const shortestLockExpiryMs = 5_000;

/** `policy: {stability: 5s, gateTimeout: 2min}`. */
export function readPolicy(node: YamlNode, what: string, sink: DiagnosticSink): PolicySettings {
  const map = readMap(node, what, sink);
  const policy: { -readonly [K in keyof RolloutPolicy]?: number } = {};
  for (const { key, value } of map ? knownEntries(map, Object.keys(policyKeys), what, sink) : []) {
    const ms = readDuration(value, `${what}.${key}`, sink);
    if (ms === undefined) continue;
    if (key === "lockExpiry" && ms < shortestLockExpiryMs)
      sink.error(value.position, "out-of-range", `${what}.${key} must be at least 5s`);
    else policy[policyKeys[key as keyof typeof policyKeys]] = ms;
  }
  return policy;
}

/** `prune: {maxShare: 0.5, images: unused}`. */
export function readPrune(node: YamlNode, what: string, sink: DiagnosticSink): PruneSettings {
  const map = readMap(node, what, sink);
  const prune: { -readonly [K in keyof PrunePolicy]?: PrunePolicy[K] } = {};
  for (const { key, value } of map ? knownEntries(map, ["maxShare", "images"], what, sink) : []) {
    if (key === "images") {
      const word = readWord(value, `${what}.images`, ["keep", "unused"], sink);
      if (word !== undefined) prune.images = word;
      continue;
    }
    const share = readNumber(value, `${what}.maxShare`, sink);
    if (share === undefined) continue;
    if (share >= 0 && share <= 1) prune.maxShare = share;
    else sink.error(value.position, "out-of-range", `${what}.maxShare must be from 0 to 1, not ${share}`);
  }
  return prune;
}

function readDuration(node: YamlNode, what: string, sink: DiagnosticSink): number | undefined {
  const text = readText(node, what, sink);
  if (text === undefined) return undefined;
  const ms = parseGoDuration(text) ?? parseSystemdDuration(text);
  if (ms !== undefined && Number.isFinite(ms)) return Math.round(ms);
  sink.error(node.position, "invalid-duration", `${what}: "${text}" is no time span`, "write 5s or 1min 30s");
  return undefined;
}
