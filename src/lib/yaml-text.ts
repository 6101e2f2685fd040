import { limits } from "./limits.ts";
import { TextPlaces } from "./text-places.ts";
import type { YamlMistake } from "./yaml.ts";

/** What YAML cannot hold as it stands (c-printable of the specification), and line breaks that no editor counts. */
const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]|\r(?!\n)|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Why a text is not even looked at. */
export function refusedText(text: string, file: string): YamlMistake | undefined {
  if (text.length > limits.text.most) {
    const message = `file is larger than ${limits.text.most} bytes`;
    return { position: { file, line: 1, column: 1 }, message };
  }
  const found = unprintable.exec(text);
  if (found === null) return undefined;
  const number = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  const position = { file, ...new TextPlaces(text).placeOf(found.index), length: 1 };
  return { position, message: `the character U+${number} cannot stand in YAML` };
}
