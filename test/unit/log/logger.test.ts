import { describe, expect, test } from "vitest";
import type { Paint } from "../../../src/lib/paint.ts";
import { createLogger, type LogLevel } from "../../../src/log/logger.ts";
import { ReconcilerError } from "../../../src/model/errors.ts";
import { Redactor } from "../../../src/model/redactor.ts";
import type { Log } from "../../../src/ports.ts";
import { canaries, tracesIn } from "../../support/canaries.ts";

const plain: Paint = (_tone, text) => text;
const clock = { now: () => new Date("2026-10-19T12:03:04.567Z") };

interface Recorded {
  readonly log: Log;
  readonly lines: string[];
  readonly parsed: () => Record<string, unknown>[];
}

function recorded(options: { secrets?: readonly string[]; pretty?: Paint; level?: LogLevel } = {}): Recorded {
  const { secrets = [], pretty, level = "info" } = options;
  const redactor = new Redactor();
  redactor.add(secrets);
  const lines: string[] = [];
  const log = createLogger({
    write: (line) => lines.push(line),
    level,
    redact: redactor.redact,
    clock,
    ...(pretty === undefined ? {} : { pretty }),
  });
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line)) };
}

describe("the log in JSON", () => {
  test("must be one line for each fact, with time, level, message and data", () => {
    const { log, lines } = recorded();
    log.info("web replaced", { workload: "web", durationMs: 12 });
    expect(lines).toEqual([
      '{"level":"info","time":"2026-10-19T12:03:04.567Z","workload":"web","durationMs":12,"msg":"web replaced"}\n',
    ]);
  });

  test("must carry the data of every child, the nearest winning, each member once", () => {
    const { log, lines, parsed } = recorded();
    const run = log.child({ environment: "develop", run: "0" }).child({ run: "ab12cd34" });
    run.warn("held", { environment: "staging" });
    expect(parsed()).toMatchObject([{ level: "warn", environment: "staging", run: "ab12cd34" }]);
    expect(lines[0]?.match(/"environment"/g)).toHaveLength(1);
  });

  test("must leave out what is below its level", () => {
    const { log, parsed } = recorded({ level: "warn" });
    log.info("a");
    log.warn("b");
    log.error("c");
    expect(parsed().map(({ msg }) => msg)).toEqual(["b", "c"]);
  });

  test("must not let data pass for time, level or message", () => {
    const { log, lines, parsed } = recorded();
    log.info("fact", { level: "error", time: 0, msg: "other", ["__proto__"]: "x" });
    expect(parsed()).toMatchObject([
      { level: "info", msg: "fact", level_: "error", time_: 0, msg_: "other" },
    ]);
    expect(lines[0]?.match(/"(level|time|msg)":/g)).toHaveLength(3);
  });

  test.for([
    "\r\n",
    "\n",
    "\u001b[31m",
    "\u2028",
    "\u2029",
    "\u0085",
    "\u009b2J",
    "\u202e",
    "\u0000",
    '"}\n{"a":"',
  ])("must stay one harmless line with %j in it", (character) => {
    const { log, lines, parsed } = recorded();
    log.info("commit", { author: `a${character}b`, [`k${character}`]: 1 });
    expect(lines).toHaveLength(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(lines[0]?.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
    expect(parsed()).toMatchObject([{ author: `a${character}b` }]);
  });

  test("must tell code, message, hint and causes of an error, and nothing that hangs on it", () => {
    const { log, parsed } = recorded();
    const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const git = Object.assign(new Error("fetch failed", { cause: refused }), {
      task: { commands: ["https://u:p@h/"] },
      config: { headers: { authorization: "x" } },
    });
    log.error("run failed", {
      error: new ReconcilerError("git-unreachable", "no answer", { hint: "is it there?", cause: git }),
    });
    expect(parsed()[0]?.["error"]).toEqual({
      code: "git-unreachable",
      message: "no answer",
      hint: "is it there?",
      causes: ["fetch failed", "connect ECONNREFUSED"],
    });
  });

  test("must tell where a mistake of its own is", () => {
    const { log, parsed } = recorded();
    log.error("run failed", { error: new ReconcilerError("internal", "oops") });
    expect(parsed()).toMatchObject([
      { error: { code: "internal", stack: expect.stringContaining("logger.test.ts") } },
    ]);
  });

  test("must survive whatever it is handed", () => {
    const { log, lines, parsed } = recorded();
    const circle: Record<string, unknown> = { a: 1 };
    circle["circle"] = circle;
    const loop = new Error("loop");
    loop.cause = loop;
    class Request {
      readonly headers = { authorization: "x" };
    }
    log.info("odd", {
      circle,
      loop,
      request: new Request(),
      when: new Date(Number.NaN),
      bytes: new Uint8Array(9),
      map: new Map([["k", new Set([1])]]),
      big: 12n,
      not: Number.NaN,
      url: new URL("https://u:p@h/"),
      nothing: null,
      undefined,
      act: () => 1,
      several: new AggregateError([new Error("one"), "two"], "both"),
      long: "x".repeat(20_000),
      many: Array.from({ length: 500 }, () => 1),
    });
    log.info("trap", {
      get trap(): string {
        throw new Error("no");
      },
    });
    expect(lines).toHaveLength(2);
    expect(parsed()).toMatchObject([
      {
        loop: { message: "loop" },
        request: "(Request)",
        when: null,
        bytes: "(9 bytes)",
        map: { k: [1] },
        big: "12",
        not: "NaN",
        url: "https://***@h/",
        nothing: null,
        several: { causes: ["one", "two"] },
      },
      { data: "(unreadable)" },
    ]);
    expect(lines[0]?.length).toBeLessThan(10_000);
  });
});

describe("the log on a terminal", () => {
  test.for([
    [
      (log: Log) => log.info("web replaced", { run: "ab12cd34" }),
      "12:03:04 info  web replaced  run=ab12cd34\n",
    ],
    [(log: Log) => log.warn("held"), "12:03:04 warn  held\n"],
    [
      (log: Log) => log.info("x", { a: "two words", n: 3, list: [1, "b"], eq: "a=b" }),
      '12:03:04 info  x  a="two words" n=3 list=[1,"b"] eq="a=b"\n',
    ],
    [(log: Log) => log.info("x", { a: "l1\nl2\u001b[2J" }), '12:03:04 info  x  a="l1\\nl2\\u001b[2J"\n'],
    [
      (log: Log) =>
        log.error("run failed", {
          run: "1",
          error: new ReconcilerError("busy", "two\nlines", { hint: "wait", cause: new Error("c") }),
        }),
      "12:03:04 error run failed  run=1\n         two lines (busy)\n         because c\n         wait\n",
    ],
    [(log: Log) => log.error("x", { error: "text" }), "12:03:04 error x\n         error=text\n"],
  ] as const)("must be readable: %#", ([act, expected]) => {
    const { log, lines } = recorded({ pretty: plain });
    act(log);
    expect(lines).toEqual([expected]);
  });

  test("must paint by level", () => {
    const { log, lines } = recorded({ pretty: (tone, text) => `<${tone}>${text}</>` });
    log.error("x", { a: 1 });
    expect(lines).toEqual(["<dim>12:03:04</> <bad>error</> <bad>x</> <dim> a=1</>\n"]);
  });

  test("must not pass control characters on", () => {
    const { log, lines } = recorded({ pretty: plain });
    log.error("x", { a: "\u001b[2J\u202e", error: new Error("b\u001b]0;title\u0007\nfake line") });
    expect(lines.join("").replaceAll("\n", "")).not.toMatch(/\p{Cc}|\u202e/u);
    expect(lines.join("").split("\n")).toHaveLength(3);
  });
});

describe("a secret in the log", () => {
  /** Every way by which a value may get into a line. */
  const ways: readonly (readonly [string, (log: Log, value: string) => void])[] = [
    ["a text", (log, value) => log.info("fact", { value })],
    ["a sentence", (log, value) => log.warn("fact", { value: `with ${value} inside` })],
    ["a name of a member", (log, value) => log.info("fact", { [value]: 1, map: new Map([[value, 1]]) })],
    [
      "something deep",
      (log, value) => log.info("fact", { a: { b: [{ c: { d: value } }, new Set([value])] } }),
    ],
    [
      "the data of a child",
      (log, value) =>
        log
          .child({ value })
          .child({ other: [value] })
          .error("fact"),
    ],
    ["JSON in a text", (log, value) => log.info("fact", { body: JSON.stringify({ password: value }) })],
    [
      "a URL",
      (log, value) =>
        log.info("fact", { url: `https://u:${encodeURIComponent(value)}@h/?t=${encodeURIComponent(value)}` }),
    ],
    [
      "a URL object",
      (log, value) => log.info("fact", { url: new URL(`https://h/?t=${encodeURIComponent(value)}`) }),
    ],
    ["base64", (log, value) => log.info("fact", { basic: Buffer.from(`user:${value}`).toString("base64") })],
    ["a message", (log, value) => log.error(`fact ${value}`)],
    ["an error", (log, value) => log.error("fact", { error: new Error(`cannot use ${value}`) })],
    [
      "causes and hints",
      (log, value) =>
        log.error("fact", {
          error: new ReconcilerError("git-failed", `a ${value}`, {
            hint: `b ${value}`,
            cause: new Error(`c ${value}`, {
              cause: new AggregateError([new Error(`d ${value}`), value], value),
            }),
          }),
        }),
    ],
    [
      "the stack of a mistake of its own",
      (log, value) => log.error("fact", { error: new ReconcilerError("internal", value) }),
    ],
    [
      "what hangs on an error",
      (log, value) =>
        log.error("fact", { error: Object.assign(new Error("x"), { task: value, config: { value } }) }),
    ],
    ["the edge of what is shown", (log, value) => log.info("fact", { long: `${"x".repeat(7_985)}${value}` })],
    ["bytes", (log, value) => log.info("fact", { bytes: Buffer.from(value) })],
  ];
  test.for(ways)("must leave no trace when it is in %s", ([, act]) => {
    for (const pretty of [undefined, plain]) {
      const { log, lines } = recorded({ secrets: canaries, ...(pretty === undefined ? {} : { pretty }) });
      for (const value of canaries) act(log, value);
      expect(lines).toHaveLength(canaries.length);
      expect(tracesIn(lines.join(""))).toEqual([]);
      expect(lines.filter((line) => /canary/i.test(line))).toEqual([]);
      if (pretty === undefined) for (const line of lines) expect(JSON.parse(line)).toHaveProperty("level");
    }
  });

  test("must leave a line that can be read when it looks like a number or like JSON", () => {
    const { log, lines, parsed } = recorded({ secrets: ["4711", '","', "info", ':"f'] });
    log.info("fact", { port: 4711, big: 4711n, list: [1, 47112], text: 'a","b' });
    expect(lines.join("")).not.toMatch(/4711|","|info|:"f/);
    expect(parsed()).toHaveLength(1);
  });
});
