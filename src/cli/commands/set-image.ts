import { hasErrors } from "../../lib/diagnostic.ts";
import { type ExitCode, errorCatalogue, exitCodes, ReconcilerError } from "../../model/errors.ts";
import { sourcesOf } from "../../model/finding-sources.ts";
import { shortRevision } from "../../model/revision.ts";
import type { CommitResult } from "../../ports.ts";
import { editErrorCode } from "../../release/judge-tag.ts";
import {
  type EditedImages,
  type ImageChange,
  type ImageRequest,
  setImages,
} from "../../release/set-images.ts";
import { countOf } from "../output.ts";
import { reportMistakes, runSignal } from "../prepare.ts";
import { type ReleaseFlags, withRepository } from "../repository.ts";
import type { Runtime } from "../runtime.ts";

export interface SetImageFlags extends ReleaseFlags {
  readonly allowDowngrade: boolean;
}

/** `set-image`: edits the tags where they stand in the repository, in one commit for all of them. */
export async function setImageCommand(
  words: readonly string[],
  flags: SetImageFlags,
  runtime: Runtime,
): Promise<ExitCode> {
  return await commitTags(readRequests(words), flags, runtime);
}

/** Sets these tags in one commit on the branch, whoever else pushes meanwhile. */
export async function commitTags(
  requests: readonly ImageRequest[],
  flags: SetImageFlags,
  runtime: Runtime,
): Promise<ExitCode> {
  const signal = runSignal(flags, runtime);
  return withRepository(flags, runtime, signal, async ({ repository, inputs, branch }) => {
    let edited: ReturnType<typeof setImages> = { diagnostics: [] };
    let sources: ReadonlyMap<string, string> = new Map();
    const result = await repository.commit(
      branch,
      (tree) => {
        edited = setImages({ tree, inputs }, requests, { allowDowngrade: flags.allowDowngrade });
        sources = sourcesOf(tree, edited.diagnostics);
        const { message, files } = edited.value ?? {};
        return message === undefined || files === undefined ? undefined : { message, files };
      },
      signal,
    );
    const { value, diagnostics } = edited;
    if (value === undefined || hasErrors(diagnostics)) {
      const { exitCode } = errorCatalogue[editErrorCode(diagnostics)];
      return reportMistakes({ diagnostics, sources }, flags, runtime, exitCode);
    }
    runtime.stdout(
      flags.json
        ? `${JSON.stringify(toDocument(value, result))}\n`
        : toText(value, result, repository.url, runtime),
    );
    return exitCodes.converged;
  });
}

/** `NAME TAG NAME TAG` or `NAME=TAG`; a tag may carry a digest, `58-develop@sha256:…`. */
function readRequests(words: readonly string[]): readonly ImageRequest[] {
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const equals = word.indexOf("=");
    if (equals >= 0) pairs.push([word.slice(0, equals), word.slice(equals + 1)]);
    else {
      const tag = words[at + 1];
      if (tag === undefined || tag.includes("=")) throw missingTag(word);
      pairs.push([word, tag]);
      at += 1;
    }
  }
  return pairs.map(([name, text]) => readRequest(name, text));
}

function readRequest(name: string, text: string): ImageRequest {
  const [tag = "", digest, ...rest] = text.split("@");
  if (name === "" || tag === "" || digest === "" || rest.length > 0)
    throw new ReconcilerError("usage", `set-image: "${name}=${text}" is no name with a tag`, {
      hint: "write web=58-develop or web=58-develop@sha256:…",
    });
  return { name, tag, ...(digest === undefined ? {} : { digest }) };
}

function missingTag(name: string): ReconcilerError {
  return new ReconcilerError("usage", `set-image: there is no tag for "${name}"`, {
    hint: "write mysysconfig set-image myservice 58-develop, or several: web=58-develop api=41-develop",
  });
}

function toDocument({ changes }: EditedImages, { revision, isNew, attempts }: CommitResult) {
  return { version: 1, pushed: isNew, revision: revision.id, attempts, changes };
}

function toText(
  { changes }: EditedImages,
  { revision, isNew }: CommitResult,
  url: string,
  { paint }: Runtime,
): string {
  if (!isNew)
    return `Nothing to do: ${revision.branch} @ ${shortRevision(revision)} has these tags already.\n`;
  const width = Math.max(...changes.map(({ key }) => key.length));
  const lines = changes.map((change) => `  ~ ${change.key.padEnd(width)}  ${describe(change)}`);
  const head = `${paint("bold", revision.branch ?? "")} @ ${shortRevision(revision)}  →  ${url}`;
  return [head, ...lines, `Pushed: ${countOf(changes.length, "tag")} changed.`, ""].join("\n");
}

const describe = ({ from, to, path, line }: ImageChange) => `${from ?? "no tag"} → ${to}  ${path}:${line}`;
