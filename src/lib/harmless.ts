/** Control characters (but tab and line break), and those that turn the direction of what follows (Unicode, UAX 9). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
export const drivingCharacter = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Control characters in what others wrote (log lines, commit subjects) must not drive the terminal. */
export function harmless(text: string): string {
  return text.replace(drivingCharacter, "");
}

/** A text with a line break in it must not pass for two. */
export function onOneLine(text: string): string {
  return harmless(text.replace(/[\n\u2028\u2029]/g, " "));
}
