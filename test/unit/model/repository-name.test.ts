import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sameRepository } from "../../../src/model/repository-name.ts";

describe("two spellings of a repository", () => {
  const same = [
    "https://git.example.com/ops/config.git",
    "https://git.example.com/ops/config",
    "https://git.example.com:8443/ops/config/",
    "https://ci:token@git.example.com/ops/config.git",
    "HTTPS://GIT.example.com/Ops/Config.git",
    "ssh://git@git.example.com/ops/config",
    "ssh://git@git.example.com:2222/ops/config.git",
    "git@git.example.com:ops/config.git",
    "git@git.example.com:/ops/config.git",
    "git.example.com:ops/config",
    "ops/config",
    "/ops/config/",
    "Ops/config.git",
  ];
  const pairs = same.flatMap((a) => same.map((b) => [a, b] as const));
  test.for(pairs)("must be the same: %s and %s", ([a, b]) => {
    expect(sameRepository(a, b)).toBe(true);
  });

  test.for([
    ["https://git.example.com/ops/config", "https://git.example.com/ops/config2"],
    ["https://git.example.com/ops/config", "https://git.example.org/ops/config"],
    ["https://git.example.com/ops/config", "https://git.example.com/team/ops/config"],
    ["https://git.example.com/ops/config", "git@git.example.org:ops/config"],
    ["https://git.example.com/ops/config", "ops/config/x"],
    ["https://git.example.com/devops/config", "ops/config"],
    ["https://git.example.com/ops/config", "config"],
    ["ops/config", "team/ops/config"],
    ["ops/config", "ops-config"],
    ["ops/config", ""],
    ["", ""],
    ["https://git.example.com", "https://git.example.com/"],
    ["https://", "https://"],
    ["https://git.example.com/ops/config?x=ops/web", "ops/web"],
    ["https://evil.example/x#@git.example.com/ops/config", "https://git.example.com/ops/config"],
  ] as const)("must differ: %s and %s", ([a, b]) => {
    expect([sameRepository(a, b), sameRepository(b, a)]).toEqual([false, false]);
  });

  test("must fit at the end of a server's path when one is no URL", () => {
    expect(sameRepository("https://example.com/gitea/ops/config.git", "ops/config")).toBe(true);
    expect(sameRepository("ops/config", "git@example.com:group/ops/config")).toBe(true);
  });

  test("must be compared both ways alike, whatever they are", () => {
    const word = fc.oneof(fc.string(), fc.constantFrom(...same), fc.webUrl());
    fc.assert(fc.property(word, word, (a, b) => sameRepository(a, b) === sameRepository(b, a)));
    expect(sameRepository("x/".repeat(50_000), "a@b:".repeat(50_000))).toBe(false);
  });
});
