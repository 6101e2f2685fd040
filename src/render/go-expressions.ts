import type { Program, Statement } from "./template-ast.ts";

/**
 * Expressions that Docker Swarm fills in when it makes a container (Docker docs, "docker service create", section
 * "Create services using templates"): `{{.Service.…}}`, `{{.Node.…}}`, `{{.Task.…}}` and `{{index .Service.… "x"}}`,
 * with or without the `-` of Go templates. A template passes them on as they stand: nothing that Handlebars knows
 * begins like that. Other expressions of Go need a backslash.
 */
const opening = /\{\{(?:-\s)?\s*(?:index\s+)?\.(?:Service|Node|Task)(?![A-Za-z0-9_])/y;

const rawOpening = /\{\{\{\{\s*([^\s/{}]+)[^{}]*\}\}\}\}/y;

/** Texts in quotes, which may contain braces, in the two languages. */
const goQuotes = { '"': '"', "'": "'", "`": "`" };
const handlebarsQuotes = { '"': '"', "'": "'", "[": "]" };

export interface HiddenExpressions {
  /** The template with a call of the same extent, which Handlebars can parse, in the place of each expression. */
  readonly text: string;
  /** The expressions as written, by `line:column` of their start as Handlebars counts. */
  readonly expressions: ReadonlyMap<string, string>;
}

/** Takes Swarm's expressions out of the text that Handlebars parses, without moving anything. */
export function hideGoExpressions(text: string): HiddenExpressions {
  const expressions = new Map<string, string>();
  let hidden = "";
  const lineEnd = /\r\n?|\n/g;
  let line = 1;
  let lineStart = 0;
  let nextEnd = lineEnd.exec(text);
  for (const [from, to] of findExpressions(text)) {
    for (; nextEnd && nextEnd.index < from; nextEnd = lineEnd.exec(text)) {
      line++;
      lineStart = lineEnd.lastIndex;
    }
    expressions.set(`${line}:${from - lineStart}`, text.slice(from, to));
    const call = text.slice(from + 2, to - 2).replace(/\S/g, "x");
    hidden += `${text.slice(hidden.length, from)}{{${call}}}`;
  }
  return { text: hidden + text.slice(hidden.length), expressions };
}

/** The tree with the expressions back in their places, as text. */
export function showGoExpressions(program: Program, expressions: HiddenExpressions["expressions"]): Program {
  if (expressions.size === 0) return program;
  const show = (statement: Statement): Statement => {
    if (statement.type === "MustacheStatement") {
      const { loc } = statement;
      const written = expressions.get(`${loc.start.line}:${loc.start.column}`);
      if (written === undefined) return statement;
      return { type: "ContentStatement", value: written, original: written, loc };
    }
    if (statement.type !== "BlockStatement") return statement;
    const { program: inside, inverse } = statement;
    return {
      ...statement,
      ...(inside ? { program: showAll(inside) } : {}),
      ...(inverse ? { inverse: showAll(inverse) } : {}),
    };
  };
  const showAll = (part: Program): Program => ({ ...part, body: part.body.map(show) });
  return showAll(program);
}

/**
 * Start and end of each expression. Whatever else begins with two braces is skipped as a whole, so that nothing inside a
 * comment, a raw block or a quoted text counts. It stops where something is never closed: that is no template.
 */
function* findExpressions(text: string): Generator<readonly [number, number]> {
  let at = text.indexOf("{{");
  while (at >= 0) {
    opening.lastIndex = at;
    const isExpression = opening.test(text) && !isEscaped(text, at);
    const end = isExpression ? endOf(text, at + 2, goQuotes) : endOfOther(text, at);
    if (end < 0) return;
    // Three closing braces are none of Go's; Handlebars says so, with a hint.
    if (isExpression && text[end] !== "}") yield [at, end];
    at = text.indexOf("{{", end);
  }
}

/** One backslash makes text of what follows; two are one backslash before an expression. */
function isEscaped(text: string, at: number): boolean {
  return text[at - 1] === "\\" && text[at - 2] !== "\\";
}

function endOfOther(text: string, at: number): number {
  if (isEscaped(text, at)) return at + 2;
  const comment = /^\{\{~?!(--)?/.exec(text.slice(at, at + 6));
  if (comment) {
    const close = comment[1] === undefined ? text.indexOf("}}", at) : text.slice(at).search(/--~?\}\}/) + at;
    return close < at ? -1 : text.indexOf("}}", close) + 2;
  }
  rawOpening.lastIndex = at;
  const raw = rawOpening.exec(text);
  if (!raw) return endOf(text, at + 2, handlebarsQuotes);
  const close = `{{{{/${raw[1]}}}}}`;
  const found = text.indexOf(close, at);
  return found < 0 ? -1 : found + close.length;
}

/** The place behind the next `}}` that is not in quotes, or -1. */
function endOf(text: string, from: number, quotes: Readonly<Record<string, string>>): number {
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (text.startsWith("}}", at)) return at + 2;
    const close = Object.hasOwn(quotes, character) ? quotes[character] : undefined;
    if (close === undefined) continue;
    for (at++; at < text.length && text[at] !== close; at++) {
      const hasEscapes = close === '"' || close === "'";
      if (hasEscapes && text[at] === "\\") at++;
    }
  }
  return -1;
}
