import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import type { NoticeKind } from "../../../src/model/daemon-settings.ts";
import type { Notice } from "../../../src/model/notice.ts";
import type { Fetch } from "../../../src/notify/delivery.ts";
import { createNotifier, type Notifier } from "../../../src/notify/notifier.ts";
import type { Target } from "../../../src/notify/targets.ts";
import type { Log } from "../../../src/ports.ts";
import { type Answer, Receiver, WaitingClock } from "../../support/notice-receiver.ts";
import { notice, signingSecret, target } from "./builders.ts";

const never = new AbortController().signal;

interface Setup {
  readonly notifier: Notifier;
  readonly clock: WaitingClock;
  readonly lines: string[];
  readonly results: string[];
}

function setUp(
  targets: readonly Target[],
  options: { fetch?: Fetch; deadlineMs?: number; redact?: (text: string) => string } = {},
): Setup {
  const clock = new WaitingClock();
  const lines: string[] = [];
  const results: string[] = [];
  const say =
    (level: string) =>
    (fact: string, data: object = {}) => {
      lines.push(`${level} ${fact} ${JSON.stringify(data)}`);
    };
  const log: Log = { info: say("info"), warn: say("warn"), error: say("error"), child: () => log };
  const { fetch = globalThis.fetch, deadlineMs = 60_000, redact = (text) => text } = options;
  const notifier = createNotifier({
    fetch,
    clock,
    log,
    redact,
    deadlineMs,
    ended: (name, result) => results.push(`${name} ${result}`),
  });
  notifier.configure(targets);
  return { notifier, clock, lines, results };
}

const numbered = (count: number, start = 0): readonly Notice[] =>
  Array.from({ length: count }, (_, index) => notice({ title: `t${start + index}` }));

const titlesOf = (receiver: Receiver): readonly (readonly string[])[] =>
  receiver.received.map(({ body }) => JSON.parse(body).notices.map(({ title }: Notice) => title));

describe("a notification of kind webhook", () => {
  test("must be a document that its receiver can verify", async () => {
    await using receiver = await Receiver.open();
    const { notifier, results, lines } = setUp([target(receiver.url)]);
    notifier.tell([notice(), notice({ kind: "drift", key: "drift db" })]);
    await notifier.flush(never);
    const [first] = receiver.received;
    const headers = first?.headers as Record<string, string>;
    expect(new Webhook(signingSecret).verify(first?.body ?? "", headers)).toEqual({
      version: 1,
      type: "mysysconfig.notices",
      timestamp: notice().at,
      missed: 0,
      notices: [notice(), notice({ kind: "drift", key: "drift db" })],
    });
    expect(headers).toMatchObject({ "content-type": "application/json", "user-agent": "mysysconfig" });
    expect(first?.path).toBe("/in/s3cr3t-path");
    expect(results).toEqual(["hook delivered"]);
    expect(lines).toEqual(['info notification delivered {"target":"hook","notices":2,"tries":1}']);
  });

  test.for([
    ["another secret", (body: string) => body, `whsec_${Buffer.from("x".repeat(32)).toString("base64")}`],
    ["a changed body", (body: string) => body.replace("failure", "recovery"), signingSecret],
  ] as const)("must not verify with %s", async ([, change, secret]) => {
    await using receiver = await Receiver.open();
    const { notifier } = setUp([target(receiver.url)]);
    notifier.tell([notice()]);
    await notifier.flush(never);
    const [first] = receiver.received;
    const verify = () =>
      new Webhook(secret).verify(change(first?.body ?? ""), first?.headers as Record<string, string>);
    expect(verify).toThrow("No matching signature found");
  });

  test("must send the user of a URL as a header", async () => {
    await using receiver = await Receiver.open();
    const url = receiver.url.replace("http://", "http://us%40er:p%3Ass@");
    const { notifier } = setUp([target(url)]);
    notifier.tell([notice()]);
    await notifier.flush(never);
    const { authorization = "" } = receiver.received[0]?.headers ?? {};
    expect(Buffer.from(authorization.replace("Basic ", ""), "base64").toString()).toBe("us@er:p:ss");
  });
});

describe("the signature of a notification", () => {
  test("must be the one that the documentation computes by hand", async () => {
    await using receiver = await Receiver.open();
    const { notifier } = setUp([target(receiver.url)]);
    notifier.tell([notice({ title: "größe 🔑" })]);
    await notifier.flush(never);
    const { headers = {}, body = "" } = receiver.received[0] ?? {};
    const key = Buffer.from(signingSecret.replace("whsec_", ""), "base64");
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const expected = createHmac("sha256", key).update(signed).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
  });
});

describe("a notification of kind slack", () => {
  test("must be a text, without a signature", async () => {
    await using receiver = await Receiver.open();
    const { signingSecret: _none, ...unsigned } = target(receiver.url, { kind: "slack", name: "chat" });
    const { notifier, results } = setUp([unsigned]);
    notifier.tell([notice()]);
    await notifier.flush(never);
    const [first] = receiver.received;
    expect(JSON.parse(first?.body ?? "")).toEqual({
      text: expect.stringContaining("web: never became healthy"),
    });
    expect(Object.keys(first?.headers ?? {}).filter((name) => name.startsWith("webhook-"))).toEqual([]);
    expect(results).toEqual(["chat delivered"]);
  });
});

describe("the delivery of notifications", () => {
  test.for<{ what: string; script: readonly Answer[]; waits: readonly number[]; results: readonly string[] }>(
    [
      { what: "once", script: [], waits: [], results: ["hook delivered"] },
      { what: "again after 500", script: [{ status: 500 }], waits: [1_000], results: ["hook delivered"] },
      {
        what: "again and again, with longer waits",
        script: Array.from({ length: 7 }, () => ({ status: 503 })),
        waits: [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000],
        results: ["hook delivered"],
      },
      {
        what: "not for ever",
        script: Array.from({ length: 9 }, () => ({ status: 503 })),
        waits: [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000],
        results: ["hook failed"],
      },
      {
        what: "when the server allows it, after 429",
        script: [{ status: 429, headers: { "retry-after": "7" } }],
        waits: [7_000],
        results: ["hook delivered"],
      },
      {
        what: "after five minutes at most, whatever the server says",
        script: [{ status: 503, headers: { "retry-after": "99999" } }],
        waits: [300_000],
        results: ["hook delivered"],
      },
      {
        what: "not at once, whatever the server says",
        script: [{ status: 429, headers: { "retry-after": "0" } }],
        waits: [1_000],
        results: ["hook delivered"],
      },
      { what: "in time after 408", script: [{ status: 408 }], waits: [1_000], results: ["hook delivered"] },
      { what: "not again after 404", script: [{ status: 404 }], waits: [], results: ["hook failed"] },
      { what: "not again after 400", script: [{ status: 400 }], waits: [], results: ["hook failed"] },
    ],
  )("must be tried $what", async ({ script, waits, results: expected }) => {
    await using receiver = await Receiver.open(...script);
    const { notifier, clock, results } = setUp([target(receiver.url)]);
    notifier.tell([notice()]);
    await notifier.flush(never);
    expect(clock.waits).toEqual(waits);
    expect(results).toEqual(expected);
    expect(receiver.received).toHaveLength(waits.length + 1);
    const ids = new Set(receiver.received.map(({ headers }) => headers["webhook-id"]));
    expect(ids.size).toBe(1);
    for (const { body, headers } of receiver.received)
      expect(new Webhook(signingSecret).verify(body, headers as Record<string, string>)).toBeDefined();
  });

  test("must not follow a redirect", async () => {
    await using elsewhere = await Receiver.open();
    await using receiver = await Receiver.open({ status: 307, headers: { location: elsewhere.url } });
    const { notifier, results, lines } = setUp([target(receiver.url)]);
    notifier.tell([notice()]);
    await notifier.flush(never);
    expect(elsewhere.received).toEqual([]);
    expect(results).toEqual(["hook failed"]);
    expect(lines).toEqual([
      'warn notification not delivered {"target":"hook","notices":1,"reason":"answers 307, and redirects are not followed","tries":1}',
    ]);
  });

  test("must give up a server that does not answer in time, and try again", async () => {
    await using receiver = await Receiver.open("never");
    const { notifier, results, clock } = setUp([target(receiver.url)], { deadlineMs: 500 });
    notifier.tell([notice()]);
    await notifier.flush(never);
    expect(clock.waits.length).toBeGreaterThan(0);
    expect(results).toEqual(["hook delivered"]);
  });

  test("must say that nobody is there without saying where", async () => {
    const receiver = await Receiver.open();
    const { url } = receiver;
    await receiver[Symbol.asyncDispose]();
    const { notifier, results, lines } = setUp([target(url)]);
    notifier.tell([notice()]);
    await notifier.flush(never);
    expect(results).toEqual(["hook failed"]);
    expect(lines).toEqual([
      'warn notification not delivered {"target":"hook","notices":1,"reason":"no connection (ECONNREFUSED)","tries":8}',
    ]);
  });

  test.for<{ what: string; fetch: Fetch }>([
    {
      what: "throws",
      fetch: () => {
        throw new TypeError("bad http://127.0.0.1/in/s3cr3t-path");
      },
    },
    { what: "rejects with no error", fetch: () => Promise.reject("http://127.0.0.1/in/s3cr3t-path") },
    {
      what: "rejects with an error that names the URL",
      fetch: () =>
        Promise.reject(new Error("x", { cause: Object.assign(new Error("y"), { code: "s3cr3t-path" }) })),
    },
  ])("must survive a platform that $what, and name no URL", async ({ fetch }) => {
    const { notifier, results, lines } = setUp([target("http://127.0.0.1:1/in/s3cr3t-path")], { fetch });
    notifier.tell([notice()]);
    await notifier.flush(never);
    expect(results).toEqual(["hook failed"]);
    expect(lines.join("\n")).not.toMatch(/s3cr3t|127\.0\.0\.1/);
  });

  test("must not keep whoever tells, nor one target waiting for another", async () => {
    await using slow = await Receiver.open("never");
    await using fast = await Receiver.open();
    const { notifier, results } = setUp([
      target(slow.url, { name: "slow" }),
      target(fast.url, { name: "fast" }),
    ]);
    notifier.tell([notice()]);
    expect(fast.received).toEqual([]);
    await fast.got(1);
    await slow.got(1);
    const ending = new AbortController();
    const flushed = notifier.flush(ending.signal);
    ending.abort();
    await flushed;
    expect(results).toContain("slow failed");
    expect(fast.received).toHaveLength(1);
  });

  test("must be in order, one message for all that waits", async () => {
    await using receiver = await Receiver.open({ status: 500 }, { status: 500 });
    const { notifier } = setUp([target(receiver.url)]);
    for (const one of numbered(30)) notifier.tell([one]);
    await notifier.flush(never);
    notifier.tell(numbered(1, 30));
    await notifier.flush(never);
    const told = titlesOf(receiver).slice(2);
    expect(told.flat()).toEqual(numbered(31).map(({ title }) => title));
    expect(told.map(({ length }) => length)).toEqual([20, 10, 1]);
  });

  test("must drop the oldest when too many wait, and say so to the log and to the target", async () => {
    await using receiver = await Receiver.open();
    const { notifier, lines, results } = setUp([target(receiver.url)]);
    notifier.tell(numbered(130));
    await notifier.flush(never);
    expect(titlesOf(receiver).flat()).toEqual(numbered(100, 30).map(({ title }) => title));
    expect(receiver.received.map(({ body }) => JSON.parse(body).missed)).toEqual([30, 0, 0, 0, 0]);
    expect(lines[0]).toBe(
      'warn notification not delivered {"target":"hook","notices":30,"reason":"too many are waiting"}',
    );
    expect(results[0]).toBe("hook dropped");
  });

  test("must tell the target later what it did not take", async () => {
    await using receiver = await Receiver.open({ status: 404 });
    const { notifier } = setUp([target(receiver.url)]);
    for (const one of numbered(3)) {
      notifier.tell([one]);
      await notifier.flush(never);
    }
    expect(receiver.received.map(({ body }) => JSON.parse(body).missed)).toEqual([0, 1, 0]);
  });

  test("must give up what waits when the end of the program cannot wait, and go on when asked again", async () => {
    await using receiver = await Receiver.open("never");
    const { notifier, results } = setUp([target(receiver.url)]);
    notifier.tell(numbered(25));
    await receiver.got(1);
    await notifier.flush(AbortSignal.abort());
    expect(results).toEqual(["hook failed", "hook dropped"]);
    notifier.tell([notice()]);
    await notifier.flush(never);
    expect(results.at(-1)).toBe("hook delivered");
    expect(JSON.parse(receiver.received.at(-1)?.body ?? "").missed).toBe(25);
  });

  test("must give up a wait as well", async () => {
    await using receiver = await Receiver.open(...Array.from({ length: 9 }, () => ({ status: 500 })));
    const { notifier, results, clock } = setUp([target(receiver.url)]);
    const ending = new AbortController();
    clock.sleep = async (_ms, signal) => {
      ending.abort();
      signal?.throwIfAborted();
    };
    notifier.tell([notice()]);
    await notifier.flush(ending.signal);
    expect(results).toEqual(["hook failed"]);
    expect(receiver.received).toHaveLength(1);
  });

  test.for<{ on: readonly NoticeKind[]; silentIntervals: number; keys: readonly string[] }>([
    { on: ["failure", "rollback", "recovery"], silentIntervals: 3, keys: ["failure web", "silence 3"] },
    { on: ["silence"], silentIntervals: 5, keys: ["silence 5"] },
    { on: ["silence", "recovery"], silentIntervals: 3, keys: ["silence 3", "silence 3"] },
    { on: ["drift"], silentIntervals: 3, keys: [] },
  ])(
    "must be what the target asks for: $on after $silentIntervals",
    async ({ on, silentIntervals, keys }) => {
      await using receiver = await Receiver.open();
      const { notifier } = setUp([target(receiver.url, { on, silentIntervals })]);
      notifier.tell([
        notice(),
        notice({ kind: "silence", key: "silence 3" }),
        notice({ kind: "silence", key: "silence 5" }),
        notice({ kind: "recovery", key: "silence 3" }),
      ]);
      await notifier.flush(never);
      const told = receiver.received.flatMap(({ body }) =>
        JSON.parse(body).notices.map(({ key }: Notice) => key),
      );
      expect(told).toEqual(keys);
    },
  );

  test("must follow the settings: new targets, new URLs, targets that are gone", async () => {
    await using old = await Receiver.open({ status: 500 });
    await using moved = await Receiver.open();
    await using gone = await Receiver.open("never");
    const { notifier, clock, results } = setUp([target(old.url), target(gone.url, { name: "gone" })]);
    const sleep = clock.sleep.bind(clock);
    clock.sleep = async (ms, signal) => {
      notifier.configure([target(moved.url)]);
      await sleep(ms, signal);
    };
    notifier.tell([notice()]);
    await notifier.flush(never);
    expect(moved.received).toHaveLength(1);
    expect(results).toContain("hook delivered");
    expect(results).not.toContain("gone delivered");
    notifier.tell([notice()]);
    await notifier.flush(never);
    expect([old.received.length, moved.received.length]).toEqual([1, 2]);
  });

  test("must hold no secret that a later revision brought", async () => {
    await using receiver = await Receiver.open();
    const redact = (text: string) => text.replaceAll("hunter2", "***");
    const { notifier } = setUp([target(receiver.url)], { redact });
    notifier.tell([notice({ title: "a hunter2", details: ["b hunter2"] })]);
    await notifier.flush(never);
    expect(receiver.received[0]?.body).toContain('"a ***"');
    expect(receiver.received[0]?.body).not.toContain("hunter2");
  });
});
