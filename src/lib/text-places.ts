/** A stretch of a text: offsets in UTF-16 units, the end excluded. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Finds offsets by line and column and back; lines end at `\n`, both count from 1. */
export class TextPlaces {
  private readonly text: string;
  private readonly lineStarts: readonly number[];

  constructor(text: string) {
    this.text = text;
    const starts = [0];
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.lineStarts = starts;
  }

  /** The end of the text for a line that it does not have. */
  offsetOf(place: { readonly line: number; readonly column: number }): number {
    const start = this.lineStarts[place.line - 1] ?? this.text.length;
    return Math.min(start + place.column - 1, this.text.length);
  }

  placeOf(offset: number): { readonly line: number; readonly column: number } {
    const index = this.lineAt(offset);
    return { line: index + 1, column: offset - (this.lineStarts[index] ?? 0) + 1 };
  }

  /** The offset of the line break behind an offset, or of the end of the text. */
  endOfLine(offset: number): number {
    const next = this.lineStarts[this.lineAt(offset) + 1];
    return next === undefined ? this.text.length : next - 1;
  }

  /** Counts from 0. */
  private lineAt(offset: number): number {
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

export interface Replacement {
  readonly range: TextRange;
  readonly text: string;
}

/** The text with every range replaced; ranges must not overlap. */
export function replaceRanges(text: string, replacements: readonly Replacement[]): string {
  let result = "";
  let next = 0;
  for (const { range, text: replacement } of inOrder(replacements)) {
    result += text.slice(next, range.start) + replacement;
    next = range.end;
  }
  return result + text.slice(next);
}

/**
 * The offset before `replaceRanges` of an offset after it; inside a replacement, the start of what was
 * replaced.
 */
export function offsetBefore(offset: number, replacements: readonly Replacement[]): number {
  let growth = 0;
  for (const { range, text } of inOrder(replacements)) {
    const start = range.start + growth;
    if (offset < start) break;
    if (offset < start + text.length) return range.start;
    growth += text.length - (range.end - range.start);
  }
  return offset - growth;
}

function inOrder(replacements: readonly Replacement[]): readonly Replacement[] {
  return [...replacements].sort((a, b) => a.range.start - b.range.start);
}
