import { isTag, maxTagLength } from "./image-ref.ts";

/**
 * Tags of images that say which of two is newer. What a tag means follows from its form alone, without a
 * registry:
 *
 * - build: `58-develop`, build 58 of the branch `develop`;
 * - date: `20150619`, `20150619_1504` or `20150619_150405`, a day with or without a time of day;
 * - version: `1.10.0`, `v2.0.0-rc.1` (https://semver.org, all three numbers);
 * - other: anything else (`latest`, `16`, `bookworm`), which nothing can be compared with.
 *
 * No tag has two forms. A date with dashes (`2015-06-19_15-04`) is build 2015 of a branch: a build tag must
 * mean the same whatever its branch is called.
 */
export type ParsedTag = BuildTag | DateTag | VersionTag | { readonly form: "other" };

export interface BuildTag {
  readonly form: "build";
  /** Build numbers have no largest value. */
  readonly build: bigint;
  /** The branch's own name, `feature/login`. */
  readonly branch: string;
}

export interface DateTag {
  readonly form: "date";
  /** `YYYYMMDDHHMMSS`; what was not written is zero. */
  readonly digits: string;
}

export interface VersionTag {
  readonly form: "version";
  readonly version: Version;
}

export interface Version {
  /** Major, minor, patch. */
  readonly numbers: readonly [bigint, bigint, bigint];
  /** Identifiers after the dash; empty for a release. */
  readonly prerelease: readonly string[];
}

const versionPattern =
  /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*))?$/;

/** The form of a tag; total: a text that is no tag at all is of the form `other`. */
export function parseTag(tag: string): ParsedTag {
  if (!isTag(tag)) return { form: "other" };
  const build = /^(\d+)-(.+)$/.exec(tag);
  if (build?.[1] !== undefined && build[2] !== undefined)
    return { form: "build", build: BigInt(build[1]), branch: branchOfTag(build[2]) };
  const digits = dateDigits(tag);
  if (digits !== undefined) return { form: "date", digits };
  const version = parseVersion(tag);
  return version === undefined ? { form: "other" } : { form: "version", version };
}

/**
 * Which of two tags is older: negative when `a` is, positive when `b` is, 0 when they say the same.
 * `undefined` for tags of different forms, of different branches, or of a form without order.
 */
export function compareTags(a: ParsedTag, b: ParsedTag): number | undefined {
  if (a.form === "build" && b.form === "build")
    return a.branch === b.branch ? compare(a.build, b.build) : undefined;
  if (a.form === "date" && b.form === "date") return compare(a.digits, b.digits);
  if (a.form === "version" && b.form === "version") return compareVersions(a.version, b.version);
  return undefined;
}

/** A tag, or a sentence that says why there is none. */
type FormattedTag = { readonly tag: string } | { readonly mistake: string };

/** The tag of a build: `58-feature__login`. */
export function formatBuildTag(build: bigint, branch: string): FormattedTag {
  if (build < 0n) return { mistake: `build number ${build} is negative` };
  const name = `build ${build} of branch "${branch}"`;
  return mistakeOfBranch(branch) ?? shortEnough(`${build}-${branchAsTag(branch)}`, name);
}

/** The tag that moves on with every build of a branch: `feature__login`. */
export function formatBranchTag(branch: string): FormattedTag {
  const mistake = mistakeOfBranch(branch);
  if (mistake !== undefined) return mistake;
  if (/^[.-]/.test(branch))
    return { mistake: `branch "${branch}" begins with "${branch[0]}", which no tag may begin with` };
  return shortEnough(branchAsTag(branch), `branch "${branch}"`);
}

function mistakeOfBranch(branch: string): { readonly mistake: string } | undefined {
  if (branch === "") return { mistake: "the branch has no name" };
  if (!branch.isWellFormed()) return { mistake: "the name of the branch is not Unicode text" };
  return undefined;
}

function shortEnough(tag: string, name: string): FormattedTag {
  if (tag.length <= maxTagLength) return { tag };
  const length = `${tag.length} characters long, at most ${maxTagLength} are allowed`;
  return { mistake: `the tag of ${name} would be ${length}` };
}

/**
 * A branch name as a tag may contain it, without loss: `/` becomes `__`, any other byte (UTF-8) that is not
 * allowed in tags becomes `_.HH`, and a `_` before what begins with `_` or `.` becomes `_.5F`, so that it is
 * not read as one of these. `feature/login` is `feature__login`, `my_branch` stays as it is.
 */
export function branchAsTag(branch: string): string {
  return branch.replace(/_(?=[^A-Za-z0-9-])|[^A-Za-z0-9_.-]/gu, (character) =>
    character === "/" ? "__" : [...new TextEncoder().encode(character)].map(escapeByte).join(""),
  );
}

function escapeByte(byte: number): string {
  return `_.${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** The inverse of `branchAsTag`; an escape that it would never write stands for itself. */
function branchOfTag(text: string): string {
  return text.replace(/__|(?:_\.[0-9A-F]{2})+/g, (written) => {
    if (written === "__") return "/";
    const bytes = written.split("_.").slice(1);
    try {
      const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      return decoder.decode(Uint8Array.from(bytes, (hex) => Number.parseInt(hex, 16)));
    } catch {
      return written;
    }
  });
}

/** A day that exists, and a time of day, as `YYYYMMDDHHMMSS`. */
function dateDigits(tag: string): string | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})(?:_((?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?))?$/.exec(tag);
  if (!match) return undefined;
  const [year, month, day] = match.slice(1, 4).map(Number);
  const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day));
  if (date.getUTCMonth() + 1 !== month || date.getUTCDate() !== day) return undefined;
  return `${tag.slice(0, 8)}${(match[4] ?? "").padEnd(6, "0")}`;
}

/**
 * A semantic version with an optional `v` (https://semver.org, 2 and 9); build metadata cannot stand in a
 * tag.
 */
export function parseVersion(text: string): Version | undefined {
  const match = versionPattern.exec(text);
  if (!match) return undefined;
  const [major = "0", minor = "0", patch = "0"] = match.slice(1, 4);
  return {
    numbers: [BigInt(major), BigInt(minor), BigInt(patch)],
    prerelease: match[4]?.split(".") ?? [],
  };
}

/** Precedence of versions (https://semver.org, 11). */
export function compareVersions(a: Version, b: Version): number {
  for (const index of [0, 1, 2] as const) {
    const order = compare(a.numbers[index], b.numbers[index]);
    if (order !== 0) return order;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return compare(b.prerelease.length, a.prerelease.length);
  return comparePrereleases(a.prerelease, b.prerelease);
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    const order = compareIdentifiers(left, right);
    if (order !== 0) return order;
  }
  return compare(a.length, b.length);
}

/** Numbers by value and before texts, texts by their characters. */
function compareIdentifiers(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber && isOtherNumber) return compare(BigInt(a), BigInt(b));
  return isNumber === isOtherNumber ? compare(a, b) : isNumber ? -1 : 1;
}

function compare<T extends bigint | number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
