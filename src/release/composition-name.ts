import { ReconcilerError } from "../model/errors.ts";

/** What a composition is called in Git unless the configuration says something else: `c_20261121_093000`. */
export const compositionPattern = "c_{date}_{time}";
/** A composition that is meant to become a release. */
export const releaseCandidatePattern = "rc_{date}_{time}";

/**
 * The name of a composition made at a time, for a Git tag.
 *
 * @param pattern text with `{date}` (`20261121`), `{time}` (`093000`) and `{environment}`; times are UTC
 * @throws ReconcilerError `usage` when the pattern has another placeholder or gives no valid tag
 */
export function compositionName(pattern: string, at: Date, environment: string): string {
  const [date = "", time = ""] = at.toISOString().replace(/[-:]/g, "").split(/[T.]/);
  const words: Readonly<Record<string, string>> = { date, time, environment };
  const name = pattern.replace(/\{([^{}]*)\}/g, (placeholder, word: string) => {
    if (Object.hasOwn(words, word)) return words[word] ?? "";
    throw new ReconcilerError("usage", `name pattern "${pattern}": "${placeholder}" stands for nothing`, {
      hint: `use ${Object.keys(words)
        .map((known) => `{${known}}`)
        .join(", ")}`,
    });
  });
  const problem = tagNameProblem(name);
  if (problem === undefined) return name;
  throw new ReconcilerError("usage", `name pattern "${pattern}" gives "${name}": ${problem}`, {
    hint: `write a pattern such as ${compositionPattern}`,
  });
}

/** Longer ones do not fit into the name of a file, which is what Git makes of them. */
const longestName = 200;

const rules: readonly (readonly [RegExp, string])[] = [
  [/^$/, "a tag needs a name"],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  [/[\u0000-\u0020\u007f~^:?*[\\]/, "a tag has no spaces, control characters, or any of ~ ^ : ? * [ \\"],
  [/\.\./, 'a tag has no ".."'],
  [/@\{/, 'a tag has no "@{"'],
  [/^@$/, 'a tag cannot be "@"'],
  [/^-/, "a tag does not begin with -"],
  [/^\/|\/\/|\/$/, "a tag neither begins nor ends with /, and has no two of them in a row"],
  [/(?:^|\/)\./, "no part of a tag begins with a dot"],
  [/\.$/, "a tag does not end with a dot"],
  [/\.lock(?:\/|$)/, 'no part of a tag ends with ".lock"'],
];

/** What is wrong with the name of a Git tag (git-check-ref-format(1), and git-tag(1) for the hyphen); or nothing. */
export function tagNameProblem(name: string): string | undefined {
  if (Buffer.byteLength(name) > longestName) return `a tag has at most ${longestName} bytes`;
  return rules.find(([pattern]) => pattern.test(name))?.[1];
}
