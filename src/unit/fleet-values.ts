import type { Position } from "../lib/diagnostic.ts";
import { expandSpecifiers } from "./specifiers.ts";
import { listOf, type UnitFile } from "./unit-file.ts";
import type { UnitScope } from "./unit-scope.ts";
import { sliceWord, type Word, wholeWord } from "./words.ts";

/** The settings of fleet that may have several values, whatever they are spelled. */
const settings = [
  "MachineID",
  "MachineBootID",
  "MachineOf",
  "MachineMetadata",
  "Conflicts",
  "Replaces",
] as const;
export type Setting = (typeof settings)[number];

const spellings: Readonly<Record<Setting, readonly string[]>> = {
  MachineID: ["MachineID", "X-ConditionMachineID"],
  MachineBootID: ["X-ConditionMachineBootID"],
  MachineOf: ["MachineOf", "X-ConditionMachineOf"],
  MachineMetadata: ["MachineMetadata", "X-ConditionMachineMetadata"],
  Conflicts: ["Conflicts", "X-Conflicts"],
  Replaces: ["Replaces"],
};

export type FleetValues = Readonly<Record<Setting, readonly FleetValue[]>>;

export interface FleetValue {
  /** As it is spelled. */
  readonly directive: string;
  /** Specifiers are resolved. */
  readonly word: Word;
  /** Of the directive. */
  readonly position: Position;
}

/** All of [X-Fleet] but `Global=`. */
export function readFleetValues(file: UnitFile, scope: UnitScope): FleetValues {
  const entries = settings.map((setting) => [setting, valuesOf(setting, file, scope)] as const);
  return Object.fromEntries(entries) as Record<Setting, readonly FleetValue[]>;
}

/** In the order of the file for each spelling; several stand on one line, quoted or not. */
function valuesOf(setting: Setting, file: UnitFile, scope: UnitScope): readonly FleetValue[] {
  return spellings[setting].flatMap((directive) =>
    listOf(file, "X-Fleet", directive).flatMap((item) =>
      splitValues(wholeWord(item.value)).map((written) => ({
        directive,
        word: expandSpecifiers(written, scope),
        position: item.keyPosition,
      })),
    ),
  );
}

/** Quotes hold a value together; backslashes stay, because they belong to names and patterns. */
function splitValues(whole: Word): Word[] {
  return [...whole.text.matchAll(/"([^"]*)"|\S+/g)].map(({ 0: written, 1: quoted, index }) => {
    const quotes = quoted === undefined ? 0 : 1;
    return sliceWord(whole, index + quotes, index + written.length - quotes);
  });
}
