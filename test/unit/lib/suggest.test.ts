import { describe, expect, test } from "vitest";
import { didYouMean, nearestWord } from "../../../src/lib/suggest.ts";

describe("the nearest word", () => {
  const known = ["name", "network", "publish", "volume", "environment"];
  test.for([
    ["nmae", "name"],
    ["NAME", "name"],
    ["netwrk", "network"],
    ["netowrk", "network"],
    ["publihs", "publish"],
    ["volumes", "volume"],
    ["enviroment", "environment"],
    ["nam", "name"],
  ] as const)("of %j must be %j", ([word, expected]) => {
    expect(nearestWord(word, known)).toBe(expected);
    expect(didYouMean(word, known)).toBe(`did you mean "${expected}"?`);
  });

  test.for(["", "x", "restart", "zzzzzzzz", "nework-mode-x"])("of %j must be none", (word) => {
    expect(nearestWord(word, known)).toBeUndefined();
    expect(didYouMean(word, known)).toBeUndefined();
  });

  test("must be the first of equally near ones, and none of none", () => {
    expect(nearestWord("ab", ["aa", "bb"])).toBe("aa");
    expect(nearestWord("ab", [])).toBeUndefined();
  });
});
