import type { DiagnosticSink } from "../lib/diagnostic.ts";
import { unescapePath, unescapeUnitName } from "./unit-name.ts";
import type { UnitScope } from "./unit-scope.ts";
import { addText, indexIn, type PlacedText, sliceWord, type Word, wordPosition } from "./words.ts";

interface SpecifierRow {
  readonly doc: string;
  /** `undefined` when this unit has no such name part. */
  readonly value: (scope: UnitScope) => string | undefined;
}

/** Specifiers that mean the same for us as for systemd (`Specifiers` in systemd.unit(5)). */
export const specifierTable: Readonly<Record<string, SpecifierRow>> = {
  "%": { doc: "a percent sign", value: () => "%" },
  i: { doc: "instance name as written", value: ({ name }) => name.instance },
  I: { doc: "instance name, unescaped", value: ({ name }) => mapText(name.instance, unescapeUnitName) },
  n: { doc: "full unit name", value: ({ name }) => name.full },
  N: { doc: "full unit name without suffix", value: ({ name }) => name.key },
  p: { doc: "prefix: the name before @", value: ({ name }) => name.prefix },
  P: { doc: "prefix, unescaped", value: ({ name }) => unescapeUnitName(name.prefix) },
  j: { doc: "the prefix after its last dash", value: ({ name }) => lastPart(name.prefix) },
  J: {
    doc: "the prefix after its last dash, unescaped",
    value: ({ name }) => unescapeUnitName(lastPart(name.prefix)),
  },
  H: { doc: "host name of the Engine", value: ({ context }) => context.hostName },
  l: {
    doc: "host name of the Engine up to its first dot",
    value: ({ context }) => context.hostName.split(".")[0],
  },
  f: {
    doc: "instance name, or else the prefix, as the path that it was escaped from",
    value: ({ name }) => unescapePath(name.instance ?? name.prefix),
  },
  C: fixed("/var/cache", "cache of the host's services"),
  E: fixed("/etc", "configuration of the host"),
  L: fixed("/var/log", "logs of the host"),
  S: fixed("/var/lib", "state of the host's services"),
  t: fixed("/run", "runtime files of the host"),
  T: fixed("/tmp", "temporary files of the host"),
  V: fixed("/var/tmp", "temporary files of the host that are kept longer"),
  h: fixed("/root", "home of the user that systemd runs as"),
  u: fixed("root", "name of that user"),
  U: fixed("0", "number of that user"),
  g: fixed("root", "name of that user's group"),
  G: fixed("0", "number of that group"),
};

/** The same for every unit of the system, whatever `User=` says. */
function fixed(value: string, doc: string): SpecifierRow {
  return { doc: `\`${value}\`: ${doc}`, value: () => value };
}

/** Specifiers whose value only the running host knows, or that no container has a use for. */
const hostSpecifiers: Readonly<Record<string, string>> = {
  ...facts("b m s v", "differs from host to host, or with each boot"),
  ...facts("a A B M o q w W", "describes the system of the host"),
  ...facts("c r R d", "is a path of systemd's own service"),
  ...facts("y Y", "is a path of the unit on the host"),
};

function facts(letters: string, why: string): Readonly<Record<string, string>> {
  return Object.fromEntries(letters.split(" ").map((letter) => [letter, why]));
}

/** Replaces the `%x` of a word; unknown ones are errors at their own place. */
export function expandSpecifiers(word: Word, scope: UnitScope): Word {
  if (!word.text.includes("%")) return word;
  const placed: PlacedText = { text: "", map: [] };
  for (let index = 0; index < word.text.length; index++) {
    const at = indexIn(word, index);
    if (word.text[index] !== "%") {
      addText(placed, word.text.charAt(index), at);
      continue;
    }
    const value = readSpecifier(sliceWord(word, index, index + 2), scope);
    addText(placed, value ?? word.text.slice(index, index + 2), at);
    index++;
  }
  return { ...word, text: placed.text, map: [...placed.map, indexIn(word, word.text.length)] };
}

function readSpecifier(written: Word, scope: UnitScope): string | undefined {
  const letter = written.text.charAt(1);
  const row = Object.hasOwn(specifierTable, letter) ? specifierTable[letter] : undefined;
  if (row === undefined) {
    reportUnknown(written, letter, scope.sink);
    return undefined;
  }
  const value = row.value(scope);
  if (value !== undefined && !scope.room.take(value.length, () => wordPosition(written))) return "";
  if (value === undefined) {
    const hint = `only template units (${scope.name.prefix}@.service) have an instance`;
    scope.sink.error(
      wordPosition(written),
      "no-instance",
      `"%${letter}" is empty in ${scope.name.full}`,
      hint,
    );
  }
  return value;
}

function reportUnknown(written: Word, letter: string, sink: DiagnosticSink): void {
  const why = Object.hasOwn(hostSpecifiers, letter) ? hostSpecifiers[letter] : undefined;
  const known = Object.keys(specifierTable)
    .map((name) => `%${name}`)
    .join(" ");
  const hint =
    why === undefined
      ? `known are ${known}; write %% for a percent sign`
      : `it ${why}: write the value itself, or put it under values in mysysconfig.yaml`;
  sink.error(wordPosition(written), "unknown-specifier", `specifier "%${letter}" is not supported`, hint);
}

function lastPart(prefix: string): string {
  return prefix.slice(prefix.lastIndexOf("-") + 1);
}

function mapText(text: string | undefined, change: (text: string) => string): string | undefined {
  return text === undefined ? undefined : change(text);
}
