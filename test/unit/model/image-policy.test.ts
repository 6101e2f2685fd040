import { describe, expect, test } from "vitest";
import { branchAsTag, judgeImage, parseBuildTag } from "../../../src/model/image-policy.ts";

const policy = { own: ["myrepo/*", "ghcr.io/team/**"], branch: "develop" };

describe("an image", () => {
  test.for([
    ["myrepo/web:58-develop", "myrepo/web:58-develop"],
    ["myrepo/web:v1.2.3", "myrepo/web:v1.2.3"],
    ["docker.io/myrepo/web:58-develop", "myrepo/web:58-develop"],
    ["ghcr.io/team/a/b:1-develop", "ghcr.io/team/a/b:1-develop"],
    ["other/web:3-master", "other/web:3-master"],
    ["nginx:1.27", "nginx:1.27"],
    [`myrepo/web@sha256:${"a".repeat(64)}`, `myrepo/web@sha256:${"a".repeat(64)}`],
  ] as const)("%s must be run as %s", ([text, reference]) => {
    expect(judgeImage(text, policy)).toEqual({ reference });
  });

  test.for(["myrepo/web", "myrepo/web:latest", "ghcr.io/team/a/b"])(
    "%s of our own must not go without a build",
    (text) => {
      const { reference, error, hint } = judgeImage(text, policy);
      expect(reference).toBeUndefined();
      expect(error).toBe(`own image "${text}" has no build tag`);
      expect(hint).toContain("<build number>-develop");
    },
  );

  test("of our own must not be a build of another branch", () => {
    expect(judgeImage("myrepo/web:58-master", policy)).toEqual({
      error:
        'image "myrepo/web:58-master" is a build of branch "master", but this environment runs "develop"',
      hint: "use a build that ends in -develop",
    });
    expect(
      judgeImage("myrepo/web:58-feature-x", { own: ["myrepo/*"], branch: "feature/x" }).reference,
    ).toBeDefined();
    expect(judgeImage("myrepo/web:58-master", { own: ["myrepo/*"] }).reference).toBeDefined();
  });

  test("of our own must not be a build of another branch with a digest beside it either", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    expect(judgeImage(`myrepo/web:58-master@${digest}`, policy).error).toContain(
      'a build of branch "master"',
    );
    expect(judgeImage(`myrepo/web:58-develop@${digest}`, policy).reference).toBeDefined();
  });

  test("of our own may be a build of exactly the branches that are promoted here", () => {
    const acceptance = { own: ["myrepo/*"], branch: "acceptance", promotesFrom: ["develop", "release/2"] };
    for (const tag of ["58-acceptance", "58-develop", "3-release-2"])
      expect(judgeImage(`myrepo/web:${tag}`, acceptance)).toEqual({ reference: `myrepo/web:${tag}` });
    expect(judgeImage("myrepo/web:58-master", acceptance)).toEqual({
      error:
        'image "myrepo/web:58-master" is a build of branch "master", but this environment runs "acceptance" and "develop" and "release/2"',
      hint: "use a build that ends in -acceptance or -develop or -release-2",
    });
    expect(judgeImage("myrepo/web", acceptance).error).toBeDefined();
  });

  test("of others without a tag must run as latest, with a warning", () => {
    expect(judgeImage("nginx", policy)).toEqual({
      reference: "nginx:latest",
      warning: 'image "nginx" has no tag and runs as "latest"',
      hint: "pin it: nginx:<version>",
    });
    expect(judgeImage("myrepo/deep/web", policy).warning).toBeDefined();
  });

  test("must be a reference at all", () => {
    expect(judgeImage("Not Valid", policy).error).toMatch(/^image "Not Valid" is not a valid reference: /);
  });

  test("must be matched by patterns as they are written, not as regular expressions", () => {
    expect(judgeImage("myrepoXa", { own: ["myrepo.a"] }).error).toBeDefined();
    expect(judgeImage("myrepoxa", { own: ["myrepo.a"] }).warning).toBeDefined();
    expect(judgeImage("ab", { own: ["a+b", "(ab)", "[ab]b"] }).warning).toBeDefined();
  });
});

test.for([
  ["58-develop", { build: 58, branch: "develop" }],
  ["007-feature-x", { build: 7, branch: "feature-x" }],
  ["58", undefined],
  ["58-", undefined],
  ["v58-develop", undefined],
  ["-develop", undefined],
] as const)("the tag %j must be the build %j", ([tag, build]) => {
  expect(parseBuildTag(tag)).toEqual(build);
});

test.for([
  ["develop", "develop"],
  ["feature/a b", "feature-a-b"],
  ["fix_1.2", "fix_1.2"],
] as const)("the branch %j must be written %j in a tag", ([branch, tag]) => {
  expect(branchAsTag(branch)).toBe(tag);
});
