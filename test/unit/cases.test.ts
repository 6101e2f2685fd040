import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Case, chapters, type ProvenCase } from "../cases.ts";

const tests = join(import.meta.dirname, "..");
const all = chapters.flatMap(({ cases }) => cases);
const isProven = (one: Case): one is ProvenCase => "test" in one;
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** A test of vitest has this text in its title, or in the row that its title is made of. */
function holdsTitle(file: string, title: string): boolean {
  const path = join(tests, `${file}.test.ts`);
  if (!existsSync(path)) return false;
  return readFileSync(path, "utf8")
    .split("\n")
    .some((line) => line.includes(title) && /["'`]/.test(line.slice(0, line.indexOf(title))));
}

describe("the numbered situations", () => {
  test("must all be there, once and in order", () => {
    expect(all.map(({ number }) => number)).toEqual(range(1, 166));
  });

  test.for(all.filter(isProven))("$number must have the test that it names", ({ test: [file, title] }) => {
    expect({ file, title, isThere: holdsTitle(file, title) }).toEqual({ file, title, isThere: true });
  });

  test("must not be open without a reason, nor more than ten of them", () => {
    const open = all.flatMap((one) => (isProven(one) ? [] : [one.open]));
    expect(open.filter((reason) => !/^(?:does not apply|not done yet): \S/.test(reason))).toEqual([]);
    expect(open.length).toBeLessThanOrEqual(10);
  });

  test("must be whole sentences", () => {
    const texts = all.flatMap(({ situation, outcome }) => [situation, outcome]);
    expect(texts.filter((text) => !/^[A-Z`].*\.$/s.test(text))).toEqual([]);
  });

  test("must not be found where no test names them", () => {
    expect(holdsTitle("unit/cases", "a title that no test has".toUpperCase())).toBe(false);
    expect(holdsTitle("unit/nowhere", "must")).toBe(false);
  });
});
