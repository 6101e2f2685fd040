import { findRegistryAuth } from "../credentials/registry-auth.ts";
import { DeadlineError } from "../lib/abort.ts";
import { type ErrorCode, isReconcilerError, ReconcilerError } from "../model/errors.ts";
import { type ImageLock, lockText } from "../model/image-lock.ts";
import type { Progress } from "../model/run-event.ts";
import type { StepPayloads } from "../model/step.ts";
import { translateEngineError } from "./api-errors.ts";
import { unlessMissing } from "./engine-client.ts";
import { hasImage, imagePath, lockedReference, pullReference, tagImage } from "./image-reference.ts";
import { readNdjson } from "./ndjson.ts";
import { type PullMessage, PullProgress } from "./pull-progress.ts";
import type { StepRun } from "./step-run.ts";

type PullPayload = StepPayloads["pull-image"];

/**
 * Pulls an image with progress. A locked one is pulled by its digest, and its tag is set to it, so that the container is
 * made from what was locked wherever the tag in the registry points by now.
 */
export async function executePull(payload: PullPayload, run: StepRun): Promise<void> {
  const { image, lock, platform } = payload;
  if (lock === undefined) return await pullImage(image, platform, run);
  if (!(await hasImage(run.client, lockedReference(image, lock), run.signal))) {
    if (lock.kind === "id") throw unknownId(image, lock);
    await pullImage(lockedReference(image, lock), platform, run);
  }
  await tagImage(run.client, lockedReference(image, lock), image, run.signal);
}

function unknownId(image: string, lock: ImageLock): ReconcilerError {
  const message = `pull "${image}": it is ${lockText(lock)}, which no registry knows and this Engine does not have`;
  const hint = "push the image and bake again, or load it on this Engine: docker save and docker load";
  return new ReconcilerError("pull-failed", message, { hint });
}

/** What a pull needs of a step's run. */
type PullRun = Pick<StepRun, "client" | "settings" | "progress" | "signal">;

/** Pulls an image with progress, with a deadline on time without any; a failure comes with what to do about it. */
export async function pullImage(image: string, platform: string | undefined, run: PullRun): Promise<void> {
  const { registryConfigPath, pullIdleMs } = run.settings;
  const auth = await findRegistryAuth(image, registryConfigPath, run.signal);
  const what = `pull "${image}"`;
  const idle = idleSignal(run.signal, pullIdleMs);
  try {
    const stream = await run.client.stream(
      "POST",
      {
        what,
        path: "/images/create",
        query: { ...pullReference(image), platform },
        // The idle deadline is the one to fire.
        timeoutMs: 2 * pullIdleMs,
        ...(auth === undefined ? {} : { auth }),
      },
      idle.signal,
    );
    await followPull(stream, (progress) => run.progress(progress), idle.renew);
  } catch (error) {
    throw pullFailure(error, what, auth !== undefined, idle.signal);
  } finally {
    idle.release();
  }
  await confirmImage(image, what, run);
}

/** Reads a pull to its end. A failed pull answers 200 and says so in the stream. */
export async function followPull(
  stream: Parameters<typeof readNdjson>[0],
  onProgress: (progress: Progress) => void,
  onAdvance: () => void = () => {},
): Promise<void> {
  const tracker = new PullProgress();
  let shown = "";
  for await (const line of readNdjson(stream)) {
    if (line.kind === "text")
      throw new ReconcilerError("pull-failed", `unexpected answer: ${line.text.slice(0, 200)}`);
    const failure = errorOf(line.value);
    if (failure !== undefined) throw new ReconcilerError("pull-failed", failure);
    if (tracker.add(line.value as PullMessage)) onAdvance();
    const progress = tracker.progress();
    if (progress.text !== shown) onProgress(progress);
    shown = progress.text;
  }
}

function errorOf(message: Readonly<Record<string, unknown>>): string | undefined {
  const detail = message["errorDetail"] as { message?: unknown } | undefined;
  const text = detail?.message ?? message["error"];
  return text === undefined ? undefined : String(text);
}

const pullHints: readonly { pattern: RegExp; code: ErrorCode; hint: string }[] = [
  {
    pattern: /no space left|quota exceeded/i,
    code: "no-space",
    hint: "free space on the Engine's host: docker system df shows what holds it",
  },
  {
    pattern: /toomanyrequests|rate limit/i,
    code: "pull-failed",
    hint: "log in to the registry or try again later",
  },
  {
    pattern: /manifest unknown|manifest for .* not found|not found: manifest|no such manifest/i,
    code: "pull-failed",
    hint: "does the tag exist in the registry? has the build been pushed?",
  },
  {
    pattern: /no matching manifest|does not match the specified platform/i,
    code: "pull-failed",
    hint: "the image is not built for this platform",
  },
  {
    pattern: /no such host|connection refused|timeout|i\/o|tls|x509|certificate|EOF|unreachable/i,
    code: "pull-failed",
    hint: "can the Engine's host reach the registry, and does it trust its certificate?",
  },
];
const noAccess = /unauthorized|denied|authentication required|no basic auth|403/i;

function pullFailure(
  error: unknown,
  what: string,
  withCredentials: boolean,
  signal: AbortSignal,
): ReconcilerError {
  if (signal.reason instanceof DeadlineError) {
    return new ReconcilerError("pull-failed", `${what}: ${signal.reason.message}`, {
      hint: "can the Engine's host reach the registry? a larger deadline can be set",
      cause: error,
    });
  }
  const known = isReconcilerError(error) ? error : translateEngineError(error, what, signal);
  if (["interrupted", "deadline-passed", "engine-unreachable", "usage"].includes(known.code)) return known;
  const message = known.message.startsWith(what) ? known.message : `${what}: ${known.message}`;
  if (known.hint !== undefined && known.code === "pull-failed")
    return new ReconcilerError(known.code, message, { hint: known.hint, cause: error });
  if (noAccess.test(message)) {
    const hint = withCredentials
      ? "the registry refuses these credentials, or the name is wrong"
      : "the registry wants credentials, or the name is wrong: mount a docker config.json";
    return new ReconcilerError("pull-failed", message, { hint, cause: error });
  }
  const meaning = pullHints.find(({ pattern }) => pattern.test(message));
  return new ReconcilerError(meaning?.code ?? "pull-failed", message, { hint: meaning?.hint, cause: error });
}

/** The stream of a dying Engine ends like a good one: only the image proves the pull. */
async function confirmImage(image: string, what: string, run: PullRun): Promise<void> {
  if (await hasImage(run.client, image, run.signal)) return;
  throw new ReconcilerError("pull-failed", `${what}: the Engine ended the pull without an image`, {
    hint: "was the Engine restarted? look at its log",
  });
}

/** A signal that fires when `renew` was not called for `ms`. */
function idleSignal(signal: AbortSignal, ms: number) {
  const controller = new AbortController();
  let timer: NodeJS.Timeout;
  const renew = () => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(new DeadlineError("the next sign of progress", ms)), ms);
  };
  renew();
  return { signal: AbortSignal.any([signal, controller.signal]), renew, release: () => clearTimeout(timer) };
}

/** `DELETE /images/{name}`: takes the reference away, and the image when it was the last one; 404 is as wanted. */
export async function executeRemoveImage(
  { image }: StepPayloads["remove-image"],
  run: StepRun,
): Promise<void> {
  const path = imagePath(image).replace(/\/json$/, "");
  await unlessMissing(run.client.delete({ what: `remove image "${image}"`, path, patience: 3 }, run.signal));
}
