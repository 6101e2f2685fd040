/** The value of a JSON text, or `undefined`: the parser's own message would quote the text. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
