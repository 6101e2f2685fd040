import { amount, fits, isObject, listOf, object, optional, text } from "../../lib/shape.ts";
import { ReconcilerError } from "../../model/errors.ts";
import { labelKeys, labelPrefix } from "../../model/ownership.ts";
import { isOutOfSequence, isUnknownOutcome, statusOf } from "../api-errors.ts";
import { apiPath, type EngineClient, unlessMissing } from "../engine-client.ts";
import type { StoredAnswer } from "./answers.ts";
import { type ClusterPlace, contentLabels } from "./state-names.ts";

/**
 * The one place that says what the state of an environment is: the labels of a config, the only thing of it that can be
 * changed, and only by whoever names its present version (SwarmKit: "only updates to Labels are allowed", "update out of
 * sequence"). Label values of 900 KB were accepted on Engine 20.10 and 28.5.
 */
export interface Head {
  /** Who may change it: the acquisition of the lock that came last. */
  readonly holderId: string;
  /** Names of the configs that a document is made of, by the document's name. */
  readonly documents: ReadonlyMap<string, readonly string[]>;
  /** Configs that may exist and count for nothing: of a write that broke off, or of the state before. */
  readonly leftovers: readonly string[];
}

/** The head, and the version that it was read in. */
export interface SeenHead {
  readonly id: string;
  readonly version: number;
  readonly head: Head;
  /** Of a format that we do not know. */
  readonly newerFormat?: number;
}

const headLabel = `${labelPrefix}state`;
const ownFormat = 1;
const nothing: Head = { holderId: "", documents: new Map(), leftovers: [] };

interface HeadText {
  readonly format: number;
  readonly holder?: string;
  readonly documents: readonly { readonly name: string; readonly parts: readonly string[] }[];
  readonly leftovers: readonly string[];
}

const headShape = object<HeadText>({
  format: amount,
  holder: optional(text),
  documents: listOf(object<HeadText["documents"][number]>({ name: text, parts: listOf(text) })),
  leftovers: listOf(text),
});

function formatHead({ holderId, documents, leftovers }: Head): string {
  const listed = [...documents].map(([name, parts]) => ({ name, parts }));
  const content: HeadText = { format: ownFormat, holder: holderId, documents: listed, leftovers };
  return JSON.stringify(content);
}

function parseHead(label: string | undefined): Pick<SeenHead, "head" | "newerFormat"> {
  const json = parseJson(label ?? "");
  const format = isObject(json) ? json["format"] : undefined;
  if (typeof format === "number" && format > ownFormat) return { head: nothing, newerFormat: format };
  const read = headShape(json);
  if (!fits(read)) return { head: nothing };
  const documents = new Map(read.documents.map(({ name, parts }) => [name, parts]));
  return { head: { holderId: read.holder ?? "", documents, leftovers: read.leftovers } };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/**
 * @throws ReconcilerError `engine-conflict` when somebody else's config has the name, `swarm-unavailable` when no manager
 *   can tell
 */
export async function readHead(
  client: EngineClient,
  place: ClusterPlace,
  what: string,
  signal: AbortSignal,
): Promise<SeenHead | undefined> {
  const request = { what, path: apiPath`/configs/${place.head}` };
  const config = await unlessMissing(client.get<StoredAnswer>(request, signal));
  if (config === undefined || config.Spec.Name !== place.head) return undefined;
  const labels = config.Spec.Labels ?? {};
  if (labels[labelKeys.content] !== "state") {
    throw new ReconcilerError("engine-conflict", `${what}: config "${place.head}" is no state of ours`, {
      hint: `rename or remove it: docker config inspect ${place.head}`,
    });
  }
  return { id: config.ID, version: config.Version?.Index ?? 0, ...parseHead(labels[headLabel]) };
}

/** How often others may be faster. */
const tries = 5;

/**
 * Changes the head by compare and swap. What is to become of it is asked anew whenever somebody else was faster, or when
 * no answer came.
 *
 * @param change what the head is to be; it must find nothing to do in what it made itself. It may refuse by an error.
 */
export async function changeHead(
  client: EngineClient,
  place: ClusterPlace,
  change: (head: Head) => Promise<Head>,
  what: string,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const seen = await readHead(client, place, what, signal);
    const wanted = formatHead(await change(seen?.head ?? nothing));
    if (seen !== undefined && seen.newerFormat === undefined && wanted === formatHead(seen.head)) return;
    try {
      await writeHead(client, place, seen, wanted, what, signal);
      return;
    } catch (error) {
      const isToTryAgain = isOutOfSequence(error) || statusOf(error) === 409 || isUnknownOutcome(error);
      if (signal.aborted || !isToTryAgain || attempt === tries) throw error;
    }
  }
}

async function writeHead(
  client: EngineClient,
  place: ClusterPlace,
  seen: SeenHead | undefined,
  wanted: string,
  what: string,
  signal: AbortSignal,
): Promise<void> {
  const spec = { Name: place.head, Labels: { ...contentLabels(place, "state"), [headLabel]: wanted } };
  if (seen === undefined) {
    const body = { ...spec, Data: Buffer.from("state of mysysconfig\n").toString("base64") };
    await client.post({ what, path: "/configs/create", body }, signal);
    return;
  }
  const query = { version: String(seen.version) };
  await client.post({ what, path: apiPath`/configs/${seen.id}/update`, query, body: spec }, signal);
}
