import { formatBranchTag, formatBuildTag } from "../../model/build-tag.ts";
import { type ExitCode, exitCodes, ReconcilerError } from "../../model/errors.ts";
import type { GlobalFlags, Runtime } from "../runtime.ts";

export interface TagFlags extends GlobalFlags {
  readonly build?: number;
}

/**
 * `tag`: what a pipeline calls the image that it is about to build. Every other place of a branch's name in a tag
 * follows the same rule (`branchAsTag`), so that a pipeline has none of its own.
 *
 * @throws ReconcilerError `usage` without a branch, and for one that no tag can name
 */
export async function tagCommand(flags: TagFlags, runtime: Runtime): Promise<ExitCode> {
  const { branch } = (await runtime.createApp(flags)).inputs;
  if (branch === undefined)
    throw new ReconcilerError("usage", "tag: there is no branch", {
      hint: "write mysysconfig tag --build 58 --branch develop, or set MYSYSCONFIG_BRANCH",
    });
  const made =
    flags.build === undefined ? formatBranchTag(branch) : formatBuildTag(BigInt(flags.build), branch);
  if ("mistake" in made)
    throw new ReconcilerError("usage", `tag: ${made.mistake}`, {
      hint: "is the variable with the branch set? else give the branch a shorter name that begins with a letter",
    });
  runtime.stdout(flags.json ? `${JSON.stringify({ version: 1, tag: made.tag })}\n` : `${made.tag}\n`);
  return exitCodes.converged;
}
