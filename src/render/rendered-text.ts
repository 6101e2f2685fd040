import type { Position } from "../lib/diagnostic.ts";

/** One stretch of rendered text and where it comes from. */
interface Segment {
  /** Offset in the rendered text. */
  readonly start: number;
  /** `copied`: character by character from the template. `made`: the result of an expression. */
  readonly kind: "copied" | "made";
  readonly origin: Position;
}

/** Where the characters of one rendered file come from. */
export interface SourceMap {
  readonly text: string;
  readonly segments: readonly Segment[];
}

/** Thrown to leave the evaluation at once; caught by `renderTemplate`. */
export class OutputLimitError extends Error {}

/** Collects rendered text together with its origin. */
export class RenderedText {
  private readonly chunks: string[] = [];
  private readonly segments: Segment[] = [];
  private readonly indents: string[] = [];
  private readonly limit: number;
  private length = 0;
  private atLineStart = true;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Text that stands in the template at `origin`. */
  copy(text: string, origin: Position): void {
    if (this.indents.length === 0) {
      this.append(text, "copied", origin);
      return;
    }
    let { line, column } = origin;
    for (const part of text.match(/[^\n]*\n|[^\n]+/g) ?? []) {
      const place = { file: origin.file, line, column };
      this.indentLine(place);
      this.append(part, "copied", place);
      line++;
      column = 1;
    }
  }

  /** The result of the expression at `origin`. */
  make(text: string, origin: Position): void {
    if (text === "") return;
    this.indentLine(origin);
    this.append(text, "made", origin);
  }

  /** Everything that `write` adds is indented, as a partial on a line of its own is. */
  indented(indent: string, write: () => void): void {
    if (indent === "") {
      write();
      return;
    }
    this.indents.push(indent);
    this.atLineStart = true;
    write();
    this.indents.pop();
  }

  finish(): SourceMap {
    return { text: this.chunks.join(""), segments: this.segments };
  }

  private indentLine(origin: Position): void {
    if (this.atLineStart && this.indents.length > 0) this.append(this.indents.join(""), "made", origin);
  }

  private append(text: string, kind: Segment["kind"], origin: Position): void {
    if (text === "") return;
    this.segments.push({ start: this.length, kind, origin });
    this.chunks.push(text);
    this.length += text.length;
    this.atLineStart = text.endsWith("\n");
    if (this.length > this.limit) throw new OutputLimitError();
  }
}

/** Finds the template's own position for a position in rendered text. */
export class PositionMapper {
  private readonly map: SourceMap;
  private readonly lineStarts: readonly number[];

  private readonly fallback: Position;

  /** @param fallback stands in when the rendered text is empty */
  constructor(map: SourceMap, fallback: Position) {
    this.map = map;
    this.fallback = fallback;
    const starts = [0];
    for (let at = map.text.indexOf("\n"); at >= 0; at = map.text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.lineStarts = starts;
  }

  find(position: Position): Position {
    const { text } = this.map;
    const lineStart = this.lineStarts[position.line - 1] ?? text.length;
    const offset = Math.min(lineStart + position.column - 1, text.length);
    const start = this.place(offset);
    if (!start) return this.fallback;
    const { file, line, column } = start;
    if (position.length === undefined) return { file, line, column };
    const last = this.place(Math.min(offset + position.length - 1, text.length - 1)) ?? start;
    const end = last.file === file && last.line === line ? last.column + last.width : column + start.width;
    return { file, line, column, length: Math.max(end - column, 1) };
  }

  private place(offset: number): { file: string; line: number; column: number; width: number } | undefined {
    const segment = this.segmentAt(offset);
    if (!segment) return undefined;
    const { file, line, column, length } = segment.origin;
    if (segment.kind === "made") return { file, line, column, width: length ?? 1 };
    const before = this.map.text.slice(segment.start, offset);
    const newline = before.lastIndexOf("\n");
    if (newline < 0) return { file, line, column: column + before.length, width: 1 };
    return {
      file,
      line: line + before.split("\n").length - 1,
      column: before.length - newline,
      width: 1,
    };
  }

  /** The last segment that starts at or before the offset. */
  private segmentAt(offset: number): Segment | undefined {
    const { segments } = this.map;
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((segments[middle]?.start ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return segments[low];
  }
}
