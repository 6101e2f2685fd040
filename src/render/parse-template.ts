import Handlebars from "handlebars";
import { type Diagnostic, DiagnosticSink, type Parsed, type Position } from "../lib/diagnostic.ts";
import { limits } from "../lib/limits.ts";
import { hideGoExpressions, showGoExpressions } from "./go-expressions.ts";
import type { Program, SourceSpan } from "./template-ast.ts";

/**
 * Only the grammar of Handlebars is used: its compiler would turn templates of the repository into code of ours, and
 * its strict mode lets missing names through in blocks and arguments. `template-engine.ts` walks the tree instead.
 */

/** Limits that keep the parser's own work small; real templates are far below them. */
const maxTemplateLength = limits.template.most;
const maxBlockDepth = limits.templateDepth.most;
const maxElseBranches = limits.templateBranches.most;
/** Opening parentheses in one expression. */
const maxSubExpressions = limits.templateExpressions.most;

export interface Template {
  readonly file: string;
  readonly program: Program;
}

/** Parses the text of a template; a syntax error comes with its line and column. */
export function parseTemplate(text: string, file: string): Parsed<Template> {
  const refusal = refuseLargeTemplate(text, file);
  if (refusal) return { diagnostics: [refusal] };
  const hidden = hideGoExpressions(text);
  try {
    const program = Handlebars.parse(hidden.text) as unknown as Program;
    return { value: { file, program: showGoExpressions(program, hidden.expressions) }, diagnostics: [] };
  } catch (error) {
    return { diagnostics: [toDiagnostic(error, hidden.text, file)] };
  }
}

/** The place of a node, with a length when it stands on one line. */
export function positionOf(span: SourceSpan, file: string): Position {
  const { start, end } = span;
  const place = { file, line: start.line, column: start.column + 1 };
  return start.line === end.line ? { ...place, length: Math.max(end.column - start.column, 1) } : place;
}

function refuseLargeTemplate(text: string, file: string): Diagnostic | undefined {
  const sink = new DiagnosticSink();
  const refuse = (offset: number, message: string) => {
    sink.error(positionAt(text, offset, file), "template-too-large", message);
    return sink.diagnostics[0];
  };
  if (text.length > maxTemplateLength) return refuse(0, "template is larger than 256 KiB");
  let depth = 0;
  let branches = 0;
  for (const tag of text.matchAll(/\{\{~?\s*(#|\^|\/|else\b)/g)) {
    if (tag[1] === "/") depth--;
    else if (tag[1] === "else") branches++;
    else depth++;
    if (depth > maxBlockDepth) return refuse(tag.index, `blocks are nested deeper than ${maxBlockDepth}`);
    if (branches > maxElseBranches) return refuse(tag.index, `more than ${maxElseBranches} else branches`);
  }
  for (const tag of text.matchAll(/\{\{(?!!)[^}]*/g)) {
    if (tag[0].split("(").length - 1 > maxSubExpressions)
      return refuse(tag.index, `more than ${maxSubExpressions} sub-expressions in one expression`);
  }
  return undefined;
}

function toDiagnostic(error: unknown, text: string, file: string): Diagnostic {
  const sink = new DiagnosticSink();
  const details = error as { message?: string; lineNumber?: number; column?: number };
  const message = details.message ?? String(error);
  if (details.lineNumber !== undefined) {
    const position = { file, line: details.lineNumber, column: (details.column ?? 0) + 1 };
    sink.error(position, "template-syntax", lowerFirst(message.replace(/ - \d+:\d+$/, "")));
  } else {
    const offset = offsetOfParseError(message, text);
    const got = /got '(\w+)'/.exec(message)?.[1] ?? "";
    const { what, hint } = explain(got, text, offset);
    sink.error(positionAt(text, offset, file), "template-syntax", what, hint);
  }
  return sink.diagnostics[0] as Diagnostic;
}

function explain(got: string, text: string, offset: number): { what: string; hint?: string } {
  const rest = text.slice(offset);
  const expression = /\{\{[^{}]*\}?\}?$/.exec(text.slice(0, offset + (rest.indexOf("}}") + 2 || 0)))?.[0];
  if (rest.startsWith(".") || (rest.startsWith("|") && expression?.includes("."))) {
    return {
      what: "this is no Handlebars expression; it looks like a Go template",
      hint: `put a backslash before it to pass it on: \\${expression ?? "{{.Task.Slot}}"}`,
    };
  }
  if (got === "EOF") {
    return {
      what: "the template ends inside a block or an expression",
      hint: "close it: {{/if}}, {{/each}} or }}",
    };
  }
  if (got === "OPEN_ENDBLOCK") return { what: "a block is closed here that was not opened" };
  return { what: `unexpected ${JSON.stringify(rest.slice(0, 1))} in a Handlebars expression` };
}

/**
 * Syntax errors carry no offset, only an excerpt (at most 20 characters to each side, line breaks removed) with a
 * pointer under it, and the line; the excerpt is looked up in the text.
 */
function offsetOfParseError(message: string, text: string): number {
  const [head = "", excerpt = "", pointer = ""] = message.split("\n");
  const line = Number(/line (\d+)/.exec(head)?.[1] ?? 1);
  const caret = pointer.indexOf("^");
  const before = excerpt.slice(0, caret).replace(/^\.\.\./, "");
  const after = excerpt.slice(caret).replace(/\.\.\.$/, "");
  const limit = endOfLine(text, line);
  const offsets: number[] = [];
  let flat = "";
  for (let index = 0; index < limit; index++) {
    const char = text[index];
    if (char === "\n" || char === undefined) continue;
    flat += char;
    offsets.push(index);
  }
  offsets.push(limit);
  const found = flat.lastIndexOf(before + after);
  const exact = found < 0 ? flat.lastIndexOf(before) : found;
  return exact < 0 ? startOfLine(text, line) : (offsets[exact + before.length] ?? limit);
}

function startOfLine(text: string, line: number): number {
  let start = 0;
  for (let count = 1; count < line; count++) {
    const newline = text.indexOf("\n", start);
    if (newline < 0) break;
    start = newline + 1;
  }
  return start;
}

function endOfLine(text: string, line: number): number {
  // The excerpt may reach 20 characters into the lines that follow.
  return Math.min(text.length, startOfLine(text, line + 1) + 40);
}

function positionAt(text: string, offset: number, file: string): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { file, line: before.split("\n").length, column: offset - lineStart + 1 };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
