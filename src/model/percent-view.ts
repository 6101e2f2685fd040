/** A text as it reads without its percent-encoding. */
export interface PercentView {
  readonly text: string;
  /** For each UTF-16 unit of the text where what it stands for begins in the original, and where that ends. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/**
 * Decodes `%XX` (RFC 3986, 2.1) wherever it stands, since programs differ in what they encode; what is no UTF-8 becomes
 * U+FFFD.
 *
 * @param plusIsSpace as forms are written (application/x-www-form-urlencoded)
 */
export function percentView(original: string, plusIsSpace: boolean): PercentView {
  const parts: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  for (const [part] of original.matchAll(/%[0-9A-Fa-f]{2}(?:%[89A-Ba-b][0-9A-Fa-f])*|[^%]|%/g)) {
    const start = ends.at(-1) ?? 0;
    const shown = decoded(part, plusIsSpace);
    parts.push(shown);
    for (let unit = 0; unit < shown.length; unit++) {
      starts.push(start);
      ends.push(start + part.length);
    }
  }
  return { text: parts.join(""), starts, ends };
}

function decoded(part: string, plusIsSpace: boolean): string {
  if (part.length >= 3) return Buffer.from(part.replaceAll("%", ""), "hex").toString("utf8");
  return part === "+" && plusIsSpace ? " " : part;
}
