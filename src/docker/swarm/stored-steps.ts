import { isReconcilerError, ReconcilerError } from "../../model/errors.ts";
import { labelKeys } from "../../model/ownership.ts";
import type { StepPayloads, StoredContent } from "../../model/step.ts";
import { isUnknownOutcome, statusOf } from "../api-errors.ts";
import { unlessMissing } from "../engine-client.ts";
import type { StepRun } from "../step-run.ts";
import type { StoredAnswer } from "./answers.ts";

/** Bytes that the cluster's store takes at most (SwarmKit, "config data must be larger than 0 and less than 1024000 bytes"). */
export const largestStored = { config: 1_023_999, secret: 511_999 } as const;

const slowCall = 2;

/**
 * `POST /configs/create`, `POST /secrets/create`. The name is made from the content, so one of ours that is there already
 * is as wanted.
 */
export async function executeCreateStored(
  { stored, labels }: StepPayloads["create-stored"],
  run: StepRun,
): Promise<void> {
  const { kind, name, content } = stored;
  const what = `create ${kind} "${name}" for "${stored.path}"`;
  assertSize(stored, what);
  const wanted = { ...labels, [labelKeys.content]: "files" };
  const body = { Name: name, Labels: wanted, Data: Buffer.from(content).toString("base64") };
  try {
    await run.client.post({ what, path: `/${kind}s/create`, body, patience: slowCall }, run.signal);
  } catch (error) {
    if (run.signal.aborted || !(statusOf(error) === 409 || isUnknownOutcome(error))) throw error;
    const existing = await lookUp(stored, what, run);
    if (existing === undefined) throw error;
    if (isOurs(existing, wanted) && hasContent(existing, body.Data)) return;
    throw new ReconcilerError("engine-conflict", `${what}: another ${kind} has this name`, {
      hint: `it is not ours: rename or remove it (docker ${kind} inspect ${name})`,
      cause: error,
    });
  }
}

function assertSize({ kind, content }: StoredContent, what: string): void {
  const largest = largestStored[kind];
  if (content.byteLength > 0 && content.byteLength <= largest) return;
  const problem = content.byteLength === 0 ? "it is empty" : `it has ${content.byteLength} bytes`;
  const message = `${what}: ${problem}, a ${kind} of a Swarm has 1 to ${largest} bytes`;
  throw new ReconcilerError("engine-refused", message, {
    hint: "deliver the file in the image or through a volume",
  });
}

async function lookUp(
  { kind, name }: StoredContent,
  what: string,
  { client, signal }: StepRun,
): Promise<StoredAnswer | undefined> {
  const request = { what, path: `/${kind}s/${encodeURIComponent(name)}` };
  const found = await unlessMissing(client.get<StoredAnswer>(request, signal));
  return found?.Spec.Name === name ? found : undefined;
}

function isOurs({ Spec }: StoredAnswer, wanted: Readonly<Record<string, string>>): boolean {
  const keys = [labelKeys.project, labelKeys.environment, labelKeys.content];
  return keys.every((key) => Spec.Labels?.[key] === wanted[key]);
}

/** A secret does not tell its content: its name has to do. */
function hasContent({ Spec }: StoredAnswer, data: string): boolean {
  return Spec.Data === undefined || Spec.Data === data;
}

/** `DELETE /configs/{id}`, `DELETE /secrets/{id}`; 404 is as wanted. */
export async function executeRemoveStored(
  { kind, name, id }: StepPayloads["remove-stored"],
  run: StepRun,
): Promise<void> {
  const what = `remove ${kind} "${name}"`;
  try {
    const request = { what, path: `/${kind}s/${encodeURIComponent(id)}`, patience: slowCall };
    await unlessMissing(run.client.delete(request, run.signal));
  } catch (error) {
    if (!isReconcilerError(error) || !/is in use by/i.test(error.message)) throw error;
    throw new ReconcilerError("precondition-failed", error.message, {
      hint: "a service began to use it after the plan was made: run again",
      cause: error,
    });
  }
}
