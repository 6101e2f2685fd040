import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { YamlNode, YamlScalar } from "../lib/yaml.ts";
import { readText } from "../lib/yaml-read.ts";

const words: ReadonlyMap<string, string> = new Map([
  ...["true", "True", "TRUE"].map((word) => [word, "true"] as const),
  ...["false", "False", "FALSE"].map((word) => [word, "false"] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word) => [word, "+Inf"] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, "-Inf"] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, "NaN"] as const),
]);

/**
 * What Compose makes of a plain scalar where a text is wanted: its YAML knows the numbers of YAML 1.1 as well, and writes
 * all numbers anew. `0440` becomes `288`, `1_000` `1000`, `1.10` `1.1`, `1234567.0` `1.234567e+06`.
 */
export function composeText({ text, quoted }: YamlScalar): string {
  if (quoted || !/^[-+.]?[0-9.tTfFnNiI]/.test(text)) return text;
  const plain = text.replaceAll("_", "");
  return words.get(text) ?? wholeNumber(plain) ?? fraction(plain) ?? text;
}

const bases: readonly { readonly pattern: RegExp; readonly prefix: string }[] = [
  { pattern: /^([-+]?)0x([0-9a-f]+)$/i, prefix: "0x" },
  { pattern: /^([-+]?)0o?([0-7]+)$/i, prefix: "0o" },
  { pattern: /^([-+]?)0b([01]+)$/i, prefix: "0b" },
  { pattern: /^([-+]?)(0|[1-9][0-9]*)$/, prefix: "" },
];
const largest = { "": 2n ** 64n - 1n, "+": 2n ** 64n - 1n, "-": 2n ** 63n } as const;

/** `undefined` also where it does not fit into 64 bits. */
function wholeNumber(text: string): string | undefined {
  for (const { pattern, prefix } of bases) {
    const [, sign = "", digits] = pattern.exec(text) ?? [];
    if (digits === undefined) continue;
    const size = BigInt(`${prefix}${digits}`);
    if (size > largest[sign as keyof typeof largest]) return undefined;
    return String(sign === "-" ? -size : size);
  }
  return undefined;
}

function fraction(text: string): string | undefined {
  if (!/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:e[-+]?[0-9]+)?$/i.test(text)) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value).includes("e") ? value.toFixed(20) : String(value);
  const size = String(Math.abs(power)).padStart(2, "0");
  return `${digits}e${power < 0 ? "-" : "+"}${size}`;
}

/** A number or a text of which Compose makes a text: read as Compose reads it, with a warning if it is not what is written. */
export function readPlainText(node: YamlNode, what: string, sink: DiagnosticSink): string | undefined {
  const text = readText(node, what, sink);
  if (text === undefined || node.kind !== "scalar") return text;
  const read = composeText(node);
  if (read !== text) {
    const hint = `write ${read}, or "${text}" in quotes`;
    const message = `${what} is ${text}, which Compose and other readers of YAML 1.1 take for ${read}`;
    sink.warning(node.position, "unquoted-value", message, hint);
  }
  return read;
}
