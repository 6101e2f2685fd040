import type { Readable } from "node:stream";

const headerLength = 8;
/** More is cut off: lines without an end must not fill the memory. */
const maximumBytes = 256 * 1024;

/**
 * Lines of a container's log. Without a terminal both outputs arrive in frames: one byte that names the output, three
 * zero bytes, four bytes with the length (Docker Engine API, "ContainerAttach", stream format); with one, plain.
 */
export async function readLogLines(source: Readable, isTty: boolean): Promise<string[]> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > maximumBytes) break;
  }
  const bytes = Buffer.concat(chunks);
  if (isTty) return toLines(bytes);
  const outputs = new Map<number, Buffer[]>();
  const order: { stream: number; text: string }[] = [];
  for (const { stream, payload } of readFrames(bytes)) {
    const parts = [...(outputs.get(stream) ?? []), payload];
    if (payload.at(-1) === 0x0a) {
      order.push(...toLines(Buffer.concat(parts)).map((text) => ({ stream, text })));
      outputs.delete(stream);
    } else outputs.set(stream, parts);
  }
  const unfinished = [...outputs.values()].flatMap((parts) => toLines(Buffer.concat(parts)));
  return [...order.map(({ text }) => text), ...unfinished];
}

function toLines(bytes: Buffer): string[] {
  const lines = bytes.toString("utf8").split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** A last frame that was cut off counts as far as it came. */
function* readFrames(bytes: Buffer): Generator<{ stream: number; payload: Buffer }> {
  let offset = 0;
  while (offset + headerLength <= bytes.length) {
    const stream = bytes.readUInt8(offset);
    const length = bytes.readUInt32BE(offset + 4);
    const start = offset + headerLength;
    yield { stream, payload: bytes.subarray(start, start + length) };
    offset = start + length;
  }
}
