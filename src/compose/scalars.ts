import { parseBytes } from "../lib/bytes.ts";
import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { parseGoDuration } from "../lib/duration.ts";
import type { YamlNode } from "../lib/yaml.ts";
import { isNull, readBoolean, readList, readNumber, readText } from "../lib/yaml-read.ts";
import { readPlainText } from "./plain-scalars.ts";

/** Readers of the value forms that many keys share. Each reports to the sink and returns `undefined` on a mistake. */

/** A text; an empty one counts as not declared, as in Compose. */
export function readOptionalText(node: YamlNode, what: string, sink: DiagnosticSink): string | undefined {
  return readText(node, what, sink) || undefined;
}

/** `true` or `false`; the other words of YAML 1.1 work as in Compose, with a warning. */
export function readFlag(node: YamlNode, what: string, sink: DiagnosticSink): boolean | undefined {
  const word = node.kind === "scalar" ? node.text.toLowerCase() : "";
  const isYes = ["y", "yes", "on"].includes(word);
  if (!isYes && !["n", "no", "off"].includes(word)) return readBoolean(node, what, sink);
  const hint = `write ${isYes}`;
  sink.warning(
    node.position,
    "unquoted-value",
    `${what} is "${word}", which is no boolean in YAML 1.2`,
    hint,
  );
  return isYes;
}

/** A size: a number of bytes or `512m` (Compose specification, "Specifying byte values"). */
export function readBytes(node: YamlNode, what: string, sink: DiagnosticSink): number | undefined {
  const text = readPlainText(node, what, sink);
  if (text === undefined) return undefined;
  const bytes = isFraction(node) ? undefined : parseBytes(text);
  if (bytes === undefined) {
    sink.error(node.position, "bad-size", `${what} cannot be "${text}"`, "write a size such as 512m or 1.5g");
  }
  return bytes;
}

/** A time span in milliseconds (Compose specification, "Specifying durations"). */
export function readDuration(node: YamlNode, what: string, sink: DiagnosticSink): number | undefined {
  const text = readText(node, what, sink);
  if (text === undefined) return undefined;
  const ms = parseTimeSpan(text);
  if (ms === undefined) {
    const hint = /^\d+$/.test(text)
      ? `write ${text}s for seconds`
      : "write a time span such as 1m30s or 500ms";
    sink.error(node.position, "bad-duration", `${what} cannot be "${text}"`, hint);
  }
  return ms;
}

/** `1.5` or `1e3` without quotes; `"1.5g"` is a size. */
function isFraction(node: YamlNode): boolean {
  return (
    node.kind === "scalar" && typeof node.value === "number" && /^[-+]?[\d_]*(?:\.|[\d.]e)/i.test(node.text)
  );
}

/** As Go's, with days and weeks, in milliseconds. */
export function parseTimeSpan(text: string): number | undefined {
  const hours = { d: 24, w: 168 } as const;
  const inHours = text.replace(
    /(\d+\.?\d*|\.\d+)([dw])/g,
    (_, count: string, unit: keyof typeof hours) => `${Number(count) * hours[unit]}h`,
  );
  return parseGoDuration(inHours.replace(/^\+/, ""));
}

/** Permission bits, which are written in octal: `0440`. */
export function readFileMode(node: YamlNode, what: string, sink: DiagnosticSink): number | undefined {
  const text = readText(node, what, sink);
  if (text === undefined) return undefined;
  const match = /^0o?([0-7]{1,4})$/.exec(text) ?? (isQuoted(node) ? /^([0-7]{3,4})$/.exec(text) : null);
  if (match?.[1] !== undefined) return Number.parseInt(match[1], 8);
  const hint = /^[0-7]{3,4}$/.test(text)
    ? `write 0${text}: without the 0 it is a decimal number`
    : "write it in octal: 0440";
  sink.error(node.position, "bad-mode", `${what} cannot be "${text}"`, hint);
  return undefined;
}

function isQuoted(node: YamlNode): boolean {
  return node.kind === "scalar" && node.quoted;
}

/** A number of CPUs as billionths of one. */
export function readNanoCpus(node: YamlNode, what: string, sink: DiagnosticSink): number | undefined {
  const cpus = readNumber(node, what, sink);
  if (cpus === undefined) return undefined;
  if (cpus > 0 && Number.isFinite(cpus)) return Math.round(cpus * 1e9);
  sink.error(node.position, "out-of-range", `${what} must be more than 0, not ${cpus}`);
  return undefined;
}

export function readMacAddress(node: YamlNode, what: string, sink: DiagnosticSink): string | undefined {
  const text = readOptionalText(node, what, sink);
  if (text === undefined || /^(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$/.test(text))
    return text?.toLowerCase();
  sink.error(node.position, "bad-address", `${what} cannot be "${text}"`, "write 02:42:ac:11:65:43");
  return undefined;
}

/** A list of texts, each once, or one text that stands for a list of one. */
export function readTextOrList(
  node: YamlNode,
  what: string,
  sink: DiagnosticSink,
): readonly string[] | undefined {
  if (node.kind === "scalar" && !isNull(node)) return node.text === "" ? [] : [node.text];
  const items = readTexts(node, what, sink);
  return items && [...new Set(items.map((item) => item.text))];
}

export interface TextItem {
  readonly text: string;
  readonly position: Position;
}

/**
 * The texts of a list with their places.
 *
 * @param read `readPlainText` where Compose takes numbers as well
 */
export function readTexts(
  node: YamlNode,
  what: string,
  sink: DiagnosticSink,
  read: typeof readText = readText,
): readonly TextItem[] | undefined {
  return readList(node, what, sink)?.flatMap((item) => {
    const text = read(item, `an item of ${what}`, sink);
    return text === undefined ? [] : [{ text, position: item.position }];
  });
}

export interface TextPair {
  readonly key: string;
  /** `null`: only the name was given. */
  readonly value: string | null;
  readonly position: Position;
}

/** A mapping, or a list of `NAME=value` (Compose specification, "environment" and "labels"). Later ones win. */
export function readPairs(
  node: YamlNode,
  what: string,
  sink: DiagnosticSink,
): readonly TextPair[] | undefined {
  if (node.kind === "map") {
    return node.entries.flatMap(({ key, keyPosition, value }): readonly TextPair[] => {
      if (isNull(value)) return [{ key, value: null, position: keyPosition }];
      const text = readPlainText(value, `${what}.${key}`, sink);
      return text === undefined ? [] : [{ key, value: text, position: value.position }];
    });
  }
  return readTexts(node, what, sink)?.flatMap(({ text, position }): readonly TextPair[] => {
    const equals = text.indexOf("=");
    const key = equals < 0 ? text : text.slice(0, equals);
    if (key !== "") return [{ key, value: equals < 0 ? null : text.slice(equals + 1), position }];
    sink.error(position, "bad-pair", `an item of ${what} has no name: "${text}"`, "write NAME=value");
    return [];
  });
}

/** The record of pairs, empty values for names alone. */
export function toRecord(pairs: readonly TextPair[] | undefined): Record<string, string> | undefined {
  return pairs && Object.fromEntries(pairs.map(({ key, value }) => [key, value ?? ""]));
}

export function readRecord(
  node: YamlNode,
  what: string,
  sink: DiagnosticSink,
): Record<string, string> | undefined {
  return toRecord(readPairs(node, what, sink));
}
