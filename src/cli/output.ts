import type { Diagnostic } from "../lib/diagnostic.ts";
import { harmless, onOneLine } from "../lib/harmless.ts";
import type { Paint } from "../lib/paint.ts";
import type { ReconcilerError } from "../model/errors.ts";
import { excerptOf } from "./excerpt.ts";

export { harmless };

/** One line that says what failed, and one that says what to do. */
export function describeError(error: ReconcilerError, paint: Paint): string {
  const hint = error.hint === undefined ? "" : `  ${harmless(error.hint)}\n`;
  const internal =
    error.code === "internal"
      ? `  this is a mistake in mysysconfig; please report it with this:\n${indent(harmless(error.stack ?? ""), 4)}\n`
      : "";
  return `${paint("bad", "mysysconfig:")} ${harmless(error.message)}\n${hint}${internal}`;
}

/**
 * Findings as `file:line:column: message`, each with the line it is about and a hint. A line that one finding keeps to
 * itself (`isConfidential`) is shown by none.
 */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
  paint: Paint,
): string {
  const placeOf = ({ position }: Diagnostic) => `${position.line}:${position.file}`;
  const hidden = new Set(diagnostics.filter(({ isConfidential }) => isConfidential).map(placeOf));
  return diagnostics
    .map((diagnostic) =>
      formatDiagnostic(diagnostic, hidden.has(placeOf(diagnostic)) ? noSources : sources, paint),
    )
    .join("");
}

const noSources: ReadonlyMap<string, string> = new Map();

function formatDiagnostic(
  diagnostic: Diagnostic,
  sources: ReadonlyMap<string, string>,
  paint: Paint,
): string {
  const { file, line, column, length = 1 } = diagnostic.position;
  const tone = diagnostic.severity === "error" ? "bad" : "warn";
  const label = diagnostic.severity === "warning" ? "warning: " : "";
  const lines = [
    `${paint("bold", `${onOneLine(file)}:${line}:${column}:`)} ${paint(tone, `${label}${onOneLine(diagnostic.message)}`)}`,
  ];
  const source = sources.get(file)?.split("\n")[line - 1]?.replace(/\r$/, "");
  if (source !== undefined && source.trim() !== "") {
    const { text, indent: before, width } = excerptOf(source, column - 1, length);
    lines.push(`    ${text}`, `    ${" ".repeat(before)}${paint(tone, "^".repeat(width))}`);
  }
  if (diagnostic.hint !== undefined) lines.push(`    ${paint("dim", harmless(diagnostic.hint))}`);
  return `${lines.join("\n")}\n`;
}

export function indent(text: string, spaces: number): string {
  return text
    .split("\n")
    .map((line) => " ".repeat(spaces) + line)
    .join("\n");
}

/** `1 mistake`, `2 mistakes`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The last part of a path on disk. */
export function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
