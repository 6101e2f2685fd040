import { matchesAny, matchesPattern } from "../lib/pattern.ts";
import { compareTags, type ParsedTag, parseTag } from "./build-tag.ts";
import { isInRange, type VersionRange } from "./version-range.ts";

/** How the tag of an image moves when newer ones are looked for. */
export type TagPolicy =
  /** To the newest build of the environment's branch. */
  | { readonly kind: "newest-build" }
  /** Never: this tag is meant. */
  | { readonly kind: "pinned"; readonly tag: string }
  /** To the newest version inside the range. */
  | { readonly kind: "semver"; readonly range: VersionRange; readonly text: string }
  | { readonly kind: "newest-date" }
  /** Never: whatever is written is meant. */
  | { readonly kind: "fixed" };

export interface PolicyRule {
  /** An image name, or a pattern of names, without a tag. */
  readonly pattern: string;
  readonly policy: TagPolicy;
}

/**
 * The policy of one image: the rule that names it, else the first pattern that matches, else the newest
 * build for own images and what is written for all others.
 *
 * @param name as people write it, without a tag (`familiarName`)
 */
export function policyOf(
  name: string,
  images: { readonly own: readonly string[]; readonly policies: readonly PolicyRule[] },
): TagPolicy {
  const rule =
    images.policies.find(({ pattern }) => pattern === name) ??
    images.policies.find(({ pattern }) => matchesPattern(name, pattern));
  if (rule) return rule.policy;
  return matchesAny(name, images.own) ? { kind: "newest-build" } : { kind: "fixed" };
}

/** What is known about one image when its tag is chosen. */
export interface TagSituation {
  /** As written now; absent without a tag. */
  readonly current?: string | undefined;
  /** What the registry has, in any order. */
  readonly tags: readonly string[];
  /** The environment's branch. */
  readonly branch?: string | undefined;
  /** Tags that were tried and failed here. */
  readonly failed: ReadonlySet<string>;
}

export interface TagChoice {
  /** Absent: the tag stays as it is. */
  readonly chosen?: string;
  /** One sentence for people: why this tag, or why none. */
  readonly why: string;
  /** Newer tags that the policy would have taken, newest first. */
  readonly skipped: readonly { readonly tag: string; readonly reason: string }[];
}

/** A tag that the policy allows. */
interface Candidate {
  readonly tag: string;
  readonly parsed: ParsedTag;
}

/**
 * Chooses the tag that an image should move to. Never to another branch, never to an older one, never to one
 * that failed here before; tags that the policy is not about are ignored.
 */
export function chooseTag(policy: TagPolicy, situation: TagSituation): TagChoice {
  const { current, branch } = situation;
  if (policy.kind === "fixed") return stays("the policy is to leave it as it is written");
  if (policy.kind === "pinned") {
    const others = current === undefined || current === policy.tag ? "" : `, but "${current}" is written`;
    return stays(`pinned to "${policy.tag}"${others}`);
  }
  if (policy.kind === "newest-build" && branch === undefined)
    return stays("the environment has no branch whose builds could be compared");
  const now = current === undefined ? undefined : parseTag(current);
  if (now && !isAllowed(now, policy, branch) && !isComparable(now, policy)) {
    return stays(`"${current}" is no ${whatIsMeant(policy, branch)}, so that none can be called newer`);
  }
  return newestOf(policy, situation, now);
}

/** A version outside the range can still be compared with those inside; a build of another branch cannot. */
function isComparable(now: ParsedTag, policy: TagPolicy): boolean {
  return policy.kind === "semver" && now.form === "version";
}

function newestOf(policy: TagPolicy, situation: TagSituation, now: ParsedTag | undefined): TagChoice {
  const { current, tags, branch, failed } = situation;
  const what = whatIsMeant(policy, branch);
  const allowed = [...new Set(tags)]
    .map((tag) => ({ tag, parsed: parseTag(tag) }))
    .filter(({ parsed }) => isAllowed(parsed, policy, branch))
    .sort(newestFirst);
  const newer = allowed.filter(({ parsed }) => now === undefined || (compareTags(parsed, now) ?? 0) > 0);
  const chosen = newer.find(({ tag }) => !failed.has(tag));
  const skipped = newer
    .slice(0, chosen ? newer.indexOf(chosen) : newer.length)
    .map(({ tag }) => ({ tag, reason: "it failed here before" }));
  if (chosen) return { chosen: chosen.tag, why: `the newest ${what}`, skipped };
  if (skipped.length > 0) return { why: `every newer ${what} failed here before`, skipped };
  if (allowed.length === 0) return stays(`the registry has no ${what}`);
  return stays(`no ${what} is newer than "${current}"`);
}

function isAllowed(tag: ParsedTag, policy: TagPolicy, branch: string | undefined): boolean {
  switch (policy.kind) {
    case "newest-build":
      return tag.form === "build" && tag.branch === branch;
    case "newest-date":
      return tag.form === "date";
    case "semver":
      return tag.form === "version" && isInRange(tag.version, policy.range);
    case "pinned":
    case "fixed":
      return false;
    default:
      return policy satisfies never;
  }
}

function whatIsMeant(policy: TagPolicy, branch: string | undefined): string {
  if (policy.kind === "newest-build") return `build of "${branch}"`;
  if (policy.kind === "newest-date") return "date";
  return policy.kind === "semver" ? `version in "${policy.text}"` : "tag";
}

/** Equal ones (`7-develop`, `007-develop`) by their text, so that the same is chosen every time. */
function newestFirst(a: Candidate, b: Candidate): number {
  const order = compareTags(b.parsed, a.parsed) ?? 0;
  return order !== 0 ? order : a.tag < b.tag ? -1 : a.tag > b.tag ? 1 : 0;
}

function stays(why: string): TagChoice {
  return { why, skipped: [] };
}
