import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareTags, tagForm } from "../../../src/release/tag-form.ts";

describe("the form of a tag", () => {
  test.for([
    ["58-develop", { form: "build", build: 58, branch: "develop" }],
    ["3-feature-x.1", { form: "build", build: 3, branch: "feature-x.1" }],
    ["20261121", { form: "date" }],
    ["2026-11-21", { form: "date" }],
    ["20261121-0930", { form: "date" }],
    ["20261121T093000Z", { form: "date" }],
    ["1.27", { form: "semver" }],
    ["v1.27.3", { form: "semver" }],
    ["1.27.3-rc.1", { form: "semver" }],
    ["1.27-alpine", { form: "semver" }],
    ["16", { form: "other" }],
    ["20261321", { form: "other" }],
    ["20261121-develop", { form: "build", build: 20261121, branch: "develop" }],
    ["latest", { form: "other" }],
    [undefined, { form: "other" }],
  ] as const)("%s of one's own must be %o", ([tag, expected]) => {
    expect(tagForm(tag, true)).toEqual(expected);
  });

  test("of somebody else must never be a build of a branch", () => {
    expect(tagForm("22-alpine", false)).toEqual({ form: "other" });
    expect(tagForm("1.27", false)).toEqual({ form: "semver" });
  });
});

describe("the order of tags", () => {
  test.for([
    ["58-develop", "59-develop"],
    ["9-develop", "10-develop"],
    ["20261121", "20261122"],
    ["2026-11-21", "20261201-0900"],
    ["20261121-0930", "20261121-0931"],
    ["1.9", "1.10"],
    ["v1.2.3", "1.2.4"],
    ["1.2.3-rc.1", "1.2.3-rc.2"],
    ["1.2.3-rc.9", "1.2.3-rc.10"],
    ["1.2.3-1", "1.2.3-rc"],
    ["1.2.3-rc", "1.2.3-rc.1"],
    ["1.2.3-rc.1", "1.2.3"],
    ["1.99.9", "2.0"],
  ] as const)("%s must come before %s", ([older, newer]) => {
    expect(compareTags(older, newer, true)).toBeLessThan(0);
    expect(compareTags(newer, older, true)).toBeGreaterThan(0);
  });

  test.for([
    ["58-develop", "3-master", "builds of two branches"],
    ["58-develop", "1.2.3", "two forms"],
    ["latest", "stable", "words"],
    ["16", "17", "single numbers"],
    ["20261121", "20261121-0930", "a day and a time of it"],
    ["1.2", "1.2.3", "a version and its patch"],
  ] as const)("%s and %s must not be compared: %s", ([a, b]) => {
    expect([compareTags(a, b, true), compareTags(b, a, true)]).toEqual([undefined, undefined]);
  });

  test("builds of somebody else must not be compared", () => {
    expect(compareTags("20-alpine", "22-alpine", false)).toBeUndefined();
  });

  test("must be the same from both ends, for any tags", () => {
    const part = fc.constantFrom("1", "2", "10", "rc", "rc1");
    const tag = fc
      .tuple(part, fc.constantFrom(".", "-"), part, fc.constantFrom("", "-rc.1", ".3", "-2"))
      .map((p) => p.join(""));
    fc.assert(
      fc.property(tag, tag, (a, b) => {
        const order = compareTags(a, b, true);
        const back = compareTags(b, a, true);
        expect(order === undefined ? undefined : Math.sign(order) + 0).toEqual(
          back === undefined ? undefined : -Math.sign(back) + 0,
        );
      }),
    );
  });
});
