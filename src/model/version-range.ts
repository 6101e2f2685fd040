import { compareVersions, parseVersion, type Version } from "./build-tag.ts";

/**
 * Versions that one of several alternatives allows; each alternative is a list of conditions that all hold.
 */
export type VersionRange = readonly (readonly Comparator[])[];

interface Comparator {
  readonly operator: ">=" | ">" | "<" | "<=";
  readonly version: Version;
}

/** A version whose last parts may be left out (`1.2`) or written as `x` or `*` (`1.x`). */
const partialPattern =
  /^(>=|<=|>|<|=|\^|~)?v?(\d+|[xX*])(?:\.(\d+|[xX*])(?:\.(\d+|[xX*])(-[0-9A-Za-z.-]+)?)?)?$/;

type Operator = Comparator["operator"] | "=" | "^" | "~";

interface PartialVersion {
  /** What was given: none for `*`, three for a whole version. */
  readonly numbers: readonly bigint[];
  readonly prerelease: readonly string[];
}

/**
 * Parses a range of versions: `>=1.2 <2`, `^1.4`, `~1.4.2`, `1.x || 3`. Spaces are "and", `||` is "or"; a
 * version without operator is that version, or all that begin like it. `^` allows what leaves the first
 * number that is not zero as it is, `~` what leaves major and minor as they are.
 *
 * @returns the range, or a sentence that says what is wrong with it
 */
export function parseVersionRange(text: string): VersionRange | string {
  const range: Comparator[][] = [];
  for (const alternative of text.split("||")) {
    const words = alternative.replace(/(>=|<=|>|<|=|\^|~)\s+/g, "$1").split(/\s+/);
    const conditions = words.filter((word) => word !== "").map(parseCondition);
    if (conditions.length === 0) return `range "${text}" has an empty alternative`;
    const mistake = conditions.find((condition) => typeof condition === "string");
    if (typeof mistake === "string") return mistake;
    range.push(conditions.flatMap((condition) => (typeof condition === "string" ? [] : condition)));
  }
  return range;
}

/**
 * Whether a range allows a version. A version before a release (`2.0.0-rc.1`) is allowed only by an
 * alternative that itself names one of the same release: nobody who writes `>=1` asks for release
 * candidates.
 */
export function isInRange(version: Version, range: VersionRange): boolean {
  return range.some(
    (conditions) =>
      conditions.every((condition) => holds(version, condition)) &&
      (version.prerelease.length === 0 ||
        conditions.some((condition) => namesPrerelease(condition, version))),
  );
}

function holds(version: Version, { operator, version: bound }: Comparator): boolean {
  const order = compareVersions(version, bound);
  if (operator === ">=") return order >= 0;
  if (operator === ">") return order > 0;
  return operator === "<=" ? order <= 0 : order < 0;
}

function namesPrerelease(condition: Comparator, { numbers }: Version): boolean {
  const named = condition.version;
  return named.prerelease.length > 0 && named.numbers.every((number, index) => number === numbers[index]);
}

function parseCondition(word: string): readonly Comparator[] | string {
  const match = partialPattern.exec(word);
  const version = match && readPartial(match.slice(2, 5), match[5]);
  if (!match || !version) return `"${word}" is no version, and no version with >=, >, <, <=, =, ^ or ~`;
  return expand((match[1] ?? "=") as Operator, version);
}

/**
 * `undefined` when a number follows a wildcard or has a zero in front, or when a wildcard has a prerelease.
 */
function readPartial(
  parts: readonly (string | undefined)[],
  suffix: string | undefined,
): PartialVersion | undefined {
  const written = parts.filter((part) => part !== undefined);
  const wildcard = written.findIndex((part) => /^[xX*]$/.test(part));
  const given = wildcard < 0 ? written : written.slice(0, wildcard);
  if (written.slice(given.length).some((part) => /\d/.test(part))) return undefined;
  if (given.some((part) => /^0\d/.test(part))) return undefined;
  if (suffix === undefined) return { numbers: given.map(BigInt), prerelease: [] };
  const version = parseVersion(`${given.join(".")}${suffix}`);
  return version && { numbers: version.numbers, prerelease: version.prerelease };
}

/** A condition in terms of bounds that are whole versions. */
function expand(operator: Operator, version: PartialVersion): readonly Comparator[] {
  const low: Version = { numbers: filled(version.numbers), prerelease: version.prerelease };
  const isWhole = version.numbers.length === 3;
  if (version.numbers.length === 0) {
    const isNothing = operator === "<" || operator === ">";
    return [{ operator: isNothing ? "<" : ">=", version: low }];
  }
  const next = (parts: number): Version => ({ numbers: increased(version.numbers, parts), prerelease: [] });
  const from: Comparator = { operator: ">=", version: low };
  const below = (bound: Version): Comparator => ({ operator: "<", version: bound });
  switch (operator) {
    case ">=":
      return [from];
    case "<":
      return [below(low)];
    case ">":
      return [
        isWhole ? { operator, version: low } : { operator: ">=", version: next(version.numbers.length) },
      ];
    case "<=":
      return [isWhole ? { operator, version: low } : below(next(version.numbers.length))];
    case "=":
      return isWhole ? [from, { operator: "<=", version: low }] : [from, below(next(version.numbers.length))];
    case "~":
      return [from, below(next(Math.min(version.numbers.length, 2)))];
    case "^":
      return [from, below(next(firstFixed(version.numbers)))];
    default:
      return operator satisfies never;
  }
}

/** How many numbers `^` keeps: up to the first that is not zero, or all that are given. */
function firstFixed(numbers: readonly bigint[]): number {
  const first = numbers.findIndex((number) => number !== 0n);
  return first < 0 ? numbers.length : first + 1;
}

function filled(numbers: readonly bigint[]): Version["numbers"] {
  const [major = 0n, minor = 0n, patch = 0n] = numbers;
  return [major, minor, patch];
}

/** The smallest version whose first `parts` numbers are larger: `1.2.3` with 2 parts gives `1.3.0`. */
function increased(numbers: readonly bigint[], parts: number): Version["numbers"] {
  const kept = numbers.slice(0, parts);
  return filled(kept.map((number, index) => (index === parts - 1 ? number + 1n : number)));
}
