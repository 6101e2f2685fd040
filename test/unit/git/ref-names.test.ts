import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkRefName, parseWantedRevision, splitAncestry } from "../../../src/git/ref-names.ts";

describe("names of branches and tags", () => {
  test("must never be taken when git would refuse them", () => {
    const part = fc.constantFrom(
      "a",
      "B",
      "1",
      "-",
      ".",
      "..",
      "/",
      "@",
      "@{",
      "{",
      "~",
      "^",
      ":",
      "?",
      "*",
      "[",
      "\\",
      " ",
      "é",
      ".lock",
      "\t",
      "\u007f",
    );
    const names = fc.sample(
      fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("")),
      300,
    );
    const taken = [...new Set(names)].filter((name) => isTaken(name));
    expect(taken.length).toBeGreaterThan(10);
    for (const name of taken) {
      const { status } = spawnSync("git", ["check-ref-format", "--branch", name]);
      expect([name, status]).toEqual([name, 0]);
    }
  });

  test.for(["develop", "feature/a-b", "58-develop", "v1.2.3", "ünit", "a@b"])("must be taken: %s", (name) => {
    expect(() => checkRefName(name, "branch")).not.toThrow();
  });

  test("must be looked for as a branch before a tag, and as a commit only in full", () => {
    expect(parseWantedRevision("x")).toMatchObject({
      refs: [{ ref: "refs/heads/x", branch: "x" }, { ref: "refs/tags/x" }],
    });
    expect(parseWantedRevision("refs/tags/x")).toMatchObject({ refs: [{ ref: "refs/tags/x" }] });
    expect(parseWantedRevision("a".repeat(40))).toEqual({ kind: "commit", id: "a".repeat(40) });
    expect(parseWantedRevision("a".repeat(39))).toMatchObject({ kind: "name" });
  });

  test("must be split from the steps back", () => {
    expect(splitAncestry("HEAD~2^")).toEqual({ start: "HEAD", steps: "~2^" });
    expect(splitAncestry("a/b")).toEqual({ start: "a/b", steps: "" });
    expect(splitAncestry("HEAD^{/x}")).toEqual({ start: "HEAD^{/x}", steps: "" });
  });
});

function isTaken(name: string): boolean {
  try {
    checkRefName(name, "branch");
    return true;
  } catch {
    return false;
  }
}
