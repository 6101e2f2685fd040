import { remoteName } from "./private-config.ts";
import { GitExit, runGit } from "./run-git.ts";
import type { Workplace } from "./workplace.ts";

export interface Push {
  readonly commit: string;
  readonly branch: string;
  readonly tag?: string | undefined;
  readonly timeoutMs: number;
}

/**
 * `landed`: it is there by us. `present`: it was there already. `raced`: somebody else was faster; fetch
 * again.
 */
export type PushOutcome = "landed" | "present" | "raced";

/**
 * Offers a commit to a branch, never by force: the server takes it only as long as its tip is our parent.
 *
 * @throws GitExit when the server cannot be reached or refuses for another reason than a race
 */
export async function pushCommit(place: Workplace, push: Push, signal: AbortSignal): Promise<PushOutcome> {
  const { commit, branch, tag, timeoutMs } = push;
  const targets = [`refs/heads/${branch}`, ...(tag === undefined ? [] : [`refs/tags/${tag}`])];
  const atomic = tag === undefined ? [] : ["--atomic"];
  const refspecs = targets.map((target) => `${commit}:${target}`);
  const args = ["push", "--porcelain", "--no-verify", ...atomic, remoteName, ...refspecs];
  try {
    const said = parsePushReport(await runGit(place, args, { timeoutMs }, signal));
    return said.every(({ flag }) => flag === "=") ? "present" : "landed";
  } catch (error) {
    if (error instanceof GitExit && isRace(parsePushReport(error.stdout))) return "raced";
    throw error;
  }
}

interface PushedRef {
  /** ` ` fast forward, `*` new, `=` up to date, `!` rejected (git-push(1), "Output"). */
  readonly flag: string;
  readonly target: string;
  readonly summary: string;
}

/** Parses `push --porcelain`: `<flag>\t<from>:<to>\t<summary> (<reason>)`. */
export function parsePushReport(stdout: string): readonly PushedRef[] {
  return stdout.split("\n").flatMap((line) => {
    const [flag = "", refs, ...summary] = line.split("\t");
    if (flag.length !== 1 || refs === undefined || summary.length === 0) return [];
    return [{ flag, target: refs.slice(refs.indexOf(":") + 1), summary: summary.join(" ") }];
  });
}

/**
 * Whether the branch moved between our fetch and our push. Servers say so in several ways: before they take
 * the commit (`fetch first`, `non-fast-forward`) or when two pushes meet at the lock of the branch. In an
 * atomic push the other names fail as well, and do not count; a tag that exists is no race.
 */
export function isRace(refs: readonly PushedRef[]): boolean {
  const rejected = refs.filter(({ flag, summary }) => flag === "!" && !/atomic/.test(summary));
  return (
    rejected.length > 0 &&
    rejected.every(
      ({ target, summary }) =>
        target.startsWith("refs/heads/") && racedWords.some((words) => words.test(summary)),
    )
  );
}

const racedWords: readonly RegExp[] = [
  /fetch first|non-fast-forward|stale info/,
  /cannot lock ref|failed to (lock|update ref)|unable to (lock|update|create .*\.lock)/i,
  /incorrect old value|reference already exists|is at \w+ but expected/i,
];
