/** What Git knows about the clone, for the labels of the image. */
import { runCommand } from "../lab/command.ts";
import { repositoryRoot } from "../lab/paths.ts";

/** Build arguments of the Dockerfile; equal clones give equal values, so that an unchanged image stays the same. */
export async function revisionArgs(branch: string): Promise<Record<string, string>> {
  const [revision, subject, created, changes, remote] = await Promise.all([
    git("rev-parse", "HEAD"),
    git("log", "-1", "--format=%s"),
    git("log", "-1", "--format=%cI"),
    git("status", "--porcelain"),
    git("remote", "get-url", "origin"),
  ]);
  return {
    BRANCH: branch,
    REVISION: revision !== "" && changes !== "" ? `${revision}-dirty` : revision,
    SUBJECT: changes === "" ? subject : "uncommitted changes",
    CREATED: created,
    SOURCE: remote === "" ? `file://${repositoryRoot}` : withoutCredentials(remote),
  };
}

/** Empty where Git has no answer: a downloaded archive, a clone without a remote. */
async function git(...args: readonly string[]): Promise<string> {
  try {
    return (await runCommand("git", ["-C", repositoryRoot, ...args])).stdout.trim();
  } catch {
    return "";
  }
}

function withoutCredentials(remote: string): string {
  if (!URL.canParse(remote)) return remote;
  const url = new URL(remote);
  url.username = "";
  url.password = "";
  return url.href;
}
