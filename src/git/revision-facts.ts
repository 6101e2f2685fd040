import type { Revision } from "../model/revision.ts";
import { localTimeoutMs } from "./git-options.ts";
import { runGit } from "./run-git.ts";
import type { Workplace } from "./workplace.ts";

const maxSubjectLength = 200;

/**
 * What a commit says about itself.
 *
 * @param name of a commit or tag in the repository; the caller has checked it
 */
export async function readRevision(
  place: Workplace,
  name: string,
  facts: { readonly branch?: string | undefined; readonly source: string },
  signal: AbortSignal,
): Promise<Revision> {
  const args = [
    "log",
    "-1",
    "--no-show-signature",
    "--no-color",
    "--format=%H%n%ct%n%s",
    "--end-of-options",
    name,
  ];
  const answer = await runGit(place, args, { timeoutMs: localTimeoutMs }, signal);
  const [id = "", seconds = "", ...subject] = answer.split("\n");
  const created = new Date(Number(seconds) * 1000);
  return {
    id,
    ...(facts.branch === undefined ? {} : { branch: facts.branch }),
    // Anybody who may push writes it, and terminals obey control characters.
    subject: subject
      .join(" ")
      .replace(/\p{Cc}/gu, " ")
      .trim()
      .slice(0, maxSubjectLength),
    ...(Number.isNaN(created.getTime()) ? {} : { created: created.toISOString() }),
    source: facts.source,
  };
}
