/** What an escape sequence stands for, and where the text goes on. */
interface Escape {
  readonly text: string;
  readonly next: number;
  /** Not in the table of systemd.syntax(7); `text` is the sequence as written. */
  readonly unknown: boolean;
  /** Bytes that are no text. */
  readonly invalid?: true;
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  s: " ",
  "\\": "\\",
  '"': '"',
  "'": "'",
};

/** One byte as `\xFF` or `\377`; several in a row may make one UTF-8 character. */
const byteEscape = /\\(?:x([0-9a-fA-F]{2})|([0-3][0-7]{2}))/y;
const codePointEscape = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;

/** Reads the escape sequence whose backslash is at `at` (table 1 of systemd.syntax(7); NUL is not allowed). */
export function readEscape(text: string, at: number): Escape {
  const simple = simpleEscapes[text.charAt(at + 1)];
  if (simple !== undefined) return { text: simple, next: at + 2, unknown: false };
  return readBytes(text, at) ?? readCodePoint(text, at) ?? keep(text, at);
}

function readBytes(text: string, at: number): Escape | undefined {
  const bytes: number[] = [];
  let next = at;
  for (;;) {
    byteEscape.lastIndex = next;
    const match = byteEscape.exec(text);
    const byte = match ? Number.parseInt(match[1] ?? match[2] ?? "", match[1] === undefined ? 8 : 16) : 0;
    if (byte === 0 || (byte < 0x80 && bytes.length > 0)) break;
    bytes.push(byte);
    next = byteEscape.lastIndex;
    if (byte < 0x80) break;
  }
  if (bytes.length === 0) return undefined;
  try {
    return {
      text: new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes)),
      next,
      unknown: false,
    };
  } catch {
    return { text: text.slice(at, next), next, unknown: true, invalid: true };
  }
}

function readCodePoint(text: string, at: number): Escape | undefined {
  codePointEscape.lastIndex = at;
  const match = codePointEscape.exec(text);
  if (!match) return undefined;
  const codePoint = Number.parseInt(match[1] ?? match[2] ?? "", 16);
  const isScalar = codePoint > 0 && codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff);
  if (!isScalar) return undefined;
  return { text: String.fromCodePoint(codePoint), next: codePointEscape.lastIndex, unknown: false };
}

function keep(text: string, at: number): Escape {
  const kept = text.slice(at, at + 2);
  return { text: kept, next: at + kept.length, unknown: true };
}
