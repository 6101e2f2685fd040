import { localTimeoutMs } from "./git-options.ts";
import { runGit } from "./run-git.ts";
import type { Workplace } from "./workplace.ts";

/**
 * Whether a commit has another one among its ancestors, or is it. The list is searched rather than git asked for the
 * ancestor: a commit that is not here would be fetched, and one that was pushed away is often still on the server.
 */
export async function isAncestor(
  place: Workplace,
  earlier: string,
  commit: string,
  signal: AbortSignal,
): Promise<boolean> {
  const options = { timeoutMs: localTimeoutMs };
  const listed = await runGit(place, ["rev-list", "--end-of-options", commit], options, signal);
  return listed.split("\n").includes(earlier);
}
