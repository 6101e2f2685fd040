import { didYouMean } from "../../lib/suggest.ts";
import { unknownVariableHint } from "../variables.ts";
import { addText, indexIn, type PlacedText, type Word, wordPosition } from "../words.ts";
import { type ShellRefusal, shellVariables, substitutionHint, wordRefusals } from "./refusals.ts";
import { type ShellState, stretchOf } from "./state.ts";
import type { Part, Token } from "./tokens.ts";

type WordToken = Extract<Token, { kind: "word" }>;

/** The assignment that a word is, if its name is written as it is. */
export interface ShellAssignment {
  readonly name: string;
  /** Of the whole word. */
  readonly place: Word;
  readonly value: string;
}

const assignmentName = /^([A-Za-z_][A-Za-z0-9_]*)=/;

/** The name that a word assigns to; `undefined` when it is no assignment. */
export function assignedName({ parts: [first] }: WordToken): string | undefined {
  return first?.kind === "text" && !first.quoted ? assignmentName.exec(first.text)?.[1] : undefined;
}

/** `NAME+=value` and `NAME[0]=value`. */
export function isOddAssignment({ parts: [first] }: WordToken): boolean {
  return (
    first?.kind === "text" && !first.quoted && /^[A-Za-z_][A-Za-z0-9_]*(?:\+|\[[^\]]*\]\+?)=/.test(first.text)
  );
}

/**
 * Reads `NAME=value`: the value is neither split nor taken for a pattern (`Simple Commands` in POSIX).
 *
 * @param isArgument of `export`, where shells differ: some split the value
 */
export function expandAssignment(token: WordToken, state: ShellState, isArgument = false): ShellAssignment {
  const name = assignedName(token) ?? "";
  const place = placeOf(token, state);
  let value = "";
  let skipped = name.length + 1;
  for (const part of token.parts) {
    if (part.kind === "text") {
      const text = part.text.slice(skipped);
      if (!part.quoted && (value === "" ? /^~/ : /:~/).test(text)) refusePart("tilde", part, state);
      if (!part.quoted && isArgument) checkBraces(part, state);
      value += text;
      skipped = 0;
      continue;
    }
    const text = contentOf(part, state);
    if (isArgument && !part.quoted && /[\s*?[]/.test(text)) {
      const hint = `write "${state.script.text.slice(part.start, part.end)}": shells differ in what export makes of it`;
      refuseAt(part, state, { what: "a value with white space or a pattern without quotes", hint });
    }
    value += text;
  }
  return { name, place, value };
}

/** The words that one word becomes: variables and commands outside of quotes are split at white space. */
export function expandWord(token: WordToken, state: ShellState): Word[] {
  const fields: PlacedText[] = [];
  let current: PlacedText | undefined;
  const open = (): PlacedText => {
    current ??= { text: "", map: [] };
    return current;
  };
  const close = () => {
    if (current !== undefined) fields.push(current);
    current = undefined;
  };
  checkLiteral(token, state);
  for (const part of token.parts) {
    if (part.kind === "text") {
      const placed = open();
      for (let offset = 0; offset < part.text.length; offset++) {
        addText(placed, part.text.charAt(offset), indexIn(state.script, part.start + offset));
      }
      continue;
    }
    const at = indexIn(state.script, part.start);
    const value = contentOf(part, state);
    if (part.quoted) {
      addText(open(), value, at);
      continue;
    }
    if (/[*?[]/.test(value)) {
      const written = state.script.text.slice(part.start, part.end);
      refuseAt(part, state, {
        ...wordRefusals.glob,
        hint: `write "${written}" if the characters themselves are meant`,
      });
    }
    for (const piece of value.split(/([ \t\n]+)/)) {
      if (/^[ \t\n]/.test(piece)) close();
      else if (piece !== "") addText(open(), piece, at);
    }
  }
  close();
  const { source, start, end } = placeOf(token, state);
  return fields.map(({ text, map }) => ({ source, text, map: [...map, end], start, end }));
}

/** Unquoted characters that shells replace by names of files and the like. */
function checkLiteral(token: WordToken, state: ShellState): void {
  for (const [index, part] of token.parts.entries()) {
    if (part.kind !== "text" || part.quoted) continue;
    if (/[*?[]/.test(part.text)) refusePart("glob", part, state);
    if (index === 0 && part.text.startsWith("~")) refusePart("tilde", part, state);
    checkBraces(part, state);
  }
}

/** Only bash expands braces, and only those with a comma or two dots: `{{.Node.Hostname}}` stays. */
function checkBraces(part: Part, state: ShellState): void {
  if (/\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}/.test(part.text)) refusePart("brace", part, state);
}

function refusePart(name: keyof typeof wordRefusals, part: Part, state: ShellState): void {
  refuseAt(part, state, wordRefusals[name]);
}

function refuseAt(part: Part, state: ShellState, refusal: ShellRefusal): void {
  const end = part.kind === "text" ? part.start + part.text.length : part.end;
  refuse(stretchOf(state, part.start, end), state, refusal);
}

/** A construct that is not read, at its own place. */
export function refuse(place: Word, { sink, key }: ShellState, { what, hint }: ShellRefusal): void {
  sink.error(
    wordPosition(place),
    "shell-line",
    `the shell line of ${key}= has ${what}, which is not supported`,
    hint,
  );
}

/** What a variable or a command stands for; nothing once the unit has no room for more. */
function contentOf(part: Exclude<Part, { kind: "text" }>, state: ShellState): string {
  const content = part.kind === "variable" ? variableOf(part, state) : outputOf(part, state);
  const place = () => wordPosition(stretchOf(state, part.start, part.end));
  return state.expansion.scope.room.take(content.length, place) ? content : "";
}

function variableOf(part: Part, state: ShellState): string {
  const value = state.variables.get(part.text);
  if (value !== undefined) return value;
  const own = Object.hasOwn(shellVariables, part.text) ? shellVariables[part.text] : undefined;
  const environment = {
    variables: state.variables,
    undeclaredFiles: state.expansion.environment.undeclaredFiles,
  };
  const hint =
    didYouMean(part.text, state.variables.keys()) ?? own ?? unknownVariableHint(part.text, environment);
  const place = stretchOf(state, part.start, "end" in part ? part.end : part.start + 1);
  state.sink.error(wordPosition(place), "unknown-variable", `variable "${part.text}" is not set`, hint);
  return "";
}

/** What the table of substitutions says of a command; it is never run. */
function outputOf(part: Exclude<Part, { kind: "text" }>, state: ShellState): string {
  const { substitute } = state.expansion.scope.context;
  const command = singleSpaced(part.text);
  const filled = singleSpaced(fillIn(part.text, state.variables));
  const found = substitute?.(command) ?? (filled === command ? undefined : substitute?.(filled));
  if (found === undefined) {
    const place = wordPosition(stretchOf(state, part.start, part.end));
    const message = `the shell would run "${filled}", but no command is run on the host`;
    state.sink.error(place, "unknown-substitution", message, substitutionHint(filled));
    return "";
  }
  state.sink.addAll(found.diagnostics);
  // As the shell does it.
  return (found.value ?? "").replace(/\n+$/, "");
}

/** White space counts as one space: continued lines leave a lot of it. */
function singleSpaced(command: string): string {
  return command.trim().replace(/\s+/g, " ");
}

/** Known variables in a command, so that one entry of the table serves all services that differ by them. */
function fillIn(command: string, variables: ReadonlyMap<string, string>): string {
  return command.replace(
    /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g,
    (written, braced, bare) => String(variables.get(braced ?? bare) ?? written),
  );
}

export function placeOf(token: Token, state: ShellState): Word {
  return stretchOf(state, token.start, token.end);
}
