/** Numbers and lists as the docker command reads them, which is written in Go. */

/** An integer of `strconv.ParseInt` with base 0: decimal, `0x1f`, `0b11`, `0o17`, `017`, with underscores between digits. */
export function parseGoInteger(text: string): number | undefined {
  const match = /^([+-]?)((?:0[xbo]_?)?[0-9a-f]+(?:_[0-9a-f]+)*)$/i.exec(text);
  const digits = match?.[2]?.replaceAll("_", "") ?? "";
  const isOctal = /^0[0-7]+$/.test(digits);
  if (!isOctal && !/^(?:0|[1-9]\d*|0x[0-9a-f]+|0b[01]+|0o[0-7]+)$/i.test(digits)) return undefined;
  const amount = isOctal ? Number.parseInt(digits, 8) : Number(digits);
  return match?.[1] === "-" ? 0 - amount : amount;
}

/** An integer of `strconv.Atoi`: decimal digits only. */
export function parseDecimalInteger(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

/** A field of a comma-separated value, and where it is written, quotes included. */
export interface CsvField {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The fields of one record of `encoding/csv` (RFC 4180): a field in double quotes may contain commas, and quotes that are
 * doubled. `undefined` for what Go refuses: nothing at all, a quote inside a plain field, text after a closing quote.
 */
export function readCsv(text: string): readonly CsvField[] | undefined {
  if (text === "") return undefined;
  const fields: CsvField[] = [];
  const field = /"((?:[^"]|"")*)"(?=,|$)|([^",]*)(?=,|$)/y;
  for (let start = 0; start <= text.length; start = field.lastIndex + 1) {
    field.lastIndex = start;
    const match = field.exec(text);
    if (match === null) return undefined;
    field.lastIndex = start + match[0].length;
    fields.push({ text: match[1]?.replaceAll('""', '"') ?? match[2] ?? "", start, end: field.lastIndex });
  }
  return fields;
}

/** `key=value` divided at the first equals sign; without one there is no value. */
export function splitPair(text: string): { readonly key: string; readonly value?: string } {
  const equals = text.indexOf("=");
  return equals < 0 ? { key: text } : { key: text.slice(0, equals), value: text.slice(equals + 1) };
}
