import type { Position } from "../lib/diagnostic.ts";

/** A stretch of one physical line inside a joined value. */
export interface Segment {
  /** Index in the joined text where the stretch begins. */
  readonly start: number;
  readonly line: number;
  readonly column: number;
}

/** A value that may span several physical lines, with the place every character came from. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
  /** Sorted by start; the first one starts at 0. */
  readonly segments: readonly Segment[];
}

/** The place of a character, with the length of the stretch up to `end` that lies on the same physical line. */
export function positionAt(source: SourceText, start: number, end = start): Position {
  let index = source.segments.length - 1;
  while (index > 0 && (source.segments[index]?.start ?? 0) > start) index--;
  const segment = source.segments[index] ?? { start: 0, line: 1, column: 1 };
  const lineEnd = source.segments[index + 1]?.start ?? source.text.length;
  const length = Math.min(end, lineEnd) - start;
  return {
    file: source.file,
    line: segment.line,
    column: segment.column + start - segment.start,
    ...(length > 0 ? { length } : {}),
  };
}

/** A part of a value that keeps its places. */
export function sliceSource(source: SourceText, start: number, end: number): SourceText {
  const [only] = source.segments;
  const text = source.text.slice(start, end);
  if (only !== undefined && source.segments.length === 1) {
    const segments = [{ start: 0, line: only.line, column: only.column + start - only.start }];
    return { file: source.file, text, segments };
  }
  const segments: Segment[] = [];
  for (const segment of source.segments) {
    if (segment.start >= end && segments.length > 0) break;
    const shift = start - segment.start;
    if (shift >= 0) segments.length = 0;
    segments.push({
      start: Math.max(0, -shift),
      line: segment.line,
      column: segment.column + Math.max(0, shift),
    });
  }
  return { file: source.file, text, segments };
}
