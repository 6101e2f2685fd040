import { drivingCharacter } from "../lib/harmless.ts";

/** A part of a line, and where the mark under it goes; both in cells of a terminal. */
export interface Excerpt {
  readonly text: string;
  readonly indent: number;
  readonly width: number;
}

/** So much of a long line is shown before the place, and in all. */
const [cellsBefore, cellsInAll] = [60, 110];

const characters = new Intl.Segmenter("en", { granularity: "grapheme" });

/** More units than a mark and what is around it can have; the rest of a long line is not looked at. */
const unitsAround = 1_000;

/**
 * The part of a line around a place, so that a mark of `width` cells below it, `indent` cells to the right, stands under
 * the place: wide characters take two cells, combined ones stay together, tabs and what would drive the terminal take one.
 *
 * @param start of the place in the line, in UTF-16 units
 */
export function excerptOf(line: string, start: number, length: number): Excerpt {
  const from = Math.min(start, line.length);
  const end = Math.min(from + length, line.length);
  const before = cellsOf(line.slice(wholeCharacter(line, from - unitsAround), from));
  const marked = cellsOf(line.slice(from, Math.min(end, from + unitsAround)));
  const after = cellsOf(line.slice(end, end + unitsAround));
  const shownBefore = fitting(before.toReversed(), cellsBefore).toReversed();
  const indent = widthOf(shownBefore);
  const shownMarked = fitting(marked, cellsInAll - indent);
  const width = widthOf(shownMarked);
  const shownAfter = shownMarked.length < marked.length ? [] : fitting(after, cellsInAll - indent - width);
  const text = [...shownBefore, ...shownMarked, ...shownAfter].map((cell) => cell.text).join("");
  return { text, indent, width: Math.max(width, 1) };
}

interface Cell {
  readonly text: string;
  readonly width: number;
}

/** Not the middle of a pair of surrogates. */
function wholeCharacter(line: string, index: number): number {
  const at = Math.max(0, index);
  return /[\udc00-\udfff]/.test(line.charAt(at)) ? at + 1 : at;
}

function cellsOf(text: string): readonly Cell[] {
  return [...characters.segment(text)].map(({ segment }) => {
    const shown = segment.replaceAll("\t", " ").replace(drivingCharacter, "\ufffd");
    return { text: shown, width: cellsOfCharacter(shown) };
  });
}

/** East Asian wide and full-width forms (Unicode, UAX 11) and pictures take two cells; a mark alone takes none. */
const wide =
  /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}])/u;

function cellsOfCharacter(character: string): number {
  if (/^[\p{Mn}\p{Me}\u200b-\u200d\ufeff]+$/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** As many of the first ones as fit. */
function fitting(cells: readonly Cell[], room: number): readonly Cell[] {
  let used = 0;
  const count = cells.findIndex(({ width }) => {
    used += width;
    return used > room;
  });
  return count < 0 ? cells : cells.slice(0, count);
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, { width }) => sum + width, 0);
}
