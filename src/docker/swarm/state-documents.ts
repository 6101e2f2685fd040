import { isUnknownOutcome, statusOf } from "../api-errors.ts";
import { apiPath, type EngineClient, unlessMissing } from "../engine-client.ts";
import type { StateFiles } from "../state-files.ts";
import type { StoredAnswer } from "./answers.ts";
import type { Head } from "./state-head.ts";
import { type ClusterPlace, contentLabels, partName } from "./state-names.ts";
import { packParts, unpackParts } from "./state-parts.ts";

/** What talks to the store about one environment. */
export interface StoreTalk {
  readonly client: EngineClient;
  readonly place: ClusterPlace;
  /** What is attempted, for messages. */
  readonly what: string;
  readonly signal: AbortSignal;
}

/** The files of a document; `undefined` when a part of it is gone or damaged. */
async function readDocument(talk: StoreTalk, names: readonly string[]): Promise<StateFiles | undefined> {
  const parts = await Promise.all(names.map((name) => readPart(talk, name)));
  const whole = parts.filter((part) => part !== undefined);
  return whole.length < names.length ? undefined : await unpackParts(whole);
}

async function readPart({ client, what, signal }: StoreTalk, name: string): Promise<Uint8Array | undefined> {
  const request = { what, path: apiPath`/configs/${name}` };
  const config = await unlessMissing(client.get<StoredAnswer>(request, signal));
  return config?.Spec.Name === name ? Buffer.from(config.Spec.Data ?? "", "base64") : undefined;
}

export interface ReadDocuments {
  readonly files: StateFiles;
  /** Names of documents that cannot be read. */
  readonly damaged: readonly string[];
}

/** The files of the documents whose name begins so. */
export async function readDocuments(talk: StoreTalk, head: Head, prefix: string): Promise<ReadDocuments> {
  const chosen = [...head.documents].filter(([name]) => name.startsWith(prefix));
  const read = await Promise.all(
    chosen.map(async ([name, parts]) => ({ name, files: await readDocument(talk, parts) })),
  );
  return {
    files: new Map(read.flatMap(({ files }) => [...(files ?? [])])),
    damaged: read.filter(({ files }) => files === undefined).map(({ name }) => name),
  };
}

/** A document, ready to be stored. */
export interface PackedDocument {
  readonly name: string;
  readonly parts: ReadonlyMap<string, Uint8Array>;
}

export async function packDocument(
  place: ClusterPlace,
  holderId: string,
  name: string,
  files: StateFiles,
): Promise<PackedDocument> {
  const parts = await packParts(files);
  return { name, parts: new Map(parts.map((bytes) => [partName(place, holderId, bytes), bytes])) };
}

/** `POST /configs/create` for each part; one that is there already is of this very holder, and the same. */
export async function storeParts(
  { client, place, what, signal }: StoreTalk,
  documents: readonly PackedDocument[],
) {
  const parts = documents.flatMap((document) => [...document.parts]);
  const store = async ([name, bytes]: readonly [string, Uint8Array]) => {
    const body = {
      ...{ Name: name, Labels: contentLabels(place, "state") },
      Data: Buffer.from(bytes).toString("base64"),
    };
    const create = () => client.post({ what, path: "/configs/create", body }, signal);
    try {
      await create();
    } catch (error) {
      if (signal.aborted || !(statusOf(error) === 409 || isUnknownOutcome(error))) throw error;
      if ((await readPart({ client, place, what, signal }, name)) === undefined) throw error;
    }
  };
  await Promise.all(parts.map(store));
}

/** Removes what counts for nothing. Never rejects but on abort: what is left is removed by the next write. */
export async function removeParts(
  { client, what, signal }: StoreTalk,
  names: readonly string[],
): Promise<void> {
  const remove = async (name: string) => {
    try {
      await unlessMissing(client.delete({ what, path: apiPath`/configs/${name}` }, signal));
    } catch {
      signal.throwIfAborted();
    }
  };
  await Promise.all(names.map(remove));
}
