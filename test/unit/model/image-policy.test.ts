import { describe, expect, test } from "vitest";
import { judgeImage } from "../../../src/model/image-policy.ts";

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
