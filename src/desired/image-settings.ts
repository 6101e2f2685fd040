import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { matchesPattern } from "../lib/pattern.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { YamlEntry, YamlNode } from "../lib/yaml.ts";
import {
  isNull,
  knownEntries,
  limitedEntries,
  readList,
  readMap,
  readText,
  readTextList,
} from "../lib/yaml-read.ts";
import type { ImageException } from "../model/image-policy.ts";
import { isTag, parseImageRef } from "../model/image-ref.ts";
import type { PolicyRule, TagPolicy } from "../model/tag-policy.ts";
import { parseVersionRange } from "../model/version-range.ts";

/** `images:` of the settings. */
export interface ImageSettings {
  /** Patterns of images that the owners of this configuration build. */
  readonly own: readonly string[];
  /** In the order of the file. */
  readonly policies: readonly PlacedRule[];
  readonly exceptions: readonly PlacedException[];
}

export interface PlacedRule extends PolicyRule {
  readonly position: Position;
}

export interface PlacedException extends ImageException {
  readonly position: Position;
}

export const noImageSettings: ImageSettings = { own: [], policies: [], exceptions: [] };

export const imageKeys = ["own", "policies", "exceptions"] as const;
export const openPolicyKeys = ["pinned", "semver"] as const;
export const exceptionKeys = ["image", "reason"] as const;
export const policyWords = ["newest-build", "newest-date", "fixed"] as const;
const policyForms = `${policyWords.join(", ")}, {pinned: TAG} or {semver: RANGE}`;

/** `images: {own: [myrepo/*], policies: {…}, exceptions: […]}`. */
export function readImages(node: YamlNode, sink: DiagnosticSink): ImageSettings {
  const map = readMap(node, "images", sink);
  const entries = map ? knownEntries(map, imageKeys, "images", sink) : [];
  const nodeOf = (key: string) => entries.find((entry) => entry.key === key && !isNull(entry.value))?.value;
  const [own, policies, exceptions] = imageKeys.map(nodeOf);
  return {
    own: own ? readOwn(own, sink) : [],
    policies: policies ? readPolicies(policies, sink) : [],
    exceptions: exceptions ? readExceptions(exceptions, sink) : [],
  };
}

function readOwn(node: YamlNode, sink: DiagnosticSink): readonly string[] {
  if (node.kind !== "list") readTextList(node, "images.own", sink);
  return (node.kind === "list" ? node.items : []).flatMap((item) => {
    const pattern = readText(item, "an item of images.own", sink);
    return pattern !== undefined && checkPattern(pattern, item.position, sink) ? [pattern] : [];
  });
}

/** Without a tag: no colon behind the last slash. */
export const imagePattern: RegExp = /^(?!.*:[^/]*$)[a-z0-9.*_/:-]+$/;

function checkPattern(pattern: string, position: Position, sink: DiagnosticSink): boolean {
  if (imagePattern.test(pattern)) return true;
  const hint = 'write image names without a tag, "*" for anything but "/": myrepo/*';
  sink.error(position, "invalid-pattern", `"${pattern}" is no pattern of image names`, hint);
  return false;
}

function readPolicies(node: YamlNode, sink: DiagnosticSink): readonly PlacedRule[] {
  const rules: PlacedRule[] = [];
  const map = readMap(node, "images.policies", sink);
  const entries = map ? limitedEntries(map, "images.policies", sink) : [];
  for (const { key: pattern, keyPosition: position, value } of entries) {
    const policy = readTagPolicy(value, `images.policies.${pattern}`, sink);
    if (!checkPattern(pattern, position, sink)) continue;
    const earlier = rules.find((rule) => hides(rule.pattern, pattern));
    if (earlier) {
      const message = `the policy of "${pattern}" never applies: "${earlier.pattern}" before it matches first`;
      sink.error(position, "unreachable-policy", message, "move it up, or remove it");
    }
    if (policy) rules.push({ pattern, policy, position });
  }
  return rules;
}

/**
 * Whether every image that a later pattern matches is matched by the earlier one; names come before
 * patterns.
 */
function hides(earlier: string, later: string): boolean {
  return later.includes("*") && matchesPattern(later.replaceAll("**", "*/*"), earlier);
}

function readTagPolicy(node: YamlNode, what: string, sink: DiagnosticSink): TagPolicy | undefined {
  if (node.kind === "map") {
    const entries = knownEntries(node, openPolicyKeys, what, sink);
    const [entry] = entries;
    if (entry && node.entries.length === 1) return readOpenPolicy(entry, what, sink);
    if (entries.length === node.entries.length)
      sink.error(node.position, "invalid-policy", `${what} must be one policy`, `write ${policyForms}`);
    return undefined;
  }
  const text = readText(node, what, sink);
  const kind = policyWords.find((word) => word === text);
  if (kind !== undefined) return { kind };
  if (text !== undefined) {
    const hint = didYouMean(text, policyWords) ?? `one of: ${policyForms}`;
    sink.error(node.position, "unknown-value", `${what} cannot be "${text}"`, hint);
  }
  return undefined;
}

/** `pinned: 58-develop` or `semver: ">=1.2 <2"`. */
function readOpenPolicy(
  { key, value }: YamlEntry,
  what: string,
  sink: DiagnosticSink,
): TagPolicy | undefined {
  const text = readText(value, `${what}.${key}`, sink);
  if (text === undefined) return undefined;
  if (key === "pinned") {
    if (isTag(text)) return { kind: "pinned", tag: text };
    sink.error(value.position, "invalid-tag", `${what}.pinned: "${text}" is no tag`, "write 58-develop");
    return undefined;
  }
  const range = parseVersionRange(text);
  if (typeof range !== "string") return { kind: "semver", range, text };
  sink.error(value.position, "invalid-range", `${what}.semver: ${range}`, 'write ">=1.2 <2" or "^1.4"');
  return undefined;
}

function readExceptions(node: YamlNode, sink: DiagnosticSink): readonly PlacedException[] {
  const exceptions = new Map<string, PlacedException>();
  for (const item of readList(node, "images.exceptions", sink) ?? []) {
    const exception = readException(item, sink);
    if (!exception) continue;
    if (exceptions.has(exception.image)) {
      sink.error(item.position, "duplicate-name", `"${exception.image}" is excepted twice`);
    }
    exceptions.set(exception.image, exception);
  }
  return [...exceptions.values()];
}

function readException(node: YamlNode, sink: DiagnosticSink): PlacedException | undefined {
  const what = "an item of images.exceptions";
  const map = readMap(node, what, sink);
  if (!map) return undefined;
  const entries = knownEntries(map, exceptionKeys, what, sink);
  const [image, reason] = exceptionKeys.map((key) => {
    const entry = entries.find((candidate) => candidate.key === key);
    const text = entry && readText(entry.value, `${key} of ${what}`, sink);
    const isMissing = !entry || text?.trim() === "";
    if (isMissing) sink.error(node.position, "missing-key", `${what} needs ${key}`, exampleException);
    return text === undefined || isMissing ? undefined : { text, position: entry.value.position };
  });
  if (!image) return undefined;
  const ref = parseImageRef(image.text);
  if (typeof ref === "string" || ref.tag === undefined || ref.tag === "latest") {
    const message = `exception "${image.text}" names no build`;
    sink.error(image.position, "invalid-exception", message, "write name:12-master");
    return undefined;
  }
  return reason && { image: image.text, reason: reason.text, position: image.position };
}

const exampleException = 'write {image: "myrepo/shared:12-master", reason: "why, and until when"}';
