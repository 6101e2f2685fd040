import { parseBytes } from "../lib/bytes.ts";
import { addMount, cleanTarget } from "./mount-flags.ts";
import { type RunDraft, refuse } from "./run-draft.ts";
import { sliceWord, type Word } from "./words.ts";

/** Options of a file system in memory (mount(8), "Mount options for tmpfs"); the Engine refuses others. */
const tmpfsFlags =
  /^(?:rw|ro|exec|noexec|suid|nosuid|dev|nodev|async|sync|dirsync|atime|noatime|diratime|nodiratime|relatime|norelatime|strictatime|nostrictatime|remount|bind|rbind|unbindable|runbindable|private|rprivate|shared|rshared|slave|rslave|defaults|(?:mode|uid|gid|nr_inodes|nr_blocks|mpol)=.+)$/;

/** `--tmpfs`: `path[:options]`, options as in mount(8); the last one of a path wins. */
export function applyTmpfs(value: Word, draft: RunDraft): void {
  const colon = value.text.indexOf(":");
  const target = cleanTarget(colon < 0 ? value.text : value.text.slice(0, colon), value, draft);
  const options = colon < 0 ? "" : value.text.slice(colon + 1);
  const unknown = options.split(",").find((option) => option !== "" && !isTmpfsOption(option));
  if (unknown !== undefined) {
    const at = value.text.indexOf(unknown, colon);
    refuse(draft, sliceWord(value, at, at + unknown.length), `"${unknown}" is not an option of tmpfs`);
  } else if (target !== undefined) {
    if (draft.mounts.get(target)?.kind === "tmpfs") draft.mounts.delete(target);
    addMount({ kind: "tmpfs", target, options }, value, draft);
  }
}

function isTmpfsOption(option: string): boolean {
  const size = /^size=(.*)$/.exec(option)?.[1];
  if (size !== undefined) return parseBytes(size) !== undefined || /^\d+%$/.test(size);
  return tmpfsFlags.test(option);
}
