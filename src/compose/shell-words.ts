/** A command line that cannot be split; `offset` counts from its start. */
export interface SplitMistake {
  readonly offset: number;
  readonly message: string;
}

const refused: Readonly<Record<string, string>> = {
  ";": "would be cut off by Compose",
  "&": "would be cut off by Compose",
  "|": "would be cut off by Compose",
  "<": "would be cut off by Compose",
  ">": "would be cut off by Compose",
  "(": "has no meaning without a shell",
  ")": "has no meaning without a shell",
  "`": "has no meaning without a shell",
};

/**
 * Splits the text form of `command` and `entrypoint` into words (Compose specification, "command"): blanks separate,
 * quotes and backslashes protect, nothing is expanded and no shell is run. Where Compose would silently drop the rest of
 * the line (an unquoted `;`, `|`, `&`, `<` or `>`) this is a mistake.
 */
export function splitWords(text: string): readonly string[] | SplitMistake {
  const words: string[] = [];
  let word: string | undefined;
  let quote: { readonly char: string; readonly offset: number } | undefined;
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    if (char === "\\" && quote?.char !== "'") {
      if (index === text.length - 1)
        return { offset: index, message: "the backslash at the end protects nothing" };
      index++;
      word = (word ?? "") + text.charAt(index);
    } else if (quote) {
      if (char === quote.char) quote = undefined;
      else word = (word ?? "") + char;
    } else if (char === '"' || char === "'") {
      quote = { char, offset: index };
      word ??= "";
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (refused[char] !== undefined) {
      return { offset: index, message: `an unquoted ${char} ${refused[char]}` };
    } else {
      word = (word ?? "") + char;
    }
  }
  if (quote) return { offset: quote.offset, message: `this ${quote.char} is never closed` };
  if (word !== undefined) words.push(word);
  return words;
}
