import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { familiarName, familiarReference, parseImageRef } from "../../../src/model/image-ref.ts";

const digest = `sha256:${"0a".repeat(32)}`;

describe("an image reference", () => {
  test.for([
    ["nginx", { registry: "docker.io", path: "library/nginx" }, "nginx", "nginx:latest"],
    ["nginx:1.27", { registry: "docker.io", path: "library/nginx", tag: "1.27" }, "nginx", "nginx:1.27"],
    [
      "myrepo/web:58-develop",
      { registry: "docker.io", path: "myrepo/web", tag: "58-develop" },
      "myrepo/web",
      "myrepo/web:58-develop",
    ],
    ["docker.io/library/nginx", { registry: "docker.io", path: "library/nginx" }, "nginx", "nginx:latest"],
    ["docker.io/nginx", { registry: "docker.io", path: "library/nginx" }, "nginx", "nginx:latest"],
    ["index.docker.io/a/b:1", { registry: "docker.io", path: "a/b", tag: "1" }, "a/b", "a/b:1"],
    ["localhost/a:1", { registry: "localhost", path: "a", tag: "1" }, "localhost/a", "localhost/a:1"],
    [
      "localhost:5000/a/b",
      { registry: "localhost:5000", path: "a/b" },
      "localhost:5000/a/b",
      "localhost:5000/a/b:latest",
    ],
    [
      "ghcr.io/a/b/c:v1_2.x-y",
      { registry: "ghcr.io", path: "a/b/c", tag: "v1_2.x-y" },
      "ghcr.io/a/b/c",
      "ghcr.io/a/b/c:v1_2.x-y",
    ],
    ["[::1]:5000/a:1", { registry: "[::1]:5000", path: "a", tag: "1" }, "[::1]:5000/a", "[::1]:5000/a:1"],
    [`a/b@${digest}`, { registry: "docker.io", path: "a/b", digest }, "a/b", `a/b@${digest}`],
    [`a/b:1@${digest}`, { registry: "docker.io", path: "a/b", tag: "1", digest }, "a/b", `a/b:1@${digest}`],
    [
      "a__b--c/d.e_f",
      { registry: "docker.io", path: "a__b--c/d.e_f" },
      "a__b--c/d.e_f",
      "a__b--c/d.e_f:latest",
    ],
  ] as const)("%s must be read as Docker reads it", ([text, ref, name, reference]) => {
    const parsed = parseImageRef(text);
    expect(parsed).toEqual(ref);
    if (typeof parsed === "string") return;
    expect(familiarName(parsed)).toBe(name);
    expect(familiarReference(parsed)).toBe(reference);
  });

  test.for([
    ["", 'invalid repository name ""'],
    ["Nginx", 'repository name "Nginx" must be lowercase'],
    ["myrepo/Web:1", 'repository name "myrepo/Web" must be lowercase'],
    ["a b", 'invalid repository name "a b"'],
    ["a//b", 'invalid repository name "a//b"'],
    ["/a", 'invalid repository name "/a"'],
    ["a/", 'invalid repository name "a/"'],
    ["-a", 'invalid repository name "-a"'],
    ["a:", 'invalid tag ""'],
    ["a:-1", 'invalid tag "-1"'],
    [`a:${"x".repeat(129)}`, `invalid tag "${"x".repeat(129)}"`],
    ["a@sha256:12", 'invalid digest "sha256:12"'],
    ["a@", 'invalid digest ""'],
    ["reg_istry.io:5000/a", 'invalid registry "reg_istry.io:5000"'],
    ["http://a/b", 'invalid registry "http:"'],
  ] as const)("%j must be refused: %s", ([text, reason]) => {
    expect(parseImageRef(text)).toBe(reason);
  });

  test("that was read must read the same again when it is written out", () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,6}$/);
    const written = fc.tuple(
      fc.option(fc.constantFrom("ghcr.io", "localhost:5000")),
      fc.array(part, { minLength: 1, maxLength: 3 }),
      fc.option(part),
    );
    fc.assert(
      fc.property(written, ([host, parts, tag]) => {
        const ref = parseImageRef(
          `${host === null ? "" : `${host}/`}${parts.join("/")}${tag === null ? "" : `:${tag}`}`,
        );
        if (typeof ref === "string") throw new Error(ref);
        expect(parseImageRef(familiarReference(ref))).toEqual({ ...ref, tag: ref.tag ?? "latest" });
      }),
    );
  });

  test("must never make reading throw", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseImageRef(text)).toBeDefined();
      }),
    );
  });
});
