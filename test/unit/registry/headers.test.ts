import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { retryAfterMs } from "../../../src/lib/retry-after.ts";
import { parseChallenges } from "../../../src/registry/challenge.ts";
import { nextLink } from "../../../src/registry/link-header.ts";

const read = (header: string | undefined) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

describe("challenges", () => {
  test.for([
    [undefined, []],
    ["", []],
    ["Basic", [["basic", {}]]],
    ['basic Realm="a b"', [["basic", { realm: "a b" }]]],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      [
        [
          "bearer",
          {
            realm: "https://auth.docker.io/token",
            service: "registry.docker.io",
            scope: "repository:a/b:pull,push",
          },
        ],
      ],
    ],
    [
      'Basic realm="one, two", Bearer realm=plain , service = "x\\"y\\\\z"',
      [
        ["basic", { realm: "one, two" }],
        ["bearer", { realm: "plain", service: 'x"y\\z' }],
      ],
    ],
    [
      "Negotiate, Basic realm=x",
      [
        ["negotiate", {}],
        ["basic", { realm: "x" }],
      ],
    ],
    ['Bearer realm="never closed', [["bearer", {}]]],
    ['Bearer error="",,realm=x', [["bearer", { error: "", realm: "x" }]]],
    ['"Bearer" realm=x', []],
  ] as const)("must be read from %s", ([header, challenges]) => {
    expect(read(header)).toEqual(challenges);
  });

  test("must be read from their own writing, and from anything without end or error", () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/);
    const value = fc.string().filter((text) => !/[\r\n]/.test(text));
    const challenge = fc.tuple(
      name,
      fc.dictionary(name, value, { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
    );
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 3 }), (challenges) => {
        const quote = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
        const header = challenges.map(([scheme, parameters]) => {
          const pairs = Object.entries(parameters).map(([key, text]) => `${key}=${quote(text)}`);
          return `${scheme} ${pairs.join(", ")}`;
        });
        expect(read(header.join(", "))).toEqual(challenges);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aB =,"\\;\t') }), (header) => {
        expect(parseChallenges(header).length).toBeLessThanOrEqual(header.length);
      }),
    );
  });
});

describe("the link to the next page", () => {
  test.for([
    [undefined, undefined],
    ["", undefined],
    ['</v2/a/tags/list?last=1&n=2>; rel="next"', "/v2/a/tags/list?last=1&n=2"],
    ["<https://r/v2/a?x=1,2;y>;rel=next", "https://r/v2/a?x=1,2;y"],
    ['</a>; rel="prev", </b>; title="<x>, y"; REL="start Next"', "/b"],
    ['</a>; rel="nextish"', undefined],
    ['</a>; title="rel=next"', undefined],
    ["</a>", undefined],
    ["</a", undefined],
  ] as const)("must be read from %s", ([header, target]) => {
    expect(nextLink(header)).toBe(target);
  });
});

describe("the time that a busy server names", () => {
  const now = new Date("2026-03-04T05:06:07Z");
  test.for([
    [undefined, undefined],
    ["", undefined],
    ["0", 0],
    [" 120 ", 120_000],
    ["-5", undefined],
    ["1.5", undefined],
    ["soon", undefined],
    ["99999999999999", undefined],
    ["Wed, 04 Mar 2026 05:07:07 GMT", 60_000],
    ["Wednesday, 04-Mar-26 05:07:07 GMT", 60_000],
    ["Wed, 04 Mar 2026 05:00:00 GMT", 0],
    ["2026-03-04", undefined],
  ] as const)("must be read from %s as %s ms", ([header, ms]) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});
