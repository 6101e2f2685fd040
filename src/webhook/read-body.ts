import type { IncomingMessage } from "node:http";
import type { HookLimits } from "./limits.ts";

export type BodyResult =
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  /** Larger than a body may be. */
  | { readonly kind: "large" }
  /** Not there in time. */
  | { readonly kind: "late" }
  /** Too much is being read already. */
  | { readonly kind: "busy" }
  /** The sender went away. */
  | { readonly kind: "gone" };

type BodyLimits = Pick<HookLimits, "bodyBytes" | "bodyMs" | "openBodies" | "openBytes">;

/** What the bodies that are being read hold together. */
export class BodyReader {
  private readonly limits: BodyLimits;
  private open = 0;
  private bytes = 0;

  constructor(limits: BodyLimits) {
    this.limits = limits;
  }

  /** Reads at most as much as is allowed; never rejects. The request may still be sending when it resolves. */
  async read(request: IncomingMessage): Promise<BodyResult> {
    const { bodyBytes, openBodies } = this.limits;
    // Said before anything is read: the length is the sender's word, but nobody gains by exaggerating.
    if (Number(request.headers["content-length"] ?? 0) > bodyBytes) return { kind: "large" };
    if (this.open >= openBodies) return { kind: "busy" };
    this.open++;
    const held = { bytes: 0 };
    try {
      return await this.collect(request, held);
    } finally {
      this.open--;
      this.bytes -= held.bytes;
    }
  }

  private collect(request: IncomingMessage, held: { bytes: number }): Promise<BodyResult> {
    const { bodyBytes, bodyMs, openBytes } = this.limits;
    const chunks: Uint8Array[] = [];
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle({ kind: "late" }), bodyMs);
      const onData = (chunk: Uint8Array) => {
        held.bytes += chunk.length;
        this.bytes += chunk.length;
        if (held.bytes > bodyBytes) settle({ kind: "large" });
        else if (this.bytes > openBytes) settle({ kind: "busy" });
        else chunks.push(chunk);
      };
      const onEnd = () => settle({ kind: "body", bytes: Buffer.concat(chunks) });
      const onGone = () => settle({ kind: "gone" });
      const settle = (result: BodyResult) => {
        clearTimeout(timer);
        request.off("data", onData).off("end", onEnd).off("close", onGone);
        resolve(result);
      };
      // The listener for errors stays: one that nobody hears ends the process.
      request.on("data", onData).on("end", onEnd).on("close", onGone).on("error", onGone);
    });
  }
}
