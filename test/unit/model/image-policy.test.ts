import { describe, expect, test } from "vitest";
import { judgeImage } from "../../../src/model/image-policy.ts";
import type { TagPolicy } from "../../../src/model/tag-policy.ts";
import { parseVersionRange } from "../../../src/model/version-range.ts";

const policy = { own: ["myrepo/*", "ghcr.io/team/**"], branch: "develop" };

/** `semver` is `^1.2`, `pinned` is `stable`. */
function ruleOf(kind: string): TagPolicy {
  const range = parseVersionRange("^1.2");
  if (typeof range === "string") throw new Error(range);
  if (kind === "semver") return { kind, range, text: "^1.2" };
  if (kind === "pinned") return { kind, tag: "stable" };
  if (kind === "newest-build" || kind === "newest-date" || kind === "fixed") return { kind };
  throw new Error(`no policy is called ${kind}`);
}

describe("an image", () => {
  test.for([
    ["myrepo/web:58-develop", "myrepo/web:58-develop"],
    ["other/web:v1.2.3", "other/web:v1.2.3"],
    [`myrepo/web:v1.2.3@sha256:${"a".repeat(64)}`, `myrepo/web:v1.2.3@sha256:${"a".repeat(64)}`],
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

  test.for(["foo", "develop", "v1.2.3", "20150619", "16"])("of our own must not have the tag %s", (tag) => {
    expect(judgeImage(`myrepo/web:${tag}`, policy)).toEqual({
      error: `own image "myrepo/web:${tag}" has a tag that is no build tag`,
      hint: "write myrepo/web:<build number>-develop, or say under images.policies how the tags of myrepo/web move",
    });
    expect(judgeImage(`myrepo/web:${tag}`, { own: ["myrepo/*"] }).error).toBeDefined();
  });

  test.for<readonly [string, readonly string[], readonly string[]]>([
    ["newest-build", ["58-develop"], ["1.2.3", "20150619", "develop"]],
    ["newest-date", ["20150619", "20150619_1504"], ["1.2.3", "58-develop", "develop"]],
    ["semver", ["1.2.3", "v2.0.0"], ["1.2", "58-develop", "develop"]],
    ["pinned", ["stable", "58-develop"], ["1.2.3", "develop", "58-master"]],
    ["fixed", ["stable", "1.2", "20150619", "58-develop"], ["latest", "58-master"]],
  ])("of our own with the policy %s must have tags like %j, not like %j", ([kind, allowed, refused]) => {
    const ruled = { ...policy, policies: [{ pattern: "myrepo/web", policy: ruleOf(kind) }] };
    const errors = (tags: readonly string[]) =>
      tags.filter((tag) => judgeImage(`myrepo/web:${tag}`, ruled).error !== undefined);
    expect(errors(allowed)).toEqual([]);
    expect(errors(refused)).toEqual(refused);
    expect(judgeImage("myrepo/other:stable", ruled).error).toBeDefined();
  });

  test("of our own with a tag that is no build must run where an exception names exactly it", () => {
    const exceptions = [{ image: "myrepo/web:stable", reason: "until 1.9" }];
    expect(judgeImage("myrepo/web:stable", { ...policy, exceptions })).toEqual({
      reference: "myrepo/web:stable",
      warning:
        'own image "myrepo/web:stable" has a tag that is no build tag, which an exception allows: until 1.9',
    });
    expect(judgeImage("myrepo/web:develop", { ...policy, exceptions }).error).toBeDefined();
  });

  test("of our own must not be a build of another branch", () => {
    expect(judgeImage("myrepo/web:58-master", policy)).toEqual({
      error:
        'image "myrepo/web:58-master" is a build of branch "master", but this environment runs "develop"',
      hint: "use a build that ends in -develop",
    });
    expect(
      judgeImage("myrepo/web:58-feature__x", { own: ["myrepo/*"], branch: "feature/x" }).reference,
    ).toBeDefined();
    expect(judgeImage("myrepo/web:58-feature-x", { own: ["myrepo/*"], branch: "feature/x" }).error).toContain(
      'build of branch "feature-x"',
    );
    expect(judgeImage("myrepo/web:58-master", { own: ["myrepo/*"] }).reference).toBeDefined();
  });

  test("of our own must not be a build of another branch behind a digest either", () => {
    const pinned = `@sha256:${"a".repeat(64)}`;
    expect(judgeImage(`myrepo/web:58-master${pinned}`, policy).error).toContain('build of branch "master"');
    expect(judgeImage(`myrepo/web:58-develop${pinned}`, policy)).toEqual({
      reference: `myrepo/web:58-develop${pinned}`,
    });
  });

  test("of another branch must run where an exception allows exactly this build, and say why", () => {
    const exceptions = [{ image: "docker.io/myrepo/shared:12-master", reason: "until 1.9" }];
    const excepted = { ...policy, exceptions };
    expect(judgeImage("myrepo/shared:12-master", excepted)).toEqual({
      reference: "myrepo/shared:12-master",
      warning:
        'image "myrepo/shared:12-master" is a build of branch "master", which an exception allows: until 1.9',
    });
    expect(judgeImage(`myrepo/shared:12-master@sha256:${"a".repeat(64)}`, excepted).error).toBeUndefined();
    expect(judgeImage("myrepo/shared:13-master", excepted).error).toBeDefined();
    expect(judgeImage("myrepo/web:12-master", excepted).error).toBeDefined();
  });

  test("that an exception names with a digest must have this digest", () => {
    const [a, b] = ["a", "b"].map((letter) => `@sha256:${letter.repeat(64)}`);
    const exceptions = [{ image: `myrepo/shared:12-master${a}`, reason: "until 1.9" }];
    expect(judgeImage(`myrepo/shared:12-master${a}`, { ...policy, exceptions }).error).toBeUndefined();
    expect(judgeImage(`myrepo/shared:12-master${b}`, { ...policy, exceptions }).error).toBeDefined();
    expect(judgeImage("myrepo/shared:12-master", { ...policy, exceptions }).error).toBeDefined();
  });

  test("of our own may be a build of exactly the branches that are promoted here", () => {
    const acceptance = { own: ["myrepo/*"], branch: "acceptance", promotesFrom: ["develop", "release/2"] };
    for (const tag of ["58-acceptance", "58-develop", "3-release__2"])
      expect(judgeImage(`myrepo/web:${tag}`, acceptance)).toEqual({ reference: `myrepo/web:${tag}` });
    expect(judgeImage("myrepo/web:58-master", acceptance)).toEqual({
      error:
        'image "myrepo/web:58-master" is a build of branch "master", but this environment runs "acceptance" and "develop" and "release/2"',
      hint: "use a build that ends in -acceptance or -develop or -release__2",
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
