import { createHash } from "node:crypto";

/** What was delivered already: so many at most, for so long. Times are monotonic milliseconds. */
export class KnownDeliveries {
  private readonly most: number;
  private readonly lifeMs: number;
  /** Key → when it came first; in the order of their coming. */
  private readonly keys = new Map<string, number>();

  constructor({ most, lifeMs }: { most: number; lifeMs: number }) {
    this.most = most;
    this.lifeMs = lifeMs;
  }

  has(key: string, nowMs: number): boolean {
    this.forget(nowMs);
    return this.keys.has(key);
  }

  add(key: string, nowMs: number): void {
    this.keys.delete(key);
    this.keys.set(key, nowMs);
    this.forget(nowMs);
  }

  get size(): number {
    return this.keys.size;
  }

  private forget(nowMs: number): void {
    for (const [key, since] of this.keys) {
      if (this.keys.size <= this.most && nowMs - since < this.lifeMs) return;
      this.keys.delete(key);
    }
  }
}

/** Keys have one length, whatever a sender thinks an id is. */
export function deliveryKey(body: Uint8Array, deliveryId: string | undefined): string {
  const hash = createHash("sha256");
  if (deliveryId === undefined) return hash.update("body\n").update(body).digest("base64");
  return hash.update("id\n").update(deliveryId).digest("base64");
}
