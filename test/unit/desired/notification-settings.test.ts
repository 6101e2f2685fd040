import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSettings } from "../../../src/desired/settings-file.ts";
import { noticeKinds } from "../../../src/model/daemon-settings.ts";

const secrets = "secrets: [HOOK_URL, HOOK_SIGN, CHAT_URL]\n";

function mistakes(text: string): readonly string[] {
  return parseSettings(secrets + text).diagnostics.map(
    ({ position, code, message, hint }) =>
      `${position.line}:${position.column} ${code} ${message}${hint === undefined ? "" : ` | ${hint}`}`,
  );
}

describe("notifications of mysysconfig.yaml", () => {
  test("must be read with their defaults, sorted by name", () => {
    const { value, diagnostics } = parseSettings(`${secrets}notifications:
  pager: { kind: webhook, url: HOOK_URL, sign: HOOK_SIGN, on: [silence, failure], silentIntervals: 10 }
  chat: { kind: slack, url: CHAT_URL }
`);
    expect(diagnostics).toEqual([]);
    expect(value?.daemon.notifications).toMatchObject([
      { name: "chat", kind: "slack", urlSecret: "CHAT_URL", on: noticeKinds, silentIntervals: 3 },
      {
        name: "pager",
        kind: "webhook",
        urlSecret: "HOOK_URL",
        signingSecret: "HOOK_SIGN",
        on: ["failure", "silence"],
        silentIntervals: 10,
        position: { line: 3, column: 3 },
      },
    ]);
  });

  test("must be what docs/observe.md shows", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/observe.md"), "utf8");
    const [, example = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const { value, diagnostics } = parseSettings(example);
    expect(diagnostics).toEqual([]);
    expect(value?.daemon.notifications.map(({ name }) => name)).toEqual(["chat", "pager"]);
  });

  test.for(["notifications:\n", "notifications: {}\n"])("must be none in %j", (text) => {
    const { value, diagnostics } = parseSettings(text);
    expect(diagnostics).toEqual([]);
    expect(value?.daemon.notifications).toEqual([]);
  });

  test.for([
    {
      text: "{ kind: slack, url: CHAT_URL, sing: x }",
      mistake: '2:51 unknown-key unknown key "sing" in notifications.a | did you mean "sign"?',
    },
    {
      text: "{ url: CHAT_URL }",
      mistake: "2:18 missing-key notifications.a needs kind | one of: webhook, slack",
    },
    {
      text: "{ kind: slak, url: CHAT_URL }",
      mistake: '2:29 unknown-value notifications.a.kind cannot be "slak" | did you mean "slack"?',
    },
    {
      text: "{ kind: slack }",
      mistake: "2:18 missing-key notifications.a needs url | write the name of the secret that holds it",
    },
    {
      text: "{ kind: slack, url: }",
      mistake: "2:18 missing-key notifications.a needs url | write the name of the secret that holds it",
    },
    {
      text: "{ kind: webhook, url: HOOK_URL }",
      mistake:
        "2:18 missing-key notifications.a needs sign | write the name of the secret that signs: whsec_ and 24 to 64 random bytes in base64",
    },
    {
      text: "{ kind: slack, url: CHAT_URL, sign: HOOK_SIGN }",
      mistake: "2:57 not-used notifications.a.sign: messages of kind slack are not signed | remove it",
    },
    {
      text: "{ kind: slack, url: CHAT_URLS }",
      mistake:
        '2:41 unknown-secret notifications.a.url: there is no secret "CHAT_URLS" | did you mean "CHAT_URL"?',
    },
    {
      text: "{ kind: slack, url: OTHER }",
      mistake:
        '2:41 unknown-secret notifications.a.url: there is no secret "OTHER" | list it under secrets: [OTHER]',
    },
    {
      text: "{ kind: slack, url: CHAT_URL, on: failure }",
      mistake:
        '2:55 wrong-type notifications.a.on must be a list, not "failure" | write - ITEM, one a line, or [a, b]',
    },
    {
      text: "{ kind: slack, url: CHAT_URL, on: [] }",
      mistake:
        "2:55 empty-list notifications.a.on names nothing to tell | some of: failure, recovery, rollback, drift, silence",
    },
    {
      text: "{ kind: slack, url: CHAT_URL, on: [drift, drift] }",
      mistake: '2:63 duplicate-name notifications.a.on: "drift" is listed twice | remove one of the two',
    },
    {
      text: "{ kind: slack, url: CHAT_URL, on: [failures] }",
      mistake:
        '2:56 unknown-value an item of notifications.a.on cannot be "failures" | did you mean "failure"?',
    },
    {
      text: "{ kind: slack, url: CHAT_URL, silentIntervals: 0 }",
      mistake:
        "2:68 out-of-range notifications.a.silentIntervals must be a whole number from 1 to 10000, not 0 | write a number within these bounds",
    },
    {
      text: "[]",
      mistake:
        "2:21 wrong-type notifications.a must be a mapping, not a list | write NAME: VALUE, one a line",
    },
  ])("must refuse $text", ({ text, mistake }) => {
    expect(mistakes(`notifications: { a: ${text} }\n`)).toEqual([mistake]);
  });

  test("must refuse a name that cannot be a label", () => {
    expect(mistakes("notifications: { 'A b': { kind: slack, url: CHAT_URL } }\n")).toEqual([
      '2:18 invalid-name notification "A b" is no valid name | lowercase letters, digits, - _ and ., starting with a letter or digit, at most 63',
    ]);
  });

  test("must not repeat a URL that stands where the name of a secret belongs", () => {
    const url = "https://hooks.example.com/T0/B0/abcdef";
    const { diagnostics } = parseSettings(`notifications: { a: { kind: slack, url: "${url}" } }\n`);
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics).toMatchObject([{ code: "invalid-name", isConfidential: true }]);
    expect(JSON.stringify(diagnostics)).not.toContain("hooks.example.com");
  });

  test("must find every mistake in one pass", () => {
    const found = mistakes(
      "notifications: { a: { kind: x, url: y, on: [z], silentIntervals: -1, w: 1 }, b: 1 }\n",
    );
    expect(found).toHaveLength(6);
  });

  test("must never throw, and never give a target without a URL", () => {
    const word = fc.constantFrom(
      "kind",
      "url",
      "sign",
      "on",
      "slack",
      "webhook",
      "HOOK_URL",
      "HOOK_SIGN",
      "[]",
      "{",
      "failure",
      "1",
      ":",
      "~",
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const { value } = parseSettings(`${secrets}notifications: { a: { ${words.join(" ")} } }\n`);
        const urls = (value?.daemon.notifications ?? []).map(({ urlSecret }) => urlSecret);
        expect(urls.every((name) => name === "HOOK_URL")).toBe(true);
      }),
    );
  });
});
