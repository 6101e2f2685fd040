import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NotificationSettings } from "../../../src/model/daemon-settings.ts";
import { slackBody } from "../../../src/notify/slack-message.ts";
import { resolveTargets } from "../../../src/notify/targets.ts";
import { messageId, webhookBody } from "../../../src/notify/webhook-message.ts";
import { notice, signingSecret } from "./builders.ts";

const slackText = (...args: Parameters<typeof slackBody>): string => JSON.parse(slackBody(...args)).text;

describe("a message of kind slack", () => {
  test("must read well", () => {
    expect(slackText({ notices: [notice()], missed: 0 })).toBe(
      [
        "*failed* web: never became healthy",
        "shop/develop on prod-1 · 3f2c1ab Fix it · run ab12cd34",
        "```",
        "exit code 1",
        "```",
      ].join("\n"),
    );
    const { run: _run, revision: _revision, ...bare } = notice({ kind: "recovery", details: [] });
    expect(slackText({ notices: [bare], missed: 2 })).toBe(
      "*recovered* web: never became healthy\nshop/develop on prod-1\n(2 earlier notices did not get through)",
    );
  });

  test("must escape what Slack reads as control characters, and call nobody", () => {
    const text = slackText({
      notices: [notice({ title: "<!channel> a & b @everyone", details: ["```<http://x|y>```", "@here"] })],
      missed: 0,
    });
    expect(text).toContain("&lt;!channel&gt; a &amp; b @\u200beveryone");
    expect(text).toContain("'''&lt;http://x|y&gt;'''\n@\u200bhere");
    expect(text.match(/```/g)).toHaveLength(2);
  });

  test("must say how many do not fit", () => {
    const notices = Array.from({ length: 20 }, (_, index) =>
      notice({ title: `t${index} ${"x".repeat(250)}` }),
    );
    const text = slackText({ notices, missed: 1 });
    expect(text).toMatch(/\n… and \d+ more\n\(1 earlier notice did not get through\)$/);
  });

  test.for(["&", "<", "`", "é", "@all ", "\n"])("must fit when it is full of %j", (character) => {
    const full = character.repeat(2_000);
    const worst = notice({
      title: full,
      details: Array.from({ length: 20 }, () => full),
      revision: full,
      host: full,
    });
    const text = slackText({ notices: [worst, worst, worst], missed: 1 });
    expect(text).toMatch(/^\*failed\*/);
    expect(text).toMatch(/\n… and 2 more\n/);
    expect(text.length).toBeLessThanOrEqual(2_000);
    expect(text.match(/```/g)?.length ?? 0).toBeLessThanOrEqual(2);
  });

  test("must never be longer than the shortest limit, and show the first notice", () => {
    const words = fc.string({
      maxLength: 2_000,
      unit: fc.constantFrom("a", "&", "<", "`", "\n", "@all", "é"),
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(words, fc.array(words, { maxLength: 20 })), { minLength: 1, maxLength: 30 }),
        (all) => {
          const text = slackText({
            notices: all.map(([title, details]) => notice({ title, details })),
            missed: 3,
          });
          expect(text.length).toBeLessThanOrEqual(2_000);
          expect(text).toMatch(/^\*failed\*/);
          expect(text.replaceAll(/&(amp|lt|gt);/g, "")).not.toMatch(/[<>&]/);
        },
      ),
    );
  });
});

describe("a message of kind webhook", () => {
  test("must have an id that stays the same for the same message to the same target", () => {
    const body = webhookBody({ notices: [notice()], missed: 0 });
    expect(messageId("a", body)).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(messageId("a", body)).toBe(messageId("a", webhookBody({ notices: [notice()], missed: 0 })));
    expect(messageId("b", body)).not.toBe(messageId("a", body));
    expect(messageId("a", webhookBody({ notices: [notice()], missed: 1 }))).not.toBe(messageId("a", body));
  });
});

describe("the targets of notifications", () => {
  const settings = (parts: Partial<NotificationSettings> = {}): NotificationSettings => ({
    name: "hook",
    kind: "webhook",
    urlSecret: "URL",
    signingSecret: "SIGN",
    on: ["failure"],
    silentIntervals: 3,
    position: { file: "mysysconfig.yaml", line: 1, column: 1 },
    ...parts,
  });
  const good = { URL: "https://example.com/x", SIGN: signingSecret };

  test("must have the values of their secrets", () => {
    const { targets, problems } = resolveTargets([settings()], new Map(Object.entries(good)));
    expect(problems).toEqual([]);
    expect(targets).toEqual([
      {
        name: "hook",
        kind: "webhook",
        url: new URL("https://example.com/x"),
        signingSecret,
        on: ["failure"],
        silentIntervals: 3,
      },
    ]);
  });

  test.for([
    [{ ...good, URL: undefined }, 'the secret "URL" has no value'],
    [{ ...good, URL: " \n" }, 'the secret "URL" has no value'],
    [{ ...good, URL: "hooks.example.com/hunter2" }, 'the secret "URL" is no URL with http:// or https://'],
    [{ ...good, URL: "file:///hunter2" }, 'the secret "URL" is no URL with http:// or https://'],
    [{ ...good, SIGN: undefined }, 'the secret "SIGN" has no value'],
    [{ ...good, SIGN: "hunter2" }, 'the secret "SIGN" must be whsec_ and 24 to 64 random bytes in base64'],
    [
      { ...good, SIGN: "whsec_aHVudGVyMg==" },
      'the secret "SIGN" must be whsec_ and 24 to 64 random bytes in base64',
    ],
  ] as const)("must be told when they cannot be used: %j", ([values, problem]) => {
    const secrets = new Map(
      Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
    const { signingSecret: _none, ...chat } = settings({ name: "chat", kind: "slack", urlSecret: "CHAT" });
    secrets.set("CHAT", "https://example.com/y\n");
    const { targets, problems } = resolveTargets([settings(), chat], secrets);
    expect(problems).toEqual([`notification "hook": ${problem}`]);
    expect(problems.join()).not.toContain("hunter2");
    expect(targets.map(({ name }) => name)).toEqual(["chat"]);
  });
});
