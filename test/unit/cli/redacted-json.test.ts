import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redactedJson, redactedStableJson } from "../../../src/cli/redacted-json.ts";
import { redactValues } from "../../../src/model/fingerprint.ts";

const hiding = (secret: string) => (text: string) => redactValues(text, [secret]);

describe("a document without secrets", () => {
  test("must be JSON with every text and name masked, whatever the secret looks like", () => {
    const document = (hidden: string) => ({ a: `-${hidden}-`, [`-${hidden}`]: [JSON.stringify(hidden)] });
    fc.assert(
      fc.property(fc.string({ minLength: 10 }), (secret) => {
        const expected = { a: "-***-", "-***": ['"***"'] };
        expect(JSON.parse(redactedJson(document(secret), hiding(secret)))).toEqual(expected);
      }),
    );
  });

  test.for(["true", "null", "250", '","', "{}"])("must stay JSON when the secret is %j", (secret) => {
    const document = { on: true, off: null, limit: 250, near: 2500, words: ["a,b", {}] };
    const read: unknown = JSON.parse(redactedJson(document, hiding(secret)));
    expect(read).toEqual({ ...document, limit: secret === "250" ? "***" : 250 });
  });

  test("must have its names sorted on request, and what is absent left out", () => {
    expect(redactedStableJson({ b: 1, a: "hunter2", c: undefined }, hiding("hunter2"))).toBe(
      '{"a":"***","b":1}',
    );
  });
});
