/** What `docker compose config --format json` says: the normalised model, or its words about what it refused. */
export interface ComposeAnswer {
  readonly model?: ComposeModel;
  readonly refused?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the model is Compose's own, and only read
export type Json = any;

export function mapValues(
  from: Readonly<Record<string, Json>>,
  change: (value: Json) => Json,
): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(from).flatMap(([key, value]) => (value === undefined ? [] : [[key, change(value)]])),
  );
}

export interface ComposeModel {
  readonly services?: Readonly<Record<string, Json>>;
  readonly networks?: Readonly<Record<string, Json>>;
  readonly volumes?: Readonly<Record<string, Json>>;
  readonly configs?: Readonly<Record<string, Json>>;
  readonly secrets?: Readonly<Record<string, Json>>;
}

export function readAnswers(text: string): ReadonlyMap<string, ComposeAnswer> {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const { name, ...answer } = JSON.parse(line) as ComposeAnswer & { readonly name: string };
      return [name, answer];
    }),
  );
}
