import { isList, isMap, isTruthy, memberOf, type TemplateValue } from "./template-value.ts";

/** What the rendered text is going to be read as. */
export type Dialect = "unit" | "compose" | "file";

/** Text that must not be checked for line breaks any more, because it is quoted. */
export class Quoted {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A sentence that says why the helper cannot do it. */
export class HelperFault {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** `undefined`: there is no such value. */
type HelperResult = TemplateValue | Quoted | HelperFault | undefined;

export interface Helper {
  readonly minimum: number;
  readonly maximum: number;
  /** How it is written, for messages. */
  readonly usage: string;
  /** Its first argument may be missing. */
  readonly optionalFirst?: boolean;
  /** It makes a new text of its arguments, instead of comparing them or choosing among them. */
  readonly isMaker?: true;
  run(args: Arguments, dialect: Dialect): HelperResult;
}

/** `undefined`: the first one is missing, and may be. */
export type Arguments = readonly (TemplateValue | undefined)[];

/**
 * The whole list: pure functions of their arguments. `yaml` (and `json`, the same) makes a YAML value that reads back
 * as exactly the given value; `quote` makes one word of a unit's command line.
 */
export const helpers: ReadonlyMap<string, Helper> = new Map<string, Helper>([
  ["yaml", maker("{{yaml x}}", (value, dialect) => new Quoted(asJson(value, dialect)))],
  ["json", maker("{{json x}}", (value, dialect) => new Quoted(asJson(value, dialect)))],
  ["quote", maker("{{quote x}}", quoteWord)],
  ["multiline", one("{{multiline x}}", multiline)],
  ["lower", maker("{{lower x}}", (value) => withText(value, (text) => text.toLowerCase()))],
  ["upper", maker("{{upper x}}", (value) => withText(value, (text) => text.toUpperCase()))],
  ["trim", maker("{{trim x}}", (value) => withText(value, (text) => text.trim()))],
  ["not", one("(not x)", (value) => !isTruthy(value))],
  ["default", { minimum: 2, maximum: 2, usage: '{{default x "y"}}', optionalFirst: true, run: firstPresent }],
  ["eq", { minimum: 2, maximum: 2, usage: "(eq a b)", run: ([a, b]) => isEqual(a, b) }],
  ["ne", { minimum: 2, maximum: 2, usage: "(ne a b)", run: ([a, b]) => !isEqual(a, b) }],
  ["and", { minimum: 2, maximum: 16, usage: "(and a b)", run: (args) => args.every(isTruthy) }],
  ["or", { minimum: 2, maximum: 16, usage: "(or a b)", run: (args) => args.some(isTruthy) }],
  ["join", { minimum: 1, maximum: 2, usage: '{{join list ","}}', isMaker: true, run: join }],
  ["lookup", { minimum: 2, maximum: 2, usage: "(lookup map key)", run: lookup }],
  ["concat", { minimum: 1, maximum: 16, usage: "(concat a b)", isMaker: true, run: concat }],
]);

function one(usage: string, run: (value: TemplateValue, dialect: Dialect) => HelperResult): Helper {
  return { minimum: 1, maximum: 1, usage, run: ([value = null], dialect) => run(value, dialect) };
}

function maker(usage: string, run: (value: TemplateValue, dialect: Dialect) => HelperResult): Helper {
  return { ...one(usage, run), isMaker: true };
}

/** In compose files `$` is doubled, because `${NAME}` is replaced after rendering. */
function asJson(value: TemplateValue, dialect: Dialect): string {
  const json = escapeUnusual(JSON.stringify(value));
  return dialect === "compose" ? json.replaceAll("$", "$$$$") : json;
}

/** Line breaks of YAML 1.1 and characters that YAML does not print; JSON leaves them as they are. */
function escapeUnusual(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** systemd.syntax(7) quoting with C escapes; `%` and `$` are doubled so that they stand for themselves. */
function quoteWord(value: TemplateValue): Quoted | HelperFault {
  const text = asText(value);
  if (text === undefined) return new HelperFault("quote takes a text, a number or a boolean");
  return new Quoted(escapeUnusual(JSON.stringify(text)).replace(/[%$]/g, "$&$&"));
}

function multiline(value: TemplateValue, dialect: Dialect): TemplateValue | Quoted | HelperFault {
  const text = asText(value);
  if (text === undefined) return new HelperFault("multiline takes a text");
  if (dialect !== "file")
    return new HelperFault("multiline is for configuration files, not for units or stacks");
  return new Quoted(text);
}

function firstPresent([value, fallback = null]: Arguments): TemplateValue {
  return value === undefined || value === null ? fallback : value;
}

function isEqual(a: TemplateValue | undefined, b: TemplateValue | undefined): boolean {
  const left = a === undefined || a === null ? undefined : asText(a);
  return left !== undefined && b !== undefined && b !== null ? left === asText(b) : a === b;
}

function lookup([container, key = null]: Arguments): TemplateValue | undefined {
  const name = asText(key);
  return name === undefined ? undefined : memberOf(container, name);
}

function join([list = null, separator = ","]: Arguments): TemplateValue | HelperFault {
  const items = isList(list) ? list.map(asText) : undefined;
  const glue = asText(separator);
  if (!items || glue === undefined || items.includes(undefined))
    return new HelperFault("join takes a list of texts");
  return items.join(glue);
}

function concat(args: Arguments): TemplateValue | HelperFault {
  const texts = args.map((value) => (value === undefined ? undefined : asText(value)));
  return texts.includes(undefined) ? new HelperFault("concat takes texts") : texts.join("");
}

function withText(value: TemplateValue, change: (text: string) => string): TemplateValue | HelperFault {
  const text = asText(value);
  return text === undefined ? new HelperFault("takes a text, a number or a boolean") : change(text);
}

/** The text of a scalar, `undefined` for anything else. */
export function asText(value: TemplateValue): string | undefined {
  return value === null || isList(value) || isMap(value) ? undefined : String(value);
}
