/** One row for each entry; a column that is empty in every row is left out. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = columns.flatMap((_, index) => (rows.some((row) => (row[index] ?? "") !== "") ? [index] : []));
  const line = (cells: readonly string[]) => `| ${used.map((index) => cells[index] ?? "").join(" | ")} |`;
  const rule = `|${used.map(() => "---").join("|")}|`;
  return [line(columns), rule, ...rows.map((row) => line(row.map(cell)))].join("\n");
}

/** A bar would end the cell, also inside code. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

export function code(text: string): string {
  return `\`${text}\``;
}

export function codes(texts: readonly string[]): string {
  return texts.map(code).join(", ");
}

/** A sentence of a table of the code, as a cell: no dot at its end. */
export function phrase(text: string): string {
  return text.replace(/\.$/, "");
}
