import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  branchAsTag,
  compareTags,
  formatBranchTag,
  formatBuildTag,
  parseTag,
} from "../../../src/model/build-tag.ts";

const build = (number: bigint, branch: string) => ({ form: "build", build: number, branch });

describe("the form of a tag", () => {
  test.for([
    ["58-develop", build(58n, "develop")],
    ["007-feature-x", build(7n, "feature-x")],
    ["58-feature__login", build(58n, "feature/login")],
    ["9007199254740993-develop", build(9007199254740993n, "develop")],
    ["58-a_.C3_.A4", build(58n, "aä")],
    ["58-a_.5F.b", build(58n, "a_.b")],
    ["58-a_.C3", build(58n, "a_.C3")],
    ["58-a_.c3", build(58n, "a_.c3")],
    ["2015-06-19_15-04", build(2015n, "06-19_15-04")],
    ["20150619", { form: "date", digits: "20150619000000" }],
    ["20150619_1504", { form: "date", digits: "20150619150400" }],
    ["20150619_150405", { form: "date", digits: "20150619150405" }],
    ["20160229_0000", { form: "date", digits: "20160229000000" }],
    ["1.10.0", { form: "version", version: { numbers: [1n, 10n, 0n], prerelease: [] } }],
    ["v2.0.0-rc.1", { form: "version", version: { numbers: [2n, 0n, 0n], prerelease: ["rc", "1"] } }],
    ["1.0.0-0-x", { form: "version", version: { numbers: [1n, 0n, 0n], prerelease: ["0-x"] } }],
  ] as const)("of %s must be %o", ([tag, parsed]) => {
    expect(parseTag(tag)).toEqual(parsed);
  });

  test.for([
    "latest",
    "58",
    "58-",
    "-develop",
    "v58-develop",
    "1.2",
    "01.2.3",
    "1.2.3-01",
    "1.2.3-a..b",
    "20150229",
    "20151301",
    "20150619_2504",
    "20150619_1560",
    "",
    "58-dev elop",
    `58-${"x".repeat(126)}`,
  ])("of %s must be none that can be compared", (tag) => {
    expect(parseTag(tag)).toEqual({ form: "other" });
    expect(compareTags(parseTag(tag), parseTag(tag))).toBeUndefined();
  });
});

describe("the order of tags", () => {
  test.for([
    ["99-develop", "100-develop"],
    ["9007199254740992-develop", "9007199254740993-develop"],
    ["9-feature__x", "10-feature__x"],
    ["20150619_1504", "20150619_1505"],
    ["20150619", "20150619_0001"],
    ["20141231_2359", "20150101"],
    ["1.9.0", "v1.10.0"],
    // https://semver.org, 11
    ["1.0.0-alpha", "1.0.0-alpha.1"],
    ["1.0.0-alpha.1", "1.0.0-alpha.beta"],
    ["1.0.0-alpha.beta", "1.0.0-beta"],
    ["1.0.0-beta", "1.0.0-beta.2"],
    ["1.0.0-beta.2", "1.0.0-beta.11"],
    ["1.0.0-beta.11", "1.0.0-rc.1"],
    ["1.0.0-rc.1", "1.0.0"],
    ["1.0.0-9007199254740992", "1.0.0-9007199254740993"],
  ] as const)("must put %s before %s", ([older, newer]) => {
    expect(compareTags(parseTag(older), parseTag(newer))).toBeLessThan(0);
    expect(compareTags(parseTag(newer), parseTag(older))).toBeGreaterThan(0);
    expect(compareTags(parseTag(older), parseTag(older))).toBe(0);
  });

  test.for([
    ["58-develop", "59-master"],
    ["58-feature__x", "59-feature-x"],
    ["58-develop", "1.0.0"],
    ["20150619_1504", "58-develop"],
    ["1.0.0", "20150619_1504"],
    ["latest", "58-develop"],
  ] as const)("must not exist between %s and %s", ([a, b]) => {
    expect(compareTags(parseTag(a), parseTag(b))).toBeUndefined();
    expect(compareTags(parseTag(b), parseTag(a))).toBeUndefined();
  });

  test("must treat a number with zeros in front as the same build", () => {
    expect(compareTags(parseTag("007-develop"), parseTag("7-develop"))).toBe(0);
  });
});

describe("a branch in a tag", () => {
  test.for([
    ["develop", "develop"],
    ["feature/login", "feature__login"],
    ["my_branch", "my_branch"],
    ["fix_1.2", "fix_1.2"],
    ["a__b", "a_.5F_b"],
    ["a_.b", "a_.5F.b"],
    ["a_/b", "a_.5F__b"],
    ["a/_b", "a___b"],
    ["a/.b", "a__.b"],
    ["trailing_", "trailing_"],
    ["a b", "a_.20b"],
    ["a_ b", "a_.5F_.20b"],
    ["ü", "_.C3_.BC"],
    ["😀", "_.F0_.9F_.98_.80"],
    ["a_.41", "a_.5F.41"],
  ] as const)("%s must be written %s", ([branch, tag]) => {
    expect(branchAsTag(branch)).toBe(tag);
    expect(parseTag(`1-${tag}`)).toEqual(build(1n, branch));
  });

  const anyBranch = fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 12 }),
    fc.string({ unit: fc.constantFrom("_", ".", "/", "-", "5", "F", "a", "é", "\uFEFF"), minLength: 1 }),
  );

  test("must come back from the tag as it was, whatever it is", () => {
    fc.assert(
      fc.property(anyBranch, fc.bigInt({ min: 0n, max: 2n ** 70n }), (branch, number) => {
        const formatted = formatBuildTag(number, branch);
        fc.pre("tag" in formatted);
        expect(formatted.tag).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/);
        expect(parseTag(formatted.tag)).toEqual(build(number, branch));
      }),
      { numRuns: 2000 },
    );
  });

  test("must stay as it is when nothing in it is forbidden or reads as an escape", () => {
    const harmless = fc
      .string({ unit: fc.constantFrom(..."aZ09-._") })
      .filter((branch) => !/__|_\./.test(branch));
    fc.assert(fc.property(harmless, (branch) => branchAsTag(branch) === branch));
    expect(branchAsTag("release-1.2_x")).toBe("release-1.2_x");
  });

  test.for([
    [58n, "x".repeat(126), /would be 129 characters long, at most 128 are allowed/],
    [58n, "", /no name/],
    [-1n, "develop", /negative/],
    [58n, "a\uD800", /not Unicode text/],
  ] as const)("must not make a tag of build %s of branch %j", ([number, branch, mistake]) => {
    const formatted = formatBuildTag(number, branch);
    expect("mistake" in formatted && formatted.mistake).toMatch(mistake);
  });

  test("must name the tag that moves on with it, where a tag may begin so", () => {
    expect(formatBranchTag("feature/login")).toEqual({ tag: "feature__login" });
    expect(formatBranchTag("x".repeat(128))).toEqual({ tag: "x".repeat(128) });
    fc.assert(
      fc.property(anyBranch, (branch) => {
        const formatted = formatBranchTag(branch);
        fc.pre("tag" in formatted);
        expect(formatted.tag).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/);
      }),
    );
  });

  test.for([
    ["x".repeat(129), /would be 129 characters long, at most 128 are allowed/],
    ["", /no name/],
    ["-x", /begins with "-"/],
    [".x", /begins with "\."/],
    ["a\uD800", /not Unicode text/],
  ] as const)("must not make a moving tag of branch %j", ([branch, mistake]) => {
    const formatted = formatBranchTag(branch);
    expect("mistake" in formatted && formatted.mistake).toMatch(mistake);
  });
});
