import { hasErrors } from "../../lib/diagnostic.ts";
import { type ExitCode, errorCatalogue, exitCodes, ReconcilerError } from "../../model/errors.ts";
import { shortRevision } from "../../model/revision.ts";
import { editErrorCode } from "../../release/judge-tag.ts";
import { type SubmitResult, submit } from "../../release/submit.ts";
import { fileNameOf, formatDiagnostics } from "../output.ts";
import { reportMistakes, runSignal } from "../prepare.ts";
import { type ReleaseFlags, withRepository } from "../repository.ts";
import type { Runtime } from "../runtime.ts";

export interface SubmitFlags extends ReleaseFlags {
  readonly tag: string;
  readonly digest?: string;
  /** The image that was built, without a tag. */
  readonly name?: string;
  readonly values: ReadonlyMap<string, string>;
  readonly keepTemplate: boolean;
  readonly allowDowngrade: boolean;
}

/** `submit`: a service's own unit, kept there without a tag, gets the tag of a build and goes into the repository. */
export async function submitCommand(file: string, flags: SubmitFlags, runtime: Runtime): Promise<ExitCode> {
  const content = await readArgument(file, runtime);
  const { tag, digest, name, values, keepTemplate, allowDowngrade } = flags;
  const submission = {
    ...{ fileName: fileNameOf(file), content, tag, values, keepTemplate },
    ...(digest === undefined ? {} : { digest }),
    ...(name === undefined ? {} : { image: name }),
  };
  const signal = runSignal(flags, runtime);
  return withRepository(flags, runtime, signal, async ({ repository, inputs, branch }) => {
    let submitted: SubmitResult = { diagnostics: [], sources: new Map() };
    const { revision, isNew, attempts } = await repository.commit(
      branch,
      (tree) => {
        submitted = submit(submission, { tree, inputs }, { allowDowngrade });
        const { value } = submitted;
        if (value?.message === undefined) return undefined;
        return { message: value.message, files: new Map([[value.path, value.content]]) };
      },
      signal,
    );
    const { value, diagnostics, sources } = submitted;
    if (value === undefined || hasErrors(diagnostics))
      return reportMistakes(submitted, flags, runtime, errorCatalogue[editErrorCode(diagnostics)].exitCode);
    const { path, message } = value;
    if (flags.json)
      runtime.stdout(
        `${JSON.stringify({ version: 1, pushed: isNew, revision: revision.id, attempts, path, message, diagnostics })}\n`,
      );
    else {
      runtime.stderr(formatDiagnostics(diagnostics, sources, runtime.paint));
      const where = `${branch} @ ${shortRevision(revision)}`;
      runtime.stdout(
        isNew
          ? `${runtime.paint("bold", branch)} @ ${shortRevision(revision)} "${message}"  →  ${repository.url}\nPushed: ${path}.\n`
          : `Nothing to do: ${path} of ${where} is so already.\n`,
      );
    }
    return exitCodes.converged;
  });
}

/** The bytes of the file, so that nothing that is no text is quietly made one. */
async function readArgument(file: string, { files }: Runtime): Promise<Uint8Array> {
  try {
    return await files.readBytes(file);
  } catch (cause) {
    throw new ReconcilerError("usage", `submit: read "${file}": ${(cause as Error).message}`, {
      hint: "name a file that exists and can be read: myservice.service or shop.compose.yaml",
      cause,
    });
  }
}
