import { describe, expect, test } from "vitest";
import { parseVersion } from "../../../src/model/build-tag.ts";
import { chooseTag, policyOf, type TagPolicy, type TagSituation } from "../../../src/model/tag-policy.ts";
import { isInRange, parseVersionRange } from "../../../src/model/version-range.ts";

const newestBuild: TagPolicy = { kind: "newest-build" };
const newestDate: TagPolicy = { kind: "newest-date" };

function semver(text: string): TagPolicy {
  const range = parseVersionRange(text);
  if (typeof range === "string") throw new Error(range);
  return { kind: "semver", range, text };
}

function situation(parts: Partial<TagSituation>): TagSituation {
  return { tags: [], branch: "develop", failed: new Set(), ...parts };
}

interface Row {
  readonly what: string;
  readonly policy: TagPolicy;
  readonly given: Partial<TagSituation>;
  readonly chosen?: string;
  readonly why: string;
}

const rows: readonly Row[] = [
  {
    what: "compares build numbers as numbers",
    policy: newestBuild,
    given: { current: "99-develop", tags: ["100-develop", "99-develop", "9-develop"] },
    chosen: "100-develop",
    why: 'the newest build of "develop"',
  },
  {
    what: "takes the first build of an image without a tag",
    policy: newestBuild,
    given: { tags: ["1-develop"] },
    chosen: "1-develop",
    why: 'the newest build of "develop"',
  },
  {
    what: "knows the branch by its own name",
    policy: newestBuild,
    given: { current: "1-feature__x", tags: ["2-feature__x", "3-feature-x"], branch: "feature/x" },
    chosen: "2-feature__x",
    why: 'the newest build of "feature/x"',
  },
  {
    what: "never crosses branches",
    policy: newestBuild,
    given: { current: "58-develop", tags: ["58-develop", "60-master", "latest", "2.0.0", "70"] },
    why: 'no build of "develop" is newer than "58-develop"',
  },
  {
    what: "leaves a build of another branch, which an exception may allow",
    policy: newestBuild,
    given: { current: "12-master", tags: ["58-develop", "13-master"] },
    why: '"12-master" is no build of "develop", so that none can be called newer',
  },
  {
    what: "never goes backwards",
    policy: newestBuild,
    given: { current: "58-develop", tags: ["57-develop", "9-develop"] },
    why: 'no build of "develop" is newer than "58-develop"',
  },
  {
    what: "takes the newest of versions in the range, by precedence",
    policy: semver(">=1.2 <2"),
    given: { current: "1.2.0", tags: ["1.9.0", "v1.10.0", "1.11.0-rc.1", "2.0.0", "1.1.9"] },
    chosen: "v1.10.0",
    why: 'the newest version in ">=1.2 <2"',
  },
  {
    what: "never goes back into a range",
    policy: semver("<2"),
    given: { current: "2.1.0", tags: ["1.9.0"] },
    why: 'no version in "<2" is newer than "2.1.0"',
  },
  {
    what: "goes up into a range",
    policy: semver(">=2"),
    given: { current: "1.9.0", tags: ["2.1.0"] },
    chosen: "2.1.0",
    why: 'the newest version in ">=2"',
  },
  {
    what: "does not guess what a short version is",
    policy: semver("^16.1"),
    given: { current: "16", tags: ["16.2.0"] },
    why: '"16" is no version in "^16.1", so that none can be called newer',
  },
  {
    what: "takes the newest date",
    policy: newestDate,
    given: { current: "20150619_1504", tags: ["20150619_1505", "20150620", "58-develop", "20159999"] },
    chosen: "20150620",
    why: "the newest date",
  },
  {
    what: "never moves a pinned image",
    policy: { kind: "pinned", tag: "58-develop" },
    given: { current: "58-develop", tags: ["59-develop"] },
    why: 'pinned to "58-develop"',
  },
  {
    what: "says when a pin is not what is written",
    policy: { kind: "pinned", tag: "58-develop" },
    given: { current: "57-develop", tags: ["59-develop"] },
    why: 'pinned to "58-develop", but "57-develop" is written',
  },
  {
    what: "never moves a fixed image",
    policy: { kind: "fixed" },
    given: { current: "7.2", tags: ["8.0"] },
    why: "the policy is to leave it as it is written",
  },
  {
    what: "needs a branch to compare builds",
    policy: newestBuild,
    given: { current: "58-develop", tags: ["59-develop"], branch: undefined },
    why: "the environment has no branch whose builds could be compared",
  },
  {
    what: "says when there is nothing to choose from",
    policy: newestBuild,
    given: { tags: ["latest"] },
    why: 'the registry has no build of "develop"',
  },
];

describe("the choice of a tag", () => {
  test.for(rows)("must be the one that $what", ({ policy, given, chosen, why }) => {
    const choice = chooseTag(policy, situation(given));
    expect(choice).toEqual({ ...(chosen === undefined ? {} : { chosen }), why, skipped: [] });
  });

  test("must skip builds that failed, newest first, and name them", () => {
    const tags = ["58-develop", "61-develop", "59-develop", "60-develop", "57-develop"];
    const failed = new Set(["61-develop", "60-develop", "57-develop"]);
    expect(chooseTag(newestBuild, situation({ current: "58-develop", tags, failed }))).toEqual({
      chosen: "59-develop",
      why: 'the newest build of "develop"',
      skipped: [
        { tag: "61-develop", reason: "it failed here before" },
        { tag: "60-develop", reason: "it failed here before" },
      ],
    });
  });

  test("must be none when all that is newer has failed", () => {
    const given = {
      current: "58-develop",
      tags: ["59-develop", "58-develop"],
      failed: new Set(["59-develop"]),
    };
    expect(chooseTag(newestBuild, situation(given))).toEqual({
      why: 'every newer build of "develop" failed here before',
      skipped: [{ tag: "59-develop", reason: "it failed here before" }],
    });
  });

  test("81: must be the newest by number whatever the order of the registry", () => {
    const tags = ["7-develop", "007-develop", "6-develop"];
    const choose = (given: readonly string[]) => chooseTag(newestBuild, situation({ tags: given })).chosen;
    expect(choose(tags)).toBe("007-develop");
    expect(choose(tags.toReversed())).toBe("007-develop");
    expect(choose(["99-develop", "100-develop", "200-master", "9-feature__x", "latest"])).toBe("100-develop");
  });
});

describe("the policy of an image", () => {
  const images = {
    own: ["myrepo/*"],
    policies: [
      { pattern: "myrepo/*", policy: newestDate },
      { pattern: "*/*", policy: semver("1") },
      { pattern: "myrepo/legacy", policy: { kind: "pinned", tag: "58-develop" } },
    ] as const,
  };

  test.for([
    ["myrepo/legacy", "pinned"],
    ["myrepo/web", "newest-date"],
    ["vendor/tool", "semver"],
    ["redis", "fixed"],
  ] as const)("%s must be %s", ([name, kind]) => {
    expect(policyOf(name, images).kind).toBe(kind);
  });

  test("must be the newest build for own images that no rule is about", () => {
    expect(policyOf("myrepo/web", { own: ["myrepo/*"], policies: [] })).toEqual(newestBuild);
  });
});

describe("a range of versions", () => {
  test.for([
    [">=1.2 <2", ["1.2.0", "1.99.0"], ["1.1.9", "2.0.0", "2.0.0-rc.1", "1.3.0-rc.1"]],
    ["> 1.2", ["1.3.0"], ["1.2.9"]],
    [">1.2.3", ["1.2.4"], ["1.2.3"]],
    ["<=1.2", ["1.2.9", "0.1.0"], ["1.3.0"]],
    ["<=1.2.3", ["1.2.3"], ["1.2.4"]],
    ["=1.2.3", ["1.2.3"], ["1.2.4", "1.2.3-a"]],
    ["v1.2", ["1.2.0", "1.2.9"], ["1.3.0", "1.1.0"]],
    ["1.x", ["1.0.0", "1.9.9"], ["2.0.0"]],
    ["*", ["0.0.0", "9.9.9"], ["1.0.0-a"]],
    ["<*", [], ["0.0.0"]],
    ["^1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0"]],
    ["^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0"]],
    ["^0.0.3", ["0.0.3"], ["0.0.4"]],
    ["^0.0", ["0.0.9"], ["0.1.0"]],
    ["^0", ["0.9.0"], ["1.0.0"]],
    ["~1.2.3", ["1.2.3", "1.2.9"], ["1.3.0"]],
    ["~1", ["1.9.9"], ["2.0.0"]],
    ["1.2.3 || >=3", ["1.2.3", "3.0.0"], ["2.0.0"]],
    [">=1.3.0-rc.1", ["1.3.0-rc.1", "1.3.0-rc.2", "1.3.0", "1.4.0"], ["1.3.0-alpha", "1.4.0-rc.1"]],
    [">=1.9007199254740993", ["1.9007199254740993.0"], ["1.9007199254740992.0"]],
  ] as const)("%s must allow %j and not %j", ([text, inside, outside]) => {
    const range = parseVersionRange(text);
    const allowed = (tag: string) => {
      const version = parseVersion(tag);
      return typeof range !== "string" && version !== undefined && isInRange(version, range);
    };
    expect(inside.filter((tag) => !allowed(tag))).toEqual([]);
    expect(outside.filter(allowed)).toEqual([]);
  });

  test.for(["", "1 ||", "one", "1.x.3", "01.2.3", "1.2.3.4", "1.2-rc", "=>1", "1.2.3-01", "1 - 2"])(
    "must not be %j",
    (text) => {
      expect(parseVersionRange(text)).toBeTypeOf("string");
    },
  );
});
