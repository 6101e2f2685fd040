import { stripVTControlCharacters } from "node:util";

/** How a piece of text is meant; a terminal shows it in colour, a file as it is. */
export type Tone = "good" | "bad" | "warn" | "dim" | "bold" | "plain";
export type Paint = (tone: Tone, text: string) => string;

export const plainPaint: Paint = (_tone, text) => text;

/** Text with columns padded to the widest cell; the last column is not padded. Widths ignore colour codes. */
export function alignColumns(rows: readonly (readonly string[])[], gap = 2, maxWidth = 60): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      const width = visibleWidth(cell);
      if (width <= maxWidth) widths[index] = Math.max(widths[index] ?? 0, width);
    }
  }
  return rows.map((row) =>
    row
      .map((cell, index) =>
        index === row.length - 1
          ? cell
          : cell + " ".repeat(Math.max(0, (widths[index] ?? 0) - visibleWidth(cell)) + gap),
      )
      .join("")
      .trimEnd(),
  );
}

/** Length without SGR colour sequences. */
export function visibleWidth(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
