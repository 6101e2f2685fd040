import { stableJson } from "../lib/stable-json.ts";

/** One comparable field of a service. Two fields are equal when their texts are. */
export interface Field {
  /** For people, unique: `image`, `env LOG_LEVEL`, `mount /data`. */
  readonly name: string;
  readonly text: string;
  /** Which of the workload's positions tells where it is declared. */
  readonly place: string;
  readonly masked?: true;
  /** Shown instead of the text, which alone tells whether it is the same. */
  readonly shown?: string;
}

export function plainText(value: unknown): string {
  if (Array.isArray(value) && value.every((item) => typeof item === "string"))
    return value.map(quoteWord).join(" ");
  return typeof value === "object" ? stableJson(value) : String(value);
}

function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word);
}

/** Members that newer Engines have, or that somebody set who knows more of the API than we do. */
export function restFields(members: object, known: readonly string[]): Field[] {
  return Object.entries(members)
    .filter(([name, value]) => !known.includes(name) && value !== undefined)
    .map(([name, value]) => ({ name: `setting ${name}`, text: plainText(value), place: "" }));
}
