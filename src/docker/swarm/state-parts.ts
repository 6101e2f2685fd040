import { isObject } from "../../lib/shape.ts";
import type { StateFiles } from "../state-files.ts";

/** Bytes of one part; a config has at most 1,023,999. */
const largestPart = 900_000;

/** Files as bytes for the cluster's store, compressed and cut into parts. */
export async function packParts(files: StateFiles): Promise<readonly Uint8Array[]> {
  const text = JSON.stringify(Object.fromEntries(files));
  const bytes = await bytesOf(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip")));
  const count = Math.ceil(bytes.length / largestPart);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * largestPart, (index + 1) * largestPart),
  );
}

/** The files that were packed; `undefined` for what is damaged. */
export async function unpackParts(parts: readonly Uint8Array[]): Promise<StateFiles | undefined> {
  try {
    const packed = new Blob(parts.map((part) => new Uint8Array(part))).stream();
    const bytes = await bytesOf(packed.pipeThrough(new DecompressionStream("gzip")));
    const files: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (!isObject(files)) return undefined;
    return new Map(
      Object.entries(files).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  } catch {
    return undefined;
  }
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
