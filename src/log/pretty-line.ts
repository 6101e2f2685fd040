import { harmless, onOneLine } from "../lib/harmless.ts";
import type { Paint, Tone } from "../lib/paint.ts";
import { isObject } from "../lib/shape.ts";

const tones: Readonly<Record<string, Tone>> = { info: "plain", warn: "warn", error: "bad" };

/** A line of the log for a terminal: `12:03:04 info  web replaced  run=ab12cd34`; errors with their hint below. */
export function prettyLine(line: string, paint: Paint): string {
  const parsed: unknown = JSON.parse(line);
  const { level, time, msg, ...data } = isObject(parsed) ? parsed : {};
  const tone = tones[String(level)] ?? "plain";
  const words = Object.entries(data).flatMap(([key, value]) => (key === "error" ? [] : [word(key, value)]));
  const head = [
    paint("dim", onOneLine(String(time).slice(11, 19))),
    paint(tone, onOneLine(String(level)).padEnd(5)),
    paint(tone, onOneLine(String(msg))),
    ...(words.length === 0 ? [] : [paint("dim", ` ${words.join(" ")}`)]),
  ].join(" ");
  return [head, ...errorLines(data["error"], paint)].join("\n");
}

/** `key=value`, quoted where a space or a quotation mark would hide its end. */
function word(key: string, value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const isClear = typeof value !== "string" || /^[^\s"=]+$/.test(text);
  return onOneLine(`${key}=${isClear ? text : JSON.stringify(text)}`);
}

function errorLines(error: unknown, paint: Paint): readonly string[] {
  if (!isObject(error)) return error === undefined ? [] : [below(word("error", error))];
  const { code, message, hint, causes, stack } = error;
  const coded = code === undefined ? "" : ` (${onOneLine(String(code))})`;
  const behind = Array.isArray(causes) ? causes.map((cause) => `because ${onOneLine(String(cause))}`) : [];
  const trace = stack === undefined ? [] : harmless(String(stack)).split("\n").slice(1);
  return [
    below(paint("bad", `${onOneLine(String(message))}${coded}`)),
    ...behind.map(below),
    ...(hint === undefined ? [] : [below(onOneLine(String(hint)))]),
    ...trace.map((text) => below(paint("dim", text.trim()))),
  ];
}

function below(text: string): string {
  return `         ${text}`;
}
