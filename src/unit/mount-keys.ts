import { didYouMean } from "../lib/suggest.ts";
import { readCsv, splitPair } from "./go-values.ts";
import { type RunDraft, refuse } from "./run-draft.ts";
import { sliceWord, type Word } from "./words.ts";

export const mountTypes = ["bind", "volume", "tmpfs", "image"] as const;
export type MountType = (typeof mountTypes)[number];

interface KeyRow {
  readonly types: readonly MountType[];
  /** True when it is written alone. */
  readonly isSwitch?: true;
  /** Pairs that add up. */
  readonly isList?: true;
}

const all = { types: mountTypes };
const volumeOnly = { types: ["volume"] } as const;

/** Keys of `--mount` (docker run reference) with the types of mounts they are for. */
const keys: Readonly<Record<string, KeyRow>> = {
  type: all,
  target: all,
  source: { types: ["bind", "volume", "image"] },
  readonly: { ...all, isSwitch: true },
  consistency: all,
  "bind-propagation": { types: ["bind"] },
  "bind-recursive": { types: ["bind"] },
  "bind-nonrecursive": { types: ["bind"], isSwitch: true },
  "volume-nocopy": { ...volumeOnly, isSwitch: true },
  "volume-subpath": volumeOnly,
  "volume-driver": volumeOnly,
  "volume-label": { ...volumeOnly, isList: true },
  "volume-opt": { ...volumeOnly, isList: true },
  "tmpfs-size": { types: ["tmpfs"] },
  "tmpfs-mode": { types: ["tmpfs"] },
  "image-subpath": { types: ["image"] },
};

const shortKeys: ReadonlyMap<string, string> = new Map([
  ["src", "source"],
  ["dst", "target"],
  ["destination", "target"],
  ["ro", "readonly"],
]);

/** The pairs of one `--mount`, checked one by one. */
export interface MountFields {
  readonly single: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
}

/** Reads the pairs; the last one of a key wins. */
export function readMountFields(value: Word, draft: RunDraft): MountFields | undefined {
  const fields = readCsv(value.text);
  if (fields === undefined) {
    const hint = "write type=…,source=…,target=…, an option with a comma in quotes";
    return refuse(draft, value, `"${value.text}" is not a mount`, hint);
  }
  const single = new Map<string, string>();
  const lists = new Map<string, string[]>();
  let isValid = true;
  for (const field of fields) {
    const { key: written, value: text } = splitPair(field.text);
    const key = shortKeys.get(written.toLowerCase()) ?? written.toLowerCase();
    const row = Object.hasOwn(keys, key) ? keys[key] : undefined;
    const problem = problemOf(key, row, text);
    if (problem !== undefined) {
      refuse(draft, sliceWord(value, field.start, field.end), problem.message, problem.hint);
      isValid = false;
    } else if (row?.isList) lists.set(key, [...(lists.get(key) ?? []), text ?? ""]);
    else single.set(key, text ?? "true");
  }
  return isValid ? { single, lists } : undefined;
}

function problemOf(
  key: string,
  row: KeyRow | undefined,
  text: string | undefined,
): { message: string; hint?: string } | undefined {
  if (row === undefined) {
    const hint = didYouMean(key, Object.keys(keys)) ?? `options: ${Object.keys(keys).join(", ")}`;
    return { message: `unknown mount option "${key}"`, hint };
  }
  if (text === undefined)
    return row.isSwitch ? undefined : { message: `mount option "${key}" needs a value` };
  if (row.isSwitch && !/^(?:1|t|T|true|TRUE|True|0|f|F|false|FALSE|False)$/.test(text))
    return { message: `mount option "${key}" is true or false, not "${text}"` };
  return undefined;
}

/** Whether a switch is on. */
export function isOn({ single }: MountFields, key: string): boolean {
  return /^(?:1|t|true)$/i.test(single.get(key) ?? "");
}

/** A key that is not for mounts of a type. */
export function misplacedKey({ single, lists }: MountFields, type: MountType): string | undefined {
  return [...single.keys(), ...lists.keys()].find((key) => !keys[key]?.types.includes(type));
}
