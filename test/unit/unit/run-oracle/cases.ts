import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One line of docker run that the docker client and we are asked about. */
export interface RunCase {
  /** Unique among all cases. */
  readonly name: string;
  readonly table: "flag" | "combination" | "line";
  /** What follows `docker run`, the image included. */
  readonly words: readonly string[];
  /** Key of `permittedOutcomes`: one of the two refuses what the other takes. */
  readonly differs?: string;
}

const image = "busybox:1";

/** Files beside the unit and in the folder of the client. */
export const oracleFiles: Readonly<Record<string, string>> = {
  "web.env": 'A=1\n# a comment\n B=two words\nC="quoted"\nD=\n',
  "more.env": "A=2\nE=$HOME\n",
  "bad.env": "A B=1\n",
  "odd.env": "\uFEFFA=1\r\n\u0085B= 2 \n\t# a comment\nC=#d\n\u2028D==\n",
  "longer.env": `A=${"x".repeat(65_534)}\n`,
  "unset.env": "NOT_SET\n",
  "site.label": "a=1\norg.example.site=berlin\n",
  "profile.json": '{ "defaultAction": "SCMP_ACT_ERRNO",\n  "syscalls": [] }\n',
  "bad.json": "{",
};

/** What only we have: the client does not look whether a path that it mounts is there. */
export const repositoryFiles: Readonly<Record<string, string>> = { "conf/app.conf": "x = 1\n" };

/** Variables of the client, and of the unit. */
export const oracleEnvironment: Readonly<Record<string, string>> = { FROM_ENV: "yes" };

function readCases(file: string, table: RunCase["table"]): readonly RunCase[] {
  const text = readFileSync(join(import.meta.dirname, file), "utf8");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [written = "", differs] = line.split("  #");
    const words = splitLine(written);
    const all = table === "line" || words.includes(image) ? words : [...words, image];
    return { name: `${table} ${written}`, table, words: all, ...(differs === undefined ? {} : { differs }) };
  });
}

/** Words as a shell and systemd agree on them: spaces divide, quotes of both kinds hold together. */
export function splitLine(line: string): readonly string[] {
  const words: string[] = [];
  let end = -1;
  for (const match of line.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)) {
    const part = match[1] ?? match[2] ?? match[3] ?? "";
    if (match.index === end) words.push((words.pop() ?? "") + part);
    else words.push(part);
    end = match.index + match[0].length;
  }
  return words;
}

const partCases = readCases("flags.txt", "flag");
export const flagCases = [...partCases, ...readCases("more-flags.txt", "flag")];
export const lineCases = readCases("lines.txt", "line");

const combinations = 250;

/**
 * Lines of two to five flags that are right alone, by a generator with a fixed seed.
 *
 * @param isTaken whether client and Engine take a line
 */
export function combinationCases(isTaken: (name: string) => boolean): readonly RunCase[] {
  const parts = partCases
    .filter(({ name, differs, words }) => differs === undefined && words.at(-1) === image && isTaken(name))
    .map(({ words }) => words.slice(0, -1))
    // Without --detach the client would ask for a terminal.
    .filter((words) => words.length > 0 && !words.includes("-d=false"));
  const random = generator(20_251_122);
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)];
  return Array.from({ length: combinations }, (_, index) => {
    const count = 2 + Math.floor(random() * 4);
    const chosen = Array.from({ length: count }, () => pick(parts) ?? []);
    const words = [...chosen.flat(), image, ...(random() < 0.3 ? ["sleep", "10"] : [])];
    return { name: `combination ${index + 1} ${words.join(" ")}`, table: "combination", words };
  });
}

/** A linear congruential generator of numbers from 0 to 1: the same on every machine. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
