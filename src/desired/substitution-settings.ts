import { DiagnosticSink, type Position } from "../lib/diagnostic.ts";
import type { YamlNode } from "../lib/yaml.ts";
import { readMap, readText } from "../lib/yaml-read.ts";
import { checkTemplate } from "../render/check-template.ts";
import { parseTemplate, type Template } from "../render/parse-template.ts";

/** What stands for the output of one command of the shell, or of all commands of one form. */
export interface Substitution {
  /** As written, with single spaces. */
  readonly command: string;
  /** With `{name}` in the command: matches commands, each capture in the order of `captures`. */
  readonly pattern?: RegExp;
  readonly captures: readonly string[];
  /** Text with expressions over the values and the captures. */
  readonly template: Template;
  readonly position: Position;
}

/** A capture, but neither `${NAME}` of the shell nor `{{.Field}}` of a Go template. */
const capture = /(?<![${])\{([A-Za-z_][A-Za-z0-9_]*)\}(?!\})/g;

/** `substitutions: {"etcdctl get /{app}/tag": "{{lookup tags app}}"}`, in the order of the file. */
export function readSubstitutions(node: YamlNode, sink: DiagnosticSink): readonly Substitution[] {
  const substitutions = new Map<string, Substitution>();
  for (const { key, keyPosition, value } of readMap(node, "substitutions", sink)?.entries ?? []) {
    const command = singleSpaced(key);
    const what = `substitutions.${JSON.stringify(command)}`;
    const text = readText(value, what, sink);
    const template = text === undefined ? undefined : readTemplate(text, what, value.position, sink);
    const captures = [...command.matchAll(capture)].map(([, name = ""]) => name);
    if (
      checkCommand(command, captures, { keyPosition, isTaken: substitutions.has(command) }, sink) &&
      template
    ) {
      const pattern = captures.length === 0 ? {} : { pattern: patternOf(command) };
      substitutions.set(command, { command, ...pattern, captures, template, position: value.position });
    }
  }
  return [...substitutions.values()];
}

export function singleSpaced(command: string): string {
  return command.trim().replace(/\s+/g, " ");
}

interface Place {
  readonly keyPosition: Position;
  readonly isTaken: boolean;
}

function checkCommand(
  command: string,
  captures: readonly string[],
  { keyPosition, isTaken }: Place,
  sink: DiagnosticSink,
): boolean {
  const before = sink.diagnostics.length;
  if (command === "") {
    sink.error(
      keyPosition,
      "invalid-name",
      "substitutions: a command is missing",
      'write it as in $(…): "uuidgen"',
    );
  } else if (/^(?:\$\(.*\)|`.*`)$/.test(command)) {
    const bare = command.startsWith("$") ? command.slice(2, -1) : command.slice(1, -1);
    const hint = `write ${JSON.stringify(bare)}`;
    sink.error(keyPosition, "invalid-name", "substitutions: write the command without $( ) around it", hint);
  }
  if (isTaken) sink.error(keyPosition, "duplicate-name", `substitutions: "${command}" is given twice`);
  const repeated = captures.find((name, index) => captures.indexOf(name) !== index);
  if (repeated !== undefined)
    sink.error(
      keyPosition,
      "duplicate-name",
      `substitutions: {${repeated}} is captured twice`,
      "name one of them anew",
    );
  if (/\}(?=\{[A-Za-z_])/.test(command) && captures.length > 1) {
    const hint = "write what stands between them";
    sink.error(keyPosition, "invalid-pattern", "substitutions: two captures side by side", hint);
  }
  return sink.diagnostics.length === before;
}

/**
 * A capture ends at white space, at a slash, and at the first character of what follows it in the pattern, so that a
 * command matches in one way only and in linear time.
 */
function patternOf(command: string): RegExp {
  const parts = command.split(capture);
  const source = parts.map((part, index) => {
    if (index % 2 === 0) return literally(part);
    const next = parts[index + 1]?.charAt(0) ?? "";
    return `([^\\s/${next.trim() === "" ? "" : literally(next)}]+)`;
  });
  return new RegExp(`^${source.join("")}$`);
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}

/** Expressions are checked when the settings are read; mistakes are told at the value, in which they stand. */
function readTemplate(
  text: string,
  what: string,
  position: Position,
  sink: DiagnosticSink,
): Template | undefined {
  const findings = new DiagnosticSink();
  const parsed = parseTemplate(text, position.file);
  findings.addAll(parsed.diagnostics);
  if (parsed.value) checkTemplate(parsed.value, new Set(), findings);
  for (const { code, message, hint } of findings.diagnostics)
    sink.error(position, code, `${what}: ${message}`, hint);
  return findings.hasErrors ? undefined : parsed.value;
}
