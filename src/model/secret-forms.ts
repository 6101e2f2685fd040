import { shortestMaskedText } from "./fingerprint.ts";

/** A shorter piece of an encoded value is as likely to be part of something else. */
const shortestEncoded = 6;

/** A line of a value that is shorter says nothing: `{`, `---`. */
const shortestLine = 8;

/** A word that is quoted is JSON text, and so is the document it stands in; one more for JSON in a command. */
const escapingLevels = 3;

/**
 * The texts in which a secret value may show: as it stands, line by line (logs are split at line breaks), escaped in
 * JSON as JavaScript, Python and Go write it, and in base64 at any place of a longer text. Values that are too short to
 * be masked have none.
 */
export function secretForms(value: string): ReadonlySet<string> {
  const forms = new Set<string>();
  for (const text of [value, value.trim(), ...longLines(value)]) {
    if (text.length < shortestMaskedText || forms.has(text)) continue;
    for (const form of [text, ...jsonForms(text)]) forms.add(form);
    for (const form of base64Forms(text)) if (form.length >= shortestEncoded) forms.add(form);
  }
  return forms;
}

function longLines(value: string): readonly string[] {
  if (!value.includes("\n")) return [];
  return value
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.length >= shortestLine);
}

function jsonForms(text: string): readonly string[] {
  const forms: string[] = [];
  let form = text;
  for (let level = 0; level < escapingLevels; level++) {
    form = JSON.stringify(form).slice(1, -1);
    forms.push(form);
  }
  const [once = text] = forms;
  const inAscii = once.replace(/[^ -~]/g, codeUnit);
  const inHtml = once.replace(/[<>&\u2028\u2029]/g, codeUnit);
  return [...forms, inAscii, inHtml, once.replaceAll("/", "\\/"), inAscii.replaceAll("/", "\\/")];
}

function codeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * Base64 of the value alone, and what stays the same of it when it begins 0, 1 or 2 bytes behind a group of three, as a
 * password does in `user:password`.
 */
function base64Forms(text: string): readonly string[] {
  const bytes = Buffer.from(text, "utf8");
  const whole = bytes.toString("base64");
  const parts = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const start = before === 0 ? 0 : before + 1;
    const isWholeGroups = (before + bytes.length) % 3 === 0;
    return encoded.slice(start, isWholeGroups ? undefined : -1);
  });
  const forms = [whole, whole.replace(/=+$/, ""), ...parts];
  return [...forms, ...forms.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}
