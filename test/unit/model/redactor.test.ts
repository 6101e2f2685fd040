import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Redactor } from "../../../src/model/redactor.ts";
import { canaries, tracesIn } from "../../support/canaries.ts";

function redactorOf(...values: readonly string[]): Redactor {
  const redactor = new Redactor();
  redactor.add(values);
  return redactor;
}

describe("the redactor", () => {
  test("must find 54 canaries in a text that the tests can find them in", () => {
    expect(new Set(canaries).size).toBe(54);
    expect(tracesIn(canaries.join(" "))).toHaveLength(54);
  });

  const writers: readonly (readonly [string, (value: string) => string])[] = [
    ["as it stands", (value) => value],
    ["inside a sentence", (value) => `login with ${value} failed`],
    ["in JSON", (value) => JSON.stringify({ a: value })],
    ["in JSON in JSON", (value) => JSON.stringify({ a: JSON.stringify({ b: value }) })],
    ["in JSON in JSON in JSON", (value) => JSON.stringify(JSON.stringify(JSON.stringify(value)))],
    [
      "in JSON in ASCII",
      (value) =>
        JSON.stringify(value).replace(
          /[^ -~]/g,
          (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
        ),
    ],
    [
      "in JSON as Go writes it",
      (value) =>
        JSON.stringify(value)
          .replaceAll("<", "\\u003c")
          .replaceAll(">", "\\u003e")
          .replaceAll("&", "\\u0026")
          .replaceAll("\u2028", "\\u2028")
          .replaceAll("\u2029", "\\u2029"),
    ],
    ["percent-encoded", (value) => `https://h/?q=${encodeURIComponent(value)}`],
    [
      "percent-encoded in lower case",
      (value) => encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase()),
    ],
    ["as a form", (value) => new URLSearchParams({ q: value }).toString()],
    ["as the user of a URL", (value) => `https://${encodeURIComponent(value)}@h/`],
    ["in base64", (value) => Buffer.from(value).toString("base64")],
    ["in base64 for URLs", (value) => Buffer.from(value).toString("base64url")],
    ["as basic credentials", (value) => `Basic ${Buffer.from(`user:${value}`).toString("base64")}`],
    ["in base64 one byte behind", (value) => Buffer.from(`x${value} and more`).toString("base64")],
    ["in base64 two bytes behind", (value) => Buffer.from(`xy${value}`).toString("base64")],
  ];
  test.for(writers)("must leave no trace of a value %s", ([, write]) => {
    const { redact } = redactorOf(...canaries);
    const shown = canaries.map((value) => redact(write(value)));
    expect(shown.filter((text) => !text.includes("***"))).toEqual([]);
    expect(shown.flatMap(tracesIn)).toEqual([]);
    expect(shown.filter((text) => /canary/i.test(text))).toEqual([]);
  });

  test("must mask each line of a value by itself, because logs come in lines", () => {
    const key = "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA7\n8aDFgh2kWq==\n-----END KEY-----\n";
    const { redact } = redactorOf(key);
    expect(redact("app: MIIEowIBAAKCAQEA7")).toBe("app: ***");
    expect(redact("app: 8aDFgh2kWq==")).toBe("app: ***");
    expect(redact(`[${key.trim()}]`)).toBe("[***]");
  });

  test("must take the longest of several values, and leave no rest of values that overlap", () => {
    const { redact } = redactorOf("secret", "secret-long", "abcdef", "defghi");
    expect(redact("secret-long secret")).toBe("*** ***");
    expect(redact("xabcdefghix")).toBe("x***x");
  });

  test("must leave alone what is too short to be masked, and take values at any time", () => {
    const redactor = redactorOf("", "ab");
    expect(redactor.redact("ab about")).toBe("ab about");
    redactor.add(["about"]);
    redactor.add(["about"]);
    expect(redactor.redact("ab about")).toBe("ab ***");
  });

  test.for([
    ["clone https://user:pass@example.com/x failed", "clone https://***@example.com/x failed"],
    ["https://ghp_0123@github.com/a", "https://***@github.com/a"],
    ["https://user:p@ss@example.com/", "https://***@example.com/"],
    ["postgres://u:p:q@db:5432/x", "postgres://***@db:5432/x"],
    ['{"url":"https:\\/\\/u:p@h\\/x"}', '{"url":"https:\\/\\/***@h\\/x"}'],
    ["ssh://git@example.com/x", "ssh://git@example.com/x"],
    ["git@example.com:x/y", "git@example.com:x/y"],
    ["https://example.com/@scope/x@1.0", "https://example.com/@scope/x@1.0"],
    ["https://***@example.com", "https://***@example.com"],
    ["a@b.c and https://example.com", "a@b.c and https://example.com"],
  ] as const)("must take the credentials out of %j", ([text, expected]) => {
    expect(new Redactor().redact(text)).toBe(expected);
  });

  test("must leave no value in any text around any values, and nothing else out", () => {
    const value = fc.string({ minLength: 3, maxLength: 12, unit: "binary" });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), fc.array(fc.string()), (values, rest) => {
        const { redact } = redactorOf(...values);
        const secrets = values.filter((one) => !"***".includes(one) && !one.includes("*"));
        const text = [...rest, ...secrets, ...rest, ...secrets.map((one) => JSON.stringify(one))].join("");
        const shown = redact(text);
        expect(secrets.filter((one) => shown.split("***").some((part) => part.includes(one)))).toEqual([]);
        expect(redactorOf().redact(rest.join("").replaceAll("@", ""))).toBe(
          rest.join("").replaceAll("@", ""),
        );
      }),
      { numRuns: 300 },
    );
  });
});
