import type { Readable } from "node:stream";

/** One line of a JSON stream, or a line that is none (a proxy's error page, a cut-off end). */
export type NdjsonLine =
  | { readonly kind: "value"; readonly value: Readonly<Record<string, unknown>> }
  | { readonly kind: "text"; readonly text: string };

/** Longer lines come from no Engine and must not fill the memory. */
const maximumLineLength = 4 * 1024 * 1024;

/**
 * Reads newline-separated JSON objects. Characters and lines may be split over chunks anywhere; what follows the last
 * newline is a line too.
 */
export async function* readNdjson(source: Readable): AsyncGenerator<NdjsonLine> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of source) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
    rest = (lines.pop() ?? "").slice(0, maximumLineLength);
    yield* lines.flatMap(parseLine);
  }
  yield* parseLine(rest + decoder.decode());
}

function parseLine(line: string): NdjsonLine[] {
  const text = line.trim();
  if (text === "") return [];
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return [{ kind: "value", value: value as Record<string, unknown> }];
  } catch {
    // Not JSON: handed on as text.
  }
  return [{ kind: "text", text }];
}
