import { didYouMean } from "../lib/suggest.ts";
import type { UnitEnvironment } from "./environment.ts";
import type { UnitScope } from "./unit-scope.ts";
import { addText, indexIn, type PlacedText, sliceWord, type Word, wordAt, wordPosition } from "./words.ts";

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Expands variables on a command line (`Command lines` in systemd.service(5)): `$NAME` as a word of its own is split at
 * whitespace, `${NAME}` is one piece of text, `$$` is a dollar sign. Unknown variables are errors, where systemd would
 * put nothing.
 */
export function expandVariables(words: readonly Word[], expansion: Expansion): Word[] {
  return words.flatMap((word) => {
    if (!word.text.includes("$")) return [word];
    if (/^\$[^{$]/.test(word.text)) return expandWholeWord(word, expansion);
    return [expandInside(word, expansion)];
  });
}

/**
 * What systemd makes of a script before a shell gets it: `${NAME}` and `$$` are replaced, `$NAME` inside of a word is the
 * shell's own.
 */
export function expandScript(script: Word, expansion: Expansion): Word {
  if (!script.text.includes("$")) return script;
  if (!/^\$[^{$]/.test(script.text)) return expandInside(script, { ...expansion, isScript: true });
  const name = /^\$[A-Za-z_][A-Za-z0-9_]*/.exec(script.text)?.[0] ?? script.text.slice(0, 2);
  expansion.scope.sink.error(
    wordPosition(sliceWord(script, 0, name.length)),
    "invalid-variable",
    `systemd takes a script that begins with "${name}" for the name of one variable`,
    `begin it with exec, or write $${name}`,
  );
  return script;
}

/** What variables mean, and where findings go. */
export interface Expansion {
  readonly environment: UnitEnvironment;
  readonly scope: UnitScope;
  /** A shell reads what is left. */
  readonly isScript?: boolean;
}

function expandWholeWord(word: Word, expansion: Expansion): Word[] {
  const name = word.text.slice(1);
  if (!variableName.test(name)) {
    const start = /^[A-Za-z_][A-Za-z0-9_]*/.exec(name)?.[0];
    const hint = name.startsWith("(")
      ? "no shell runs here; write the value, or a variable that Environment= sets"
      : start === undefined
        ? "write $$ for a dollar sign"
        : `systemd expands $NAME only as a word of its own; write \${${start}}${name.slice(start.length)}`;
    expansion.scope.sink.error(
      wordPosition(word),
      "invalid-variable",
      `"${word.text}" is not a variable`,
      hint,
    );
    return [];
  }
  const value = lookUp(name, word, expansion);
  return value === undefined ? [word] : splitValue(value).map((text) => wordAt(word, text));
}

interface Reference {
  readonly index: number;
  readonly written: string;
  /** Of `${NAME}`. */
  readonly braced?: string | undefined;
  /** Of `$NAME`. */
  readonly bare?: string | undefined;
}

/** A text in pieces: its references, and what stands between them. */
function piecesOf(text: string): readonly Reference[] {
  // Behind the last brace none is looked for, each time up to the end.
  const closed = text.lastIndexOf("}") + 1;
  const head = text.slice(0, closed).matchAll(/\$\$|\$\{([^}]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)|[^$]+|\$/g);
  const tail = text.slice(closed).matchAll(/\$\$|\$([A-Za-z_][A-Za-z0-9_]*)|[^$]+|\$/g);
  return [
    ...[...head].map(({ index, 0: written, 1: braced, 2: bare }) => ({ index, written, braced, bare })),
    ...[...tail].map(({ index, 0: written, 1: bare }) => ({ index: closed + index, written, bare })),
  ];
}

/** Replaces `${NAME}` and `$$` inside a word. */
function expandInside(word: Word, expansion: Expansion): Word {
  const placed: PlacedText = { text: "", map: [] };
  for (const { index, written, braced, bare } of piecesOf(word.text)) {
    const piece = sliceWord(word, index, index + written.length);
    if (written === "$$") addText(placed, "$", piece.start);
    else if (braced !== undefined) addText(placed, expandBraced(braced, piece, expansion), piece.start);
    else {
      if (bare !== undefined && expansion.isScript !== true) reportBare(bare, piece, expansion);
      for (let offset = 0; offset < written.length; offset++) {
        addText(placed, written.charAt(offset), indexIn(piece, offset));
      }
    }
  }
  return { ...word, text: placed.text, map: [...placed.map, indexIn(word, word.text.length)] };
}

function expandBraced(name: string, piece: Word, expansion: Expansion): string {
  if (variableName.test(name)) return lookUp(name, piece, expansion) ?? piece.text;
  const hint =
    expansion.isScript === true
      ? "systemd looks for a variable of this very name before the shell runs; write $NAME or $${NAME}"
      : "only ${NAME} is known to systemd; give the variable its default with Environment=";
  expansion.scope.sink.error(
    wordPosition(piece),
    "invalid-variable",
    `"${piece.text}" is not a variable`,
    hint,
  );
  return piece.text;
}

/** systemd leaves `a$NAME` as it stands, which is seldom meant. */
function reportBare(name: string, piece: Word, { environment, scope }: Expansion): void {
  if (!environment.variables.has(name)) return;
  const message = `systemd does not expand "$${name}" inside a word`;
  scope.sink.warning(
    wordPosition(piece),
    "bare-variable",
    message,
    `write \${${name}}, or $$ for a dollar sign`,
  );
}

function lookUp(name: string, place: Word, { environment, scope, isScript }: Expansion): string | undefined {
  const value = environment.variables.get(name);
  if (value !== undefined) return scope.room.take(value.length, () => wordPosition(place)) ? value : "";
  const general = unknownVariableHint(name, environment);
  const hint =
    isScript === true
      ? `systemd fills \${${name}} in before the shell runs: write $${name} or $$\{${name}} for a variable of the script; else ${general}`
      : general;
  scope.sink.error(wordPosition(place), "unknown-variable", `variable "${name}" is not set`, hint);
  return undefined;
}

/** What to write for a variable that has no value. */
export function unknownVariableHint(name: string, environment: UnitEnvironment): string {
  const near = didYouMean(name, environment.variables.keys());
  if (near !== undefined) return near;
  const [file] = environment.undeclaredFiles;
  if (file !== undefined) return `declare it for "${file}" under hostFiles in mysysconfig.yaml`;
  return `set it with Environment=${name}=…, EnvironmentFile= or PassEnvironment=${name}`;
}

/** Splits a variable's value as `$NAME` does: quotes are respected and removed, a backslash keeps a character. */
function splitValue(value: string): string[] {
  const words: string[] = [];
  const pattern = /\s*((?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|\\.|[^\s"'\\])+)\\?/gsy;
  for (const match of value.matchAll(pattern)) {
    const raw = match[1] ?? "";
    words.push(
      raw.replace(/"((?:[^"\\]|\\.)*)"?|'((?:[^'\\]|\\.)*)'?|\\(.)/gs, (_, double, single, escaped) =>
        String(escaped ?? (double ?? single ?? "").replace(/\\(.)/gs, "$1")),
      ),
    );
  }
  return words;
}
