import type { Readable } from "node:stream";
import { DeadlineError } from "../lib/abort.ts";
import { ReconcilerError } from "../model/errors.ts";
import { statusOf, translateEngineError } from "./api-errors.ts";
import { apiPath, type EngineClient, readAgainIfBroken } from "./engine-client.ts";
import { packFiles, unpackFiles } from "./files-archive.ts";
import { stateTarget } from "./state-place.ts";

/** For reading at most some 20 MiB from an Engine that is busy. */
const readTimeoutMs = 60_000;

/** Text by path below the state volume. */
export type StateFiles = ReadonlyMap<string, string>;

/**
 * The files of one folder of the state volume, or one file (Docker Engine API, "ContainerArchive"); none when the path
 * does not exist.
 *
 * @param container name or id of a container that mounts the volume
 * @param path below the volume, without a slash at its ends
 * @returns `undefined` when there is no such container
 * @throws ReconcilerError `engine-failed` when the archive breaks off, as it may while another container writes
 */
export async function readStateFiles(
  client: EngineClient,
  container: string,
  path: string,
  what: string,
  signal: AbortSignal,
): Promise<StateFiles | undefined> {
  const request = {
    what,
    path: apiPath`/containers/${container}/archive`,
    query: { path: `${stateTarget}/${path}` },
  };
  try {
    return await withDeadline(what, signal, (both) =>
      readAgainIfBroken(both, async () =>
        collect(await client.stream("GET", request, both), path, what, both),
      ),
    );
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    // Both are 404, and only the words differ: "No such container: …", "Could not find the file … in container …".
    return /no such container/i.test(String(error)) ? undefined : new Map();
  }
}

/** An archive has its paths below the base name of what was asked for. */
async function collect(
  archive: Readable,
  path: string,
  what: string,
  signal: AbortSignal,
): Promise<StateFiles> {
  const parent = path.slice(0, path.lastIndexOf("/") + 1);
  const files = new Map<string, string>();
  try {
    for await (const { name, content } of unpackFiles(archive)) files.set(parent + name, content.toString());
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ReconcilerError("engine-failed", `${what}: the archive broke off`, { cause });
  }
  return files;
}

/** The client's own deadline ends when an answer begins; here it must also come to its end. */
async function withDeadline<T>(
  what: string,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(new DeadlineError("the answer", readTimeoutMs)),
    readTimeoutMs,
  );
  const both = AbortSignal.any([signal, deadline.signal]);
  try {
    return await run(both);
  } catch (error) {
    throw translateEngineError(error, what, both);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Writes files into the state volume, in the order given, each replacing what was there (Docker Engine API,
 * "PutContainerArchive"). The Engine may be killed between two files and within one.
 *
 * @throws ReconcilerError with status 404 (`statusOf`) when the container is gone
 */
export async function writeStateFiles(
  client: EngineClient,
  container: string,
  files: StateFiles,
  what: string,
  signal: AbortSignal,
): Promise<void> {
  const encoder = new TextEncoder();
  const entries = [...files].map(([path, text]) => ({
    ...{ path, content: encoder.encode(text) },
    ...{ mode: 0o600, uid: 0, gid: 0 },
  }));
  const request = {
    what,
    path: apiPath`/containers/${container}/archive`,
    query: { path: stateTarget },
    archive: await packFiles({ name: "", files: entries }),
  };
  await client.put(request, signal);
}

/** @throws ReconcilerError `engine-failed` unless what was read back holds all that was written */
export function verifyWritten(written: StateFiles, found: StateFiles, what: string): void {
  const wrong = [...written].filter(([path, text]) => found.get(path) !== text).map(([path]) => path);
  if (wrong.length === 0) return;
  throw new ReconcilerError("engine-failed", `${what}: not there as written: ${wrong.join(", ")}`, {
    hint: "look at the disk of the Engine's host and at the Engine's log",
  });
}
