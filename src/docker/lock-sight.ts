import { amount, fits, object, optional, text, time } from "../lib/shape.ts";
import { isReconcilerError, ReconcilerError } from "../model/errors.ts";
import { labelKeys, labelPrefix } from "../model/ownership.ts";
import { apiPath, type EngineClient, readAgainIfBroken, unlessMissing } from "./engine-client.ts";
import type { ContainerInspect } from "./inspect-types.ts";
import { readStateFiles } from "./state-files.ts";
import type { StatePlace } from "./state-place.ts";

/** What the lock says about its holder; labels of a container never change. */
export const lockLabels = {
  /** Who holds it, for people. */
  holder: `${labelPrefix}lock.holder`,
  /** Random, of one acquisition: tells our own lock after a lost answer. */
  holderId: `${labelPrefix}lock.holder-id`,
  /** Milliseconds without a sign of life after which it may be taken over. */
  expiry: `${labelPrefix}lock.expiry-ms`,
} as const;

/** The file that a holder rewrites as its sign of life. */
export const beatPath = "lock/beat.json";

/** One look at a lock that exists. */
export interface LockSight {
  /** Of its container: the identity of the lock. */
  readonly id: string;
  readonly holder: string;
  readonly holderId: string;
  /** When it was taken, ISO 8601 to the second. */
  readonly since: string;
  readonly expiryMs: number;
  /** Grows with every sign of life; `undefined` when there is none of this holder. */
  readonly beat: number | undefined;
  /**
   * Lower bound of the time since the last sign of life, by the Engine's clock alone; `undefined` when that cannot be
   * known. The clock may have been set in between: a holder stamps each sign anew.
   */
  readonly silentMs: number | undefined;
}

interface Beat {
  readonly holder: string;
  readonly beat: number;
  readonly at?: string;
}

const beatShape = object<Beat>({ holder: text, beat: amount, at: optional(time) });

/** @param at the Engine's time, ISO 8601, when it was told */
export function formatBeat(holder: string, beat: number, at: string | undefined): string {
  return JSON.stringify({ holder, beat, at } satisfies Record<keyof Beat, unknown>);
}

/** A container, and the Engine's time when it was looked at. */
export interface DatedContainer {
  readonly container: ContainerInspect;
  /** Milliseconds since 1970, cut to seconds. */
  readonly engineTimeMs: number | undefined;
}

/**
 * Inspects a container and takes the Engine's time from the `Date` header of the same answer: unlike `GET /info`, one of
 * the Engine's slowest calls, it costs nothing and is of the very moment. A proxy may leave it out.
 */
export async function inspectDated(
  client: EngineClient,
  nameOrId: string,
  what: string,
  signal: AbortSignal,
): Promise<DatedContainer | undefined> {
  const request = { what, path: apiPath`/containers/${nameOrId}/json` };
  return await readAgainIfBroken(signal, async () => {
    const answer = await unlessMissing(client.stream("GET", request, signal));
    if (answer === undefined) return undefined;
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    const date = Date.parse(String(answer.headers?.["date"] ?? ""));
    return {
      container: JSON.parse(Buffer.concat(chunks).toString()) as ContainerInspect,
      engineTimeMs: Number.isNaN(date) ? undefined : date,
    };
  });
}

/**
 * @param nameOrId of the lock's container
 * @param fallbackExpiryMs for a lock that does not say its own
 * @throws ReconcilerError `engine-conflict` when somebody else's container has the name
 */
export async function sightLock(
  client: EngineClient,
  place: StatePlace,
  nameOrId: string,
  fallbackExpiryMs: number,
  signal: AbortSignal,
): Promise<LockSight | undefined> {
  const what = `look at the lock of ${place.subject}`;
  const dated = await inspectDated(client, nameOrId, what, signal);
  if (dated === undefined) return undefined;
  const { container, engineTimeMs } = dated;
  const labels = container.Config.Labels ?? {};
  if (labels[labelKeys.content] !== "lock") {
    throw new ReconcilerError("engine-conflict", `${what}: container "${place.lock}" is not a lock`, {
      hint: `rename or remove the container "${place.lock}"`,
    });
  }
  const holderId = labels[lockLabels.holderId] ?? "";
  const expiryMs = Number(labels[lockLabels.expiry]);
  const sign = lastSign(
    container.Created,
    holderId,
    await readBeat(client, place, container.Id, what, signal),
  );
  return {
    id: container.Id,
    holder: labels[lockLabels.holder] ?? "unknown",
    holderId,
    since: container.Created.replace(/\.\d+/, ""),
    expiryMs: expiryMs > 0 ? expiryMs : fallbackExpiryMs,
    beat: sign.beat,
    silentMs: silence(engineTimeMs, sign.atMs),
  };
}

/**
 * Through the reader, because a container cannot be removed while its archive is read; through the lock only when the
 * reader is gone, so that a living holder is never taken for a dead one. A read that meets a write may break off or miss
 * the file (measured; the Engine lets calls wait for each other only on one container), which says nothing.
 */
async function readBeat(
  client: EngineClient,
  place: StatePlace,
  lockId: string,
  what: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const files =
      (await readStateFiles(client, place.reader, beatPath, what, signal)) ??
      (await readStateFiles(client, lockId, beatPath, what, signal));
    return files?.get(beatPath);
  } catch (error) {
    if (isReconcilerError(error) && error.code === "engine-failed") return undefined;
    throw error;
  }
}

interface Sign {
  readonly beat?: number;
  /** The Engine's time; absent when it cannot be known. */
  readonly atMs?: number;
}

/**
 * The last sign of life of a holder. It gives its first one right after it has the lock: when there is none, or one of
 * another holder (left by the lock before, or of the lock that has just taken the place of this one), nothing is known.
 */
function lastSign(created: string, holderId: string, text: string | undefined): Sign {
  const read = beatShape(parseJson(text ?? ""));
  if (!fits(read) || read.holder !== holderId) return {};
  const { beat, at } = read;
  return at === undefined ? { beat } : { beat, atMs: Math.max(Date.parse(created), Date.parse(at)) };
}

/** Both times may be cut to seconds. */
const resolutionMs = 1_000;

function silence(nowMs: number | undefined, sinceMs: number | undefined): number | undefined {
  if (nowMs === undefined || sinceMs === undefined || Number.isNaN(sinceMs)) return undefined;
  return Math.max(0, nowMs - sinceMs - resolutionMs);
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
