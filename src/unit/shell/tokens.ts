/** A piece of a word of the shell. Indexes are those of the script. */
export type Part =
  | {
      readonly kind: "text";
      /** Character by character from `start`. */
      readonly text: string;
      readonly quoted: boolean;
      readonly start: number;
    }
  | {
      readonly kind: "variable" | "command";
      /** Name, or command text. */
      readonly text: string;
      readonly quoted: boolean;
      readonly start: number;
      readonly end: number;
    };

export type Token =
  | { readonly kind: "word"; readonly parts: readonly Part[]; readonly start: number; readonly end: number }
  | { readonly kind: "operator"; readonly text: string; readonly start: number; readonly end: number };

/** What ends the reading: an open quotation, or a construct that is not read (a name of `wordRefusals`). */
export interface Stop {
  readonly why:
    | "open-quote"
    | "open-substitution"
    | "arithmetic"
    | "parameter"
    | "special"
    | "dollarQuote"
    | "comment";
  readonly start: number;
  readonly end: number;
}

export interface Tokens {
  readonly tokens: readonly Token[];
  /** The tokens are those before it. */
  readonly stop?: Stop;
}

const operator = /&>>?|&&|&|\|\||\|&|\||;;|;|\n|\(|\)|\d*(?:<<<|<<-?|<>|<&|<\(|<|>>|>&|>\||>\(|>)/y;
const blank = /(?:[ \t\r]|\\\n)+/y;
const plain = /[^ \t\r\n;&|<>()'"\\$`]+/y;
const wordEnd = /[ \t\r\n;&|<>()]/;
const variableName = /[A-Za-z_][A-Za-z0-9_]*/y;

/** Reads a script into words and operators (`Token Recognition`, `Quoting` of the shell language in POSIX). */
export function readTokens(script: string): Tokens {
  const reader = new TokenReader(script);
  const tokens: Token[] = [];
  try {
    for (let token = reader.next(); token !== undefined; token = reader.next()) tokens.push(token);
  } catch (error) {
    if (error instanceof StopSignal) return { tokens, stop: error.stop };
    throw error;
  }
  return { tokens };
}

/** Leaves the reading from any depth; never seen outside of `readTokens`. */
class StopSignal extends Error {
  readonly stop: Stop;

  constructor(stop: Stop) {
    super(stop.why);
    this.stop = stop;
  }
}

class TokenReader {
  private readonly script: string;
  private index = 0;
  private parts: Part[] = [];

  constructor(script: string) {
    this.script = script;
  }

  next(): Token | undefined {
    this.take(blank);
    const start = this.index;
    if (start >= this.script.length) return undefined;
    const text = this.take(operator);
    if (text !== undefined) return { kind: "operator", text, start, end: this.index };
    if (this.script.startsWith("#", start)) this.stop("comment", start, this.script.length);
    return this.word(start);
  }

  private word(start: number): Token {
    this.parts = [];
    while (this.index < this.script.length && !wordEnd.test(this.script.charAt(this.index))) {
      this.piece();
    }
    return { kind: "word", parts: this.parts, start, end: this.index };
  }

  private piece(): void {
    const at = this.index;
    const text = this.take(plain);
    if (text !== undefined) this.add(text, false, at);
    else if (this.script.startsWith("\\\n", at)) this.index += 2;
    else if (this.script[at] === "\\") {
      // A backslash at the very end stands for itself.
      const escaped = this.script.charAt(at + 1);
      this.add(escaped === "" ? "\\" : escaped, true, escaped === "" ? at : at + 1);
      this.index = at + 2;
    } else if (this.script[at] === "'") this.singleQuoted();
    else if (this.script[at] === '"') this.doubleQuoted();
    else if (this.script[at] === "$") this.dollar(false);
    else this.backticks(false);
  }

  private singleQuoted(): void {
    const start = this.index;
    const end = this.script.indexOf("'", start + 1);
    if (end < 0) this.stop("open-quote", start, start + 1);
    this.add(this.script.slice(start + 1, end), true, start + 1);
    this.index = end + 1;
  }

  private doubleQuoted(): void {
    const start = this.index;
    this.add("", true, start + 1);
    this.index++;
    for (;;) {
      const at = this.index;
      const character = this.script.charAt(at);
      if (character === "") this.stop("open-quote", start, start + 1);
      if (character === '"') break;
      if (character === "$") this.dollar(true);
      else if (character === "`") this.backticks(true);
      else if (character === "\\") this.escapeInQuotes(at);
      else {
        quotedText.lastIndex = at;
        this.add(this.take(quotedText) ?? "", true, at);
      }
    }
    this.index++;
  }

  /** In double quotes a backslash means something before `$`, a backtick, `"`, itself and the end of a line only. */
  private escapeInQuotes(at: number): void {
    const next = this.script.charAt(at + 1);
    this.index = at + 2;
    if (next === "\n") return;
    if (next !== "" && '$`"\\'.includes(next)) this.add(next, true, at + 1);
    else {
      this.add("\\", true, at);
      this.index = at + 1;
    }
  }

  private dollar(quoted: boolean): void {
    const start = this.index;
    const next = this.script.charAt(start + 1);
    if (!quoted && (next === "'" || next === '"')) this.stop("dollarQuote", start, start + 2);
    if (this.script.startsWith("$((", start) || next === "[") {
      this.stop("arithmetic", start, Math.max(start + 2, endOfParentheses(this.script, start + 2)));
    }
    if (next === "(") {
      const end = endOfParentheses(this.script, start + 2);
      if (end < 0) this.stop("open-substitution", start, start + 2);
      this.addReference("command", this.script.slice(start + 2, end - 1), quoted, end);
    } else if (next === "{") this.braced(start, quoted);
    else {
      variableName.lastIndex = start + 1;
      const name = variableName.exec(this.script)?.[0];
      if (name !== undefined) this.addReference("variable", name, quoted, start + 1 + name.length);
      else if (next !== "" && /[0-9@*#?$!-]/.test(next)) this.stop("special", start, start + 2);
      else {
        this.add("$", quoted, start);
        this.index++;
      }
    }
  }

  private braced(start: number, quoted: boolean): void {
    const end = this.script.indexOf("}", start);
    const name = this.script.slice(start + 2, end);
    if (end >= 0 && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      this.addReference("variable", name, quoted, end + 1);
      return;
    }
    this.stop("parameter", start, end < 0 ? start + 2 : end + 1);
  }

  /** In backticks a backslash means something before `$`, a backtick and itself only. */
  private backticks(quoted: boolean): void {
    const start = this.index;
    closingBacktick.lastIndex = start + 1;
    const text = closingBacktick.exec(this.script)?.[1];
    if (text === undefined) this.stop("open-substitution", start, start + 1);
    const pattern = quoted ? /\\([$`\\"])/g : /\\([$`\\])/g;
    this.addReference("command", text.replace(pattern, "$1"), quoted, closingBacktick.lastIndex);
  }

  private add(text: string, quoted: boolean, start: number): void {
    this.parts.push({ kind: "text", text, quoted, start });
  }

  private addReference(kind: "variable" | "command", text: string, quoted: boolean, end: number): void {
    this.parts.push({ kind, text, quoted, start: this.index, end });
    this.index = end;
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.index;
    const text = pattern.exec(this.script)?.[0];
    if (text !== undefined) this.index += text.length;
    return text;
  }

  private stop(why: Stop["why"], start: number, end: number): never {
    throw new StopSignal({ why, start, end });
  }
}

const quotedText = /[^"\\$`]+/y;
const closingBacktick = /((?:[^`\\]|\\.)*)`/sy;
const quotation = /'[^']*'|"(?:[^"\\]|\\.)*"|\\.|./sy;

/** Where the parenthesis closes that is open at `from`, the end behind it; -1 when it never does. */
function endOfParentheses(script: string, from: number): number {
  let depth = 1;
  quotation.lastIndex = from;
  for (let match = quotation.exec(script); match !== null; match = quotation.exec(script)) {
    if (match[0] === "(") depth++;
    else if (match[0] === ")") depth--;
    if (depth === 0) return quotation.lastIndex;
  }
  return -1;
}
