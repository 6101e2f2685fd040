import type { IncomingMessage } from "node:http";
import type { HookLimits } from "./limits.ts";

export type BodyResult =
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  /** Larger than a body may be. */
  | { readonly kind: "large" }
  /** Not there in time. */
  | { readonly kind: "late" }
  /** Its room was needed for others. */
  | { readonly kind: "busy" }
  /** The sender went away. */
  | { readonly kind: "gone" };

type BodyLimits = Pick<HookLimits, "bodyBytes" | "bodyMs" | "openBodies" | "openBytes" | "usualBytes">;

/** A body of which more is to come. */
interface OpenBody {
  bytes: number;
  readonly settle: (result: BodyResult) => void;
}

/**
 * What the bodies that are being read hold together. Who sends them is not known yet, so that room is made for the
 * newest: whoever leaves a body unfinished keeps nobody else out.
 */
export class BodyReader {
  private readonly limits: BodyLimits;
  /** The oldest first. */
  private readonly open = new Set<OpenBody>();
  private bytes = 0;

  constructor(limits: BodyLimits) {
    this.limits = limits;
  }

  /** Reads at most as much as is allowed; never rejects. The request may still be sending when it resolves. */
  async read(request: IncomingMessage): Promise<BodyResult> {
    // Said before anything is read: the length is the sender's word, but nobody gains by exaggerating.
    if (Number(request.headers["content-length"] ?? 0) > this.limits.bodyBytes) return { kind: "large" };
    return await this.collect(request);
  }

  private collect(request: IncomingMessage): Promise<BodyResult> {
    const { bodyBytes, bodyMs } = this.limits;
    const chunks: Uint8Array[] = [];
    return new Promise((resolve) => {
      const settle = (result: BodyResult) => {
        clearTimeout(timer);
        request.off("data", onData).off("end", onEnd).off("close", onGone);
        if (this.open.delete(body)) this.bytes -= body.bytes;
        resolve(result);
      };
      const body: OpenBody = { bytes: 0, settle };
      const timer = setTimeout(() => settle({ kind: "late" }), bodyMs);
      const onData = (chunk: Uint8Array) => {
        chunks.push(chunk);
        body.bytes += chunk.length;
        this.bytes += chunk.length;
        if (body.bytes > bodyBytes) settle({ kind: "large" });
        this.makeRoom();
      };
      const onEnd = () => settle({ kind: "body", bytes: Buffer.concat(chunks) });
      const onGone = () => settle({ kind: "gone" });
      this.open.add(body);
      // The listener for errors stays: one that nobody hears ends the process.
      request.on("data", onData).on("end", onEnd).on("close", onGone).on("error", onGone);
      this.makeRoom();
    });
  }

  /**
   * Gives up what has been coming longest: a body that arrives at once is gone from here before its turn comes. While
   * bodies larger than hooks usually are hold most of the room, it is theirs that is needed.
   */
  private makeRoom(): void {
    const { openBodies, openBytes, usualBytes } = this.limits;
    while (this.open.size > openBodies || this.bytes > openBytes) {
      const [oldest] = this.open;
      const large = [...this.open].filter(({ bytes }) => bytes > usualBytes);
      const isTheirs = large.reduce((sum, { bytes }) => sum + bytes, 0) > openBytes / 2;
      (isTheirs ? large[0] : oldest)?.settle({ kind: "busy" });
    }
  }
}
