import { branchAsTag, formatBuildTag } from "../../../src/model/build-tag.ts";
import { code, table } from "../markdown.ts";

export const releaseSections = { "branch-tags": branchTags };

/** One branch for each rule. */
const branches: readonly (readonly [branch: string, why: string])[] = [
  ["develop", "letters, digits, `-`, `.` and `_` stay"],
  ["feature/login", "`/` becomes `__`"],
  ["my_branch", ""],
  ["a__b", "a `_` that would read as part of something else becomes `_.5F`"],
  ["fix#12", "anything else: the bytes of its UTF-8, each as `_.` and two digits"],
  ["größe", ""],
];

function branchTags(): string {
  const rows = branches.map(([branch, why]) => {
    const built = formatBuildTag(58n, branch);
    if ("mistake" in built) throw new Error(built.mistake);
    return [code(branch), code(branchAsTag(branch)), code(built.tag), why];
  });
  return table(["branch", "its moving tag", "its build 58", "rule"], rows);
}
