import type { ContainerSpec } from "../model/workload.ts";
import type { Reader } from "./flag-values.ts";
import { type FieldName, mark, type RunDraft } from "./run-draft.ts";
import type { Word } from "./words.ts";

export type ApplyFlag = (value: Word, draft: RunDraft) => void;

/** One flag of `docker run`. */
export interface FlagRow {
  /** Long form without dashes. */
  readonly name: string;
  /** Letter of the short form. */
  readonly short?: string;
  /** Other long spellings that Docker knows. */
  readonly aliases?: readonly string[];
  /** Long spellings that Docker once knew. */
  readonly formerly?: readonly string[];
  /** A switch takes a value only as `--name=value`. */
  readonly takes: "value" | "switch";
  readonly doc: string;
  readonly handling: FlagHandling;
}

export type FlagHandling =
  | { readonly kind: "applied"; readonly apply: ApplyFlag }
  /** Accepted without effect: the reconciler does it anyway, or there is no terminal. A wrong value is a mistake all the same. */
  | { readonly kind: "dropped"; readonly check: ApplyFlag }
  | { readonly kind: "refused"; readonly hint: string };

type FlagNames = Pick<FlagRow, "short" | "aliases" | "formerly">;

/** A flag with a value that sets part of the container. */
export function valued(name: string, doc: string, apply: ApplyFlag, names: FlagNames = {}): FlagRow {
  return { name, doc, takes: "value", handling: { kind: "applied", apply }, ...names };
}

/** A flag without value that sets part of the container. */
export function switched(name: string, doc: string, apply: ApplyFlag, names: FlagNames = {}): FlagRow {
  return { name, doc, takes: "switch", handling: { kind: "applied", apply }, ...names };
}

/** A flag that is accepted and has no effect; `doc` says why. */
export function dropped(
  name: string,
  takes: FlagRow["takes"],
  doc: string,
  check: ApplyFlag,
  names: FlagNames = {},
): FlagRow {
  return { name, doc, takes, handling: { kind: "dropped", check }, ...names };
}

/** A flag of Docker's that is an error here; `doc` says why, `hint` what to write. */
export function refused(
  name: string,
  text: { readonly doc: string; readonly hint: string },
  takes: FlagRow["takes"] = "value",
  names: FlagNames = {},
): FlagRow {
  return { name, doc: text.doc, takes, handling: { kind: "refused", hint: text.hint }, ...names };
}

type Value<K extends FieldName> = NonNullable<ContainerSpec[K]>;

/** Sets a field; the last flag wins, as in Docker. A reader that returns `null` leaves the default. */
export function sets<K extends FieldName>(field: K, read: Reader<Value<K> | null>): ApplyFlag {
  return (value, draft) => {
    const result = read(value, draft);
    if (result === undefined) return;
    if (result === null) delete draft.fields[field];
    else draft.fields[field] = result;
    mark(draft, field, value);
  };
}

type ListField = {
  [K in FieldName]-?: Value<K> extends readonly unknown[] ? K : never;
}[FieldName];
type Item<K extends ListField> = Value<K> extends readonly (infer I)[] ? I : never;

/** Adds to a list field, in the order of the line and without repetition. */
export function adds<K extends ListField>(field: K, read: Reader<readonly Item<K>[]>): ApplyFlag {
  return (value, draft) => {
    const items = read(value, draft);
    if (items === undefined) return;
    const before = (draft.fields[field] ?? []) as readonly Item<K>[];
    const added = items.filter((item) => !before.some((other) => isSame(other, item)));
    draft.fields[field] = [...before, ...added] as unknown as Value<K>;
    mark(draft, field, value);
  };
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));
}
