import { hasErrors } from "../../lib/diagnostic.ts";
import { type ExitCode, exitCodes, ReconcilerError } from "../../model/errors.ts";
import { shortRevision } from "../../model/revision.ts";
import { compileRevision } from "../../reconcile/reconcile.ts";
import { type Composition, compositionOf, formatComposition } from "../../release/composition.ts";
import { compositionJson } from "../../release/composition-file.ts";
import { tagNameProblem } from "../../release/composition-name.ts";
import { reportMistakes, runSignal } from "../prepare.ts";
import { type ReleaseFlags, withRepository } from "../repository.ts";
import { resolveDigests } from "../resolve-digests.ts";
import type { Runtime } from "../runtime.ts";
import { offlineHostName } from "./validate.ts";

export interface CompositionFlags extends ReleaseFlags {
  /** Asks no registry for digests. */
  readonly tagsOnly: boolean;
}

/** `composition`: which version of everything an environment runs. */
export async function compositionCommand(flags: CompositionFlags, runtime: Runtime): Promise<ExitCode> {
  const app = await runtime.createApp(flags);
  const signal = runSignal(flags, runtime);
  const options = { hostName: offlineHostName, allowMissingSecrets: true };
  const compiled = await compileRevision(app.source, app.inputs, options, signal);
  const { value: desired, diagnostics } = compiled;
  if (desired === undefined || hasErrors(diagnostics)) return reportMistakes(compiled, flags, runtime);
  const digests = flags.tagsOnly
    ? new Map<string, string>()
    : await resolveDigests(desired, await app.registry(signal), signal);
  const composition: Composition = compositionOf(desired, { own: compiled.ownImages, digests });
  runtime.stdout(flags.json ? compositionJson(composition) : formatComposition(composition, runtime.paint));
  return exitCodes.converged;
}

export interface AcceptFlags extends ReleaseFlags {
  /** Name of the composition, a Git tag: `c_20261121_093000`. */
  readonly name: string;
  /** Name of the release; by default `rc_` instead of `c_`. */
  readonly as?: string;
}

/**
 * `composition accept`: runs a check, and only when it exits with 0 the composition becomes a release candidate: a tag
 * on the same commit. The check gets the composition's name as `MYSYSCONFIG_COMPOSITION`.
 */
export async function acceptCommand(
  check: readonly string[],
  flags: AcceptFlags,
  runtime: Runtime,
): Promise<ExitCode> {
  const as = flags.as ?? flags.name.replace(/^c_/, "rc_");
  const problem = tagNameProblem(as);
  if (as === flags.name || problem !== undefined)
    throw new ReconcilerError(
      "usage",
      `"${as}" cannot be the name of the release: ${problem ?? "it is that of the composition"}`,
      {
        hint: "write --as rc_20261121_093000",
      },
    );
  const signal = runSignal(flags, runtime);
  return withRepository(flags, runtime, signal, async ({ app, repository, branch }) => {
    // Never a branch of that name: it would be something else tomorrow.
    const revision = await repository.resolve(`refs/tags/${flags.name}`, signal);
    const exitCode = await app.runCheck(check, { MYSYSCONFIG_COMPOSITION: flags.name }, signal);
    if (exitCode !== 0) {
      const said = `${flags.name} stays what it is: the check exited with ${exitCode}`;
      if (flags.json)
        runtime.stdout(
          `${JSON.stringify({ version: 1, composition: flags.name, checkExitCode: exitCode })}\n`,
        );
      runtime.stderr(`${said}. (exit ${exitCodes.failed})\n`);
      return exitCodes.failed;
    }
    await repository.commit(
      branch,
      (_tree, tip) => {
        if (tip.id === revision.id) return { message: as, files: new Map(), tag: as };
        throw new ReconcilerError(
          "older-revision",
          `${flags.name} (${shortRevision(revision)}) is not the last commit of ${branch} (${shortRevision(tip)}) any more`,
          { hint: "check and accept the composition that is there now" },
        );
      },
      signal,
    );
    runtime.stdout(
      flags.json
        ? `${JSON.stringify({ version: 1, composition: flags.name, release: as, revision: revision.id })}\n`
        : `${flags.name} is ${as} now (${shortRevision(revision)}).\n`,
    );
    return exitCodes.converged;
  });
}
