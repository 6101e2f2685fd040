import { formatLimit, limits } from "../lib/limits.ts";
import { nearestWord } from "../lib/suggest.ts";
import { flagByLetter, flagByName, flagByOldSpelling, longNames } from "./docker-run-flags.ts";
import type { FlagRow } from "./flag-rows.ts";
import { newRunDraft, type RunDraft } from "./run-draft.ts";
import type { Expansion } from "./variables.ts";
import { sliceWord, type Word, wordAt, wordPosition } from "./words.ts";

/** A docker run line after its flags. */
export interface DockerRun {
  readonly draft: RunDraft;
  /** Absent when it is missing, or not to be told from the value of an unknown flag. */
  readonly image?: Word;
  readonly command: readonly Word[];
}

/** The line while it is read. */
interface Line {
  readonly words: readonly Word[];
  readonly draft: RunDraft;
  /** The next word. */
  index: number;
  /** An unknown flag may or may not have had a value: what follows cannot be trusted. */
  isUncertain: boolean;
}

/** A flag as written, with the value that is written in the same word. */
interface WrittenFlag {
  readonly flag: Word;
  readonly value?: Word | undefined;
}

/**
 * Reads what follows `docker run` as the docker command does: flags up to the first word that is none, `--` ends them,
 * then the image, then arguments (docker run reference).
 *
 * @param verb the word `run`, to point at when nothing follows
 */
export function parseDockerRun(words: readonly Word[], verb: Word, expansion: Expansion): DockerRun {
  const draft = newRunDraft(expansion.scope, expansion.environment);
  const line: Line = { words, draft, index: 0, isUncertain: false };
  const tooMany = words[limits.runWords.most];
  if (tooMany !== undefined) {
    const message = `docker run has more than ${formatLimit("runWords")} words`;
    expansion.scope.sink.error(wordPosition(tooMany), "too-large", message);
    return { draft, command: [] };
  }
  for (let word = words[0]; word !== undefined; word = words[line.index]) {
    if (word.text === "--") {
      line.index++;
      break;
    }
    if (!word.text.startsWith("-") || word.text === "-") break;
    line.index++;
    if (word.text.startsWith("--")) readLongFlag(word, line);
    else readShortFlags(word, line);
  }
  if (line.isUncertain) return { draft, command: [] };
  const image = words[line.index];
  if (image !== undefined) return { draft, image, command: words.slice(line.index + 1) };
  const hint = "write docker run [flags] image [command]";
  const place = wordPosition(words.at(-1) ?? verb);
  expansion.scope.sink.error(place, "missing-image", "docker run has no image", hint);
  return { draft, command: [] };
}

/** `--name value` or `--name=value`. */
function readLongFlag(word: Word, line: Line): void {
  const written = splitAtEquals(word);
  const row = flagByName(written.flag.text.slice(2));
  if (row === undefined) {
    reportUnknown(written, line);
    return;
  }
  if (row.formerly?.includes(written.flag.text.slice(2)))
    reportOld(row, written, "that Docker no longer knows", line);
  applyRow(row, written, line);
}

function reportOld(row: FlagRow, { flag }: WrittenFlag, since: string, line: Line): void {
  const message = `"${flag.text}" is a spelling ${since}`;
  line.draft.scope.sink.warning(wordPosition(flag), "old-spelling", message, `write --${row.name}`);
}

function splitAtEquals(word: Word): WrittenFlag {
  const equals = word.text.indexOf("=");
  return equals < 0
    ? { flag: word }
    : { flag: sliceWord(word, 0, equals), value: sliceWord(word, equals + 1) };
}

/** `-d`, `-itd`, `-p 80:80`, `-p80:80`, `-p=80:80`. */
function readShortFlags(word: Word, line: Line): void {
  if (readOldSpelling(word, line)) return;
  for (let index = 1; index < word.text.length; index++) {
    const flag = sliceWord(word, index === 1 ? 0 : index, index + 1);
    const row = flagByLetter(word.text.charAt(index));
    if (row === undefined) {
      reportUnknownLetter(word, flag, line);
      return;
    }
    const tail = index + 1 < word.text.length ? sliceWord(word, index + 1) : undefined;
    const isAssigned = tail?.text.startsWith("=") === true;
    if (row.takes === "switch" && !isAssigned) {
      applyRow(row, { flag }, line);
      continue;
    }
    applyRow(row, { flag, value: tail && isAssigned ? sliceWord(tail, 1) : tail }, line);
    return;
  }
}

function readOldSpelling(word: Word, line: Line): boolean {
  const written = splitAtEquals(word);
  const row = flagByOldSpelling(written.flag.text.slice(1));
  if (row === undefined) return false;
  reportOld(row, written, "from before Docker 1.0", line);
  applyRow(row, written, line);
  return true;
}

function applyRow(row: FlagRow, { flag, value: own }: WrittenFlag, line: Line): void {
  const { sink } = line.draft.scope;
  let value = own ?? (row.takes === "switch" ? wordAt(flag, "true") : undefined);
  if (value === undefined) {
    value = line.words[line.index];
    line.index++;
  }
  if (value === undefined) {
    sink.error(wordPosition(flag), "missing-value", `flag "${flag.text}" needs a value`);
    line.isUncertain = true;
  } else if (row.handling.kind === "applied") {
    row.handling.apply(value, line.draft);
  } else if (row.handling.kind === "dropped") {
    row.handling.check(value, line.draft);
  } else {
    const message = `docker run flag "${flag.text}" is refused: ${row.doc}`;
    sink.error(wordPosition(flag), "unsupported-flag", message, row.handling.hint);
  }
}

function reportUnknown({ flag, value }: WrittenFlag, line: Line): void {
  const near = nearestWord(flag.text.slice(2), longNames);
  const hint = near === undefined ? "see docker run --help" : `did you mean --${near}?`;
  const message = `unknown docker run flag "${flag.text}"`;
  line.draft.scope.sink.error(wordPosition(flag), "unknown-flag", message, hint);
  if (value === undefined) skipValue(near === undefined ? undefined : flagByName(near), line);
}

function reportUnknownLetter(word: Word, flag: Word, line: Line): void {
  const name = splitAtEquals(word).flag.text.slice(1);
  const meant = name.length > 1 ? flagByName(name) : undefined;
  const hint = meant === undefined ? "see docker run --help" : `did you mean --${name}?`;
  const letter = flag.text.replace(/^-/, "");
  const message = `unknown docker run flag "-${letter}"${word.text.length > 2 ? ` in "${word.text}"` : ""}`;
  const place = wordPosition(meant === undefined ? flag : word);
  line.draft.scope.sink.error(place, "unknown-flag", message, hint);
  skipValue(meant, line);
}

/** Skips what is most likely the value of an unknown flag, so that one mistake is not reported as several. */
function skipValue(meant: FlagRow | undefined, line: Line): void {
  const next = line.words[line.index];
  if (next === undefined || next.text.startsWith("-") || meant?.takes === "switch") return;
  const isFollowedByFlag = line.words[line.index + 1]?.text.startsWith("-") === true;
  if (meant === undefined && !isFollowedByFlag) line.isUncertain = true;
  else line.index++;
}
