import type { Clock, RunLock, StateUpdate } from "../../ports.ts";
import type { HeldLock } from "../acquire-lock.ts";
import { apiPath, type EngineClient, unlessMissing } from "../engine-client.ts";
import { type Every, LockLife } from "../lock-life.ts";
import { formatKept, formatRecords, keptFolder, nextRecords, recordsFolder } from "../state-records.ts";
import type { ConfigLock } from "./config-lock.ts";
import { packDocument, readDocuments, removeParts, type StoreTalk, storeParts } from "./state-documents.ts";
import { changeHead, type Head } from "./state-head.ts";
import type { ClusterPlace } from "./state-names.ts";

const releaseTimeoutMs = 5_000;
const never = new AbortController().signal;
const removed = "it is gone, another run may have taken it over";

export interface SwarmHolderOptions {
  readonly client: EngineClient;
  readonly clock: Clock;
  readonly every: Every;
  readonly place: ClusterPlace;
  readonly lock: ConfigLock;
  readonly expiryMs: number;
}

/**
 * A lock that is held: a config of ours that exists. The state is what the head says, and the head is changed only by
 * compare and swap, by whoever is named in it: a run that comes later writes its name there, so that one that has lost
 * the lock finds another version, looks at its lock once more, and writes nothing.
 */
export class SwarmRunLock implements RunLock {
  private readonly options: SwarmHolderOptions;
  private readonly id: string;
  private readonly life: LockLife;
  private beats = 0;
  private released: Promise<void> | undefined;

  constructor({ id, takenMs }: HeldLock, options: SwarmHolderOptions) {
    const { clock, every, expiryMs, place } = options;
    this.options = options;
    this.id = id;
    const giveSign = (signal: AbortSignal) => this.giveSign(signal);
    this.life = new LockLife({ clock, every, expiryMs, takenMs, subject: place.subject, giveSign });
  }

  get lost(): AbortSignal {
    return this.life.lost;
  }

  /** Writes our name into the head: from now on nobody who held the lock before can write. */
  async fence(signal: AbortSignal): Promise<void> {
    await this.change(`take the lock of ${this.options.place.subject}`, (head) => head, signal);
  }

  async assertHeld(signal: AbortSignal): Promise<void> {
    this.life.noticeSilence();
    this.lost.throwIfAborted();
    await this.checkLock(`make sure of the lock of ${this.options.place.subject}`, signal);
  }

  async write(state: StateUpdate, signal: AbortSignal): Promise<void> {
    this.lost.throwIfAborted();
    const what = `write the state of ${this.options.place.subject}`;
    const talk: StoreTalk = { ...this.options, what, signal };
    const head = await this.change(what, (found) => found, signal);
    const documents = await this.pack(talk, head, state);
    const fresh = documents.flatMap(({ parts }) => [...parts.keys()]);
    await removeParts(talk, unused(head.leftovers, head));
    // Told before they are made: what a crash leaves behind is known to the next one.
    await this.change(what, (found) => ({ ...found, leftovers: fresh }), signal);
    await storeParts(talk, documents);
    const after = await this.change(what, (found) => withDocuments(found, documents), signal);
    await removeParts(talk, after.leftovers);
  }

  release(): Promise<void> {
    this.released ??= this.remove();
    return this.released;
  }

  private async pack(talk: StoreTalk, head: Head, state: StateUpdate) {
    const { place, lock } = this.options;
    const before = await readDocuments(talk, head, recordsFolder);
    const records = formatRecords(state, nextRecords(before.files));
    const packed = [await packDocument(place, lock.holderId, recordsFolder, records)];
    if (state.keep === undefined) return packed;
    const kept = await readDocuments(talk, head, keptFolder);
    for (const [path, text] of formatKept(state.keep, kept.files))
      packed.push(await packDocument(place, lock.holderId, path, new Map([[path, text]])));
    return packed;
  }

  /** The head as it is then, with our name in it. */
  private async change(what: string, change: (head: Head) => Head, signal: AbortSignal): Promise<Head> {
    const { client, place, lock } = this.options;
    let made: Head | undefined;
    const asked = async (head: Head) => {
      // Between this look and the change there may be another holder, whose name then stands in another version.
      await this.checkLock(what, signal);
      made = { ...change(head), holderId: lock.holderId };
      return made;
    };
    await changeHead(client, place, asked, what, signal);
    return made as Head;
  }

  private async checkLock(what: string, signal: AbortSignal): Promise<void> {
    if (!(await this.options.lock.isOurs(this.id, what, signal))) this.life.lose(removed);
    this.lost.throwIfAborted();
  }

  private async giveSign(signal: AbortSignal): Promise<string | undefined> {
    this.beats += 1;
    return (await this.options.lock.renew(this.id, this.beats, signal)) ? undefined : removed;
  }

  private async remove(): Promise<void> {
    await this.life.end();
    const what = `release the lock of ${this.options.place.subject}`;
    const request = { what, path: apiPath`/configs/${this.id}`, timeoutMs: releaseTimeoutMs };
    await unlessMissing(this.options.client.delete(request, never)).catch(() => {});
  }
}

/** The new documents in the place of those with their names; the parts of these count for nothing any more. */
function withDocuments(
  head: Head,
  documents: readonly { readonly name: string; readonly parts: ReadonlyMap<string, unknown> }[],
): Head {
  const changed = new Map(documents.map(({ name, parts }) => [name, [...parts.keys()]]));
  const after = { ...head, documents: new Map([...head.documents, ...changed]) };
  return { ...after, leftovers: unused([...head.leftovers, ...[...head.documents.values()].flat()], after) };
}

function unused(names: readonly string[], { documents }: Head): readonly string[] {
  const used = new Set([...documents.values()].flat());
  return [...new Set(names)].filter((name) => !used.has(name));
}
