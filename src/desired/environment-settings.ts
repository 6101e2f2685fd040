import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { parseGoDuration, parseSystemdDuration } from "../lib/duration.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { YamlNode } from "../lib/yaml.ts";
import {
  entryOf,
  isNull,
  knownEntries,
  limitedEntries,
  readMap,
  readNumber,
  readText,
  readTextList,
  readWord,
} from "../lib/yaml-read.ts";
import {
  type Environment,
  type NewBuildPolicy,
  newBuildPolicies,
  type PrunePolicy,
  type RolloutPolicy,
} from "../model/environment.ts";
import { isName, nameRule } from "./names.ts";
import { noValues, readValues, type ValueLayer } from "./value-layer.ts";

export interface PolicySettings extends Partial<RolloutPolicy> {
  readonly newBuilds?: NewBuildPolicy;
}
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
  /** Branches whose builds may run here as well. */
  readonly promotesFrom: readonly string[];
  readonly position: Position;
}

export const environmentKeys = ["branch", "target", "values", "policy", "prune", "promotesFrom"] as const;

export const targets = ["auto", "engine", "swarm"] as const;

/** Sorted by name. */
export function readEnvironments(
  node: YamlNode,
  secretNames: ReadonlySet<string>,
  sink: DiagnosticSink,
): readonly EnvironmentSettings[] {
  const map = readMap(node, "environments", sink);
  const entries = map ? limitedEntries(map, "environments", sink) : [];
  const environments = entries.map(({ key: name, keyPosition, value }) => {
    if (!isName(name))
      sink.error(keyPosition, "invalid-name", `environment "${name}" is no valid name`, nameRule);
    return readEnvironment(name, keyPosition, value, secretNames, sink);
  });
  for (const { key, value } of entries) checkPromotions(key, value, environments, sink);
  return environments.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A promotion comes from a branch that another environment runs: a mistyped one would refuse builds without a word. */
function checkPromotions(
  name: string,
  node: YamlNode,
  environments: readonly EnvironmentSettings[],
  sink: DiagnosticSink,
): void {
  const list = node.kind === "map" ? entryOf(node, "promotesFrom")?.value : undefined;
  if (list?.kind !== "list") return;
  const branchOf = (environment: EnvironmentSettings) => environment.branch ?? environment.name;
  const own = environments.filter((environment) => environment.name === name).map(branchOf);
  const others = environments.map(branchOf).filter((branch) => !own.includes(branch));
  const seen = new Set<string>();
  for (const item of list.items) {
    if (item.kind !== "scalar" || isNull(item)) continue;
    const { text, position } = item;
    const what = `environments.${name}.promotesFrom`;
    if (own.includes(text))
      sink.error(position, "own-branch", `${what}: "${text}" is its own branch`, "remove it");
    else if (seen.has(text)) sink.error(position, "duplicate-name", `${what}: "${text}" is listed twice`);
    else if (!others.includes(text)) {
      const hint =
        didYouMean(text, others) ?? `branches of other environments: ${others.join(", ") || "none"}`;
      sink.error(position, "unknown-branch", `${what}: no environment runs branch "${text}"`, hint);
    }
    seen.add(text);
  }
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
  const entries = map ? knownEntries(map, environmentKeys, what, sink) : [];
  const nodes = new Map(
    entries.filter((entry) => !isNull(entry.value)).map((entry) => [entry.key, entry.value]),
  );
  const [branch, target, values, policy, prune, promotesFrom] = environmentKeys.map((key) => nodes.get(key));
  const branchName = branch && readText(branch, `${what}.branch`, sink);
  const targetName = target && readWord(target, `${what}.target`, targets, sink);
  return {
    name,
    ...(branchName === undefined ? {} : { branch: branchName }),
    target: targetName ?? "auto",
    values: values ? readValues(values, `${what}.values`, secretNames, sink) : noValues,
    policy: policy ? readPolicy(policy, `${what}.policy`, sink) : {},
    prune: prune ? readPrune(prune, `${what}.prune`, sink) : {},
    promotesFrom: (promotesFrom && readTextList(promotesFrom, `${what}.promotesFrom`, sink)) ?? [],
    position,
  };
}

/** Keys of `policy:` and what they set. */
export const policyKeys = {
  stability: "stabilityMs",
  gateTimeout: "gateTimeoutMs",
  settle: "settleMs",
  retention: "retentionMs",
  lockExpiry: "lockExpiryMs",
} as const satisfies Record<string, keyof RolloutPolicy>;

/** What a push to a registry leads to. */
export const registryKey = "registry";

/** A shorter one could not be renewed in time by a busy host. */
const shortestLockExpiryMs = 5_000;

/**
 * `policy: {stability: 5s, gateTimeout: 2min, registry: wait}`.
 *
 * @param others keys that mean something here and are read elsewhere
 */
export function readPolicy(
  node: YamlNode,
  what: string,
  sink: DiagnosticSink,
  others: readonly string[] = [],
): PolicySettings {
  const map = readMap(node, what, sink);
  const policy: { -readonly [K in keyof RolloutPolicy]?: number } & { newBuilds?: NewBuildPolicy } = {};
  const known = [...Object.keys(policyKeys), registryKey, ...others];
  for (const { key, value } of map ? knownEntries(map, known, what, sink) : []) {
    if (others.includes(key)) continue;
    if (key === registryKey) {
      const word = readWord(value, `${what}.${key}`, newBuildPolicies, sink);
      if (word !== undefined) policy.newBuilds = word;
      continue;
    }
    const ms = readDuration(value, `${what}.${key}`, sink);
    if (ms === undefined) continue;
    if (key === "lockExpiry" && ms < shortestLockExpiryMs)
      sink.error(value.position, "out-of-range", `${what}.${key} must be at least 5s`);
    else policy[policyKeys[key as keyof typeof policyKeys]] = ms;
  }
  return policy;
}

export const pruneKeys = ["maxShare", "images"] as const;
export const imagePrunings = ["keep", "unused"] as const;

/** `prune: {maxShare: 0.5, images: unused}`. */
export function readPrune(node: YamlNode, what: string, sink: DiagnosticSink): PruneSettings {
  const map = readMap(node, what, sink);
  const prune: { -readonly [K in keyof PrunePolicy]?: PrunePolicy[K] } = {};
  for (const { key, value } of map ? knownEntries(map, pruneKeys, what, sink) : []) {
    if (key === "images") {
      const word = readWord(value, `${what}.images`, imagePrunings, sink);
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
