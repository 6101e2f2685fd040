import fc from "fast-check";
import { expect, test } from "vitest";
import { matchesUnit } from "../../../src/unit/unit-pattern.ts";

test.for([
  ["web@*.service", "web@1.service", true],
  ["web@*", "web@1.service", true],
  ["web@*", "web.service", false],
  ["*", "web.service", true],
  ["**", "web.service", true],
  ["*", "shop/web", false],
  ["?eb.service", "web.service", true],
  ["?", "", false],
  ["", "", true],
  ["", "a", false],
  ["web", "web.service", false],
  ["web.service", "web.service", true],
  ["web.service", "webxservice", false],
  ["web@[0-9].service", "web@7.service", true],
  ["web@[^0-9].service", "web@7.service", false],
  ["web@[^0-9].service", "web@a.service", true],
  ["web@[abx-z].service", "web@y.service", true],
  ["a[\\]\\-]b", "a-b", true],
  ["a[\\]-]b", "a-b", undefined],
  ["a\\*b", "a*b", true],
  ["a\\*b", "axb", false],
  ["*a*b*c", "xxaxxbxxc", true],
  ["*a*b*c", "xxaxxcxxb", false],
  ["web@[", "web@1", undefined],
  ["web\\", "web", undefined],
  ["web@[]", "web@1", undefined],
] as const)("%s must fit %s as Go says: %s", ([pattern, name, expected]) => {
  expect(matchesUnit(pattern, name)).toBe(expected);
});

test("must take no longer than the lengths say", () => {
  expect(matchesUnit(`${"*a".repeat(2000)}b`, "a".repeat(5000))).toBe(false);
});

test("must not throw, and find a name that is a pattern of its own", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (pattern, name) => {
      matchesUnit(pattern, name);
      expect(matchesUnit(name.replace(/[*?[\]\\]/g, "\\$&"), name)).toBe(true);
      expect(matchesUnit("*", name)).toBe(!name.includes("/"));
    }),
  );
});
