import { ReconcilerError } from "../../model/errors.ts";
import { labelKeys, labelPrefix } from "../../model/ownership.ts";
import type { LockOptions } from "../../ports.ts";
import type { LockObject } from "../acquire-lock.ts";
import { isOutOfSequence } from "../api-errors.ts";
import { apiPath, type EngineClient, unlessMissing } from "../engine-client.ts";
import type { SystemInfo } from "../inspect-types.ts";
import { type LockSight, lockLabels } from "../lock-sight.ts";
import type { StoredAnswer } from "./answers.ts";
import { type ClusterPlace, contentLabels } from "./state-names.ts";

/** Grows with every sign of life, so that labels differ from those before. */
const beatLabel = `${labelPrefix}lock.beat`;

/**
 * The lock of a cluster: a config, whose name exactly one of all contenders can take wherever they talk to a manager
 * ("ConfigCreate": 409 for the others). Its labels are its sign of life.
 */
export class ConfigLock implements LockObject {
  readonly subject: string;
  readonly removal: string;
  private readonly client: EngineClient;
  private readonly place: ClusterPlace;
  private readonly options: LockOptions;
  readonly holderId: string;

  constructor(client: EngineClient, place: ClusterPlace, options: LockOptions, holderId: string) {
    this.client = client;
    this.place = place;
    this.options = options;
    this.holderId = holderId;
    this.subject = place.subject;
    this.removal = `docker config rm ${place.lock}`;
  }

  async create(signal: AbortSignal): Promise<string> {
    const body = { ...this.spec(0), Data: Buffer.from("lock of mysysconfig\n").toString("base64") };
    const request = { what: `take the lock of ${this.subject}`, path: "/configs/create", body };
    return (await this.client.post<{ ID: string }>(request, signal)).ID;
  }

  async find(signal: AbortSignal): Promise<LockSight | undefined> {
    const config = await this.read(this.place.lock, `look at the lock of ${this.subject}`, signal);
    return config === undefined ? undefined : await this.toSight(config, signal);
  }

  async look(id: string, signal: AbortSignal): Promise<LockSight | undefined> {
    const config = await this.read(id, `look at the lock of ${this.subject}`, signal);
    return config === undefined ? undefined : await this.toSight(config, signal);
  }

  async remove(id: string, signal: AbortSignal): Promise<void> {
    const request = { what: `remove an expired lock of ${this.subject}`, path: apiPath`/configs/${id}` };
    await unlessMissing(this.client.delete(request, signal));
  }

  /** Whether the lock with this id exists and is of this acquisition. */
  async isOurs(id: string, what: string, signal: AbortSignal): Promise<boolean> {
    const config = await this.read(id, what, signal);
    return config?.Spec.Labels?.[lockLabels.holderId] === this.holderId;
  }

  /**
   * Gives a sign of life: a change of labels in the version that was just looked at.
   *
   * @returns false when the lock is gone
   */
  async renew(id: string, beat: number, signal: AbortSignal): Promise<boolean> {
    const what = `keep the lock of ${this.subject}`;
    for (;;) {
      const config = await this.read(id, what, signal);
      if (config?.Spec.Labels?.[lockLabels.holderId] !== this.holderId) return false;
      const query = { version: String(config.Version?.Index ?? 0) };
      const request = { what, path: apiPath`/configs/${id}/update`, query, body: this.spec(beat) };
      try {
        await this.client.post(request, signal);
        return true;
      } catch (error) {
        // A sign whose answer was lost may have come after all.
        if (!isOutOfSequence(error)) throw error;
      }
    }
  }

  private spec(beat: number) {
    const { holder, expiryMs } = this.options;
    return {
      Name: this.place.lock,
      Labels: {
        ...contentLabels(this.place, "lock"),
        [lockLabels.holder]: holder,
        [lockLabels.holderId]: this.holderId,
        [lockLabels.expiry]: String(expiryMs),
        [beatLabel]: String(beat),
      },
    };
  }

  /** By id, or by name as long as nothing has an id that begins so. */
  private async read(nameOrId: string, what: string, signal: AbortSignal): Promise<StoredAnswer | undefined> {
    const request = { what, path: apiPath`/configs/${nameOrId}` };
    const config = await unlessMissing(this.client.get<StoredAnswer>(request, signal));
    return config?.ID === nameOrId || config?.Spec.Name === nameOrId ? config : undefined;
  }

  private async toSight(config: StoredAnswer, signal: AbortSignal): Promise<LockSight> {
    const labels = config.Spec.Labels ?? {};
    if (labels[labelKeys.content] !== "lock") {
      const message = `look at the lock of ${this.subject}: config "${this.place.lock}" is not a lock`;
      throw new ReconcilerError("engine-conflict", message, {
        hint: `rename or remove the config "${this.place.lock}"`,
      });
    }
    const expiryMs = Number(labels[lockLabels.expiry]);
    return {
      id: config.ID,
      holder: labels[lockLabels.holder] ?? "unknown",
      holderId: labels[lockLabels.holderId] ?? "",
      since: (config.CreatedAt ?? "").replace(/\.\d+/, ""),
      expiryMs: expiryMs > 0 ? expiryMs : this.options.expiryMs,
      beat: config.Version?.Index,
      silentMs: await this.silence(config, signal),
    };
  }

  /**
   * The time of the last change was written by the clock of the leader of that moment, which is the clock that we are told
   * now only where there is one manager. With several nobody knows, and the lock is watched for its whole expiry.
   */
  private async silence({ UpdatedAt }: StoredAnswer, signal: AbortSignal): Promise<number | undefined> {
    const request = { what: `look at the lock of ${this.subject}`, path: "/info" };
    const info = await this.client.get<SystemInfo>(request, signal);
    const [nowMs, sinceMs] = [Date.parse(info.SystemTime ?? ""), Date.parse(UpdatedAt ?? "")];
    if (info.Swarm?.Managers !== 1 || Number.isNaN(nowMs - sinceMs)) return undefined;
    return Math.max(0, nowMs - sinceMs);
  }
}
