import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Agenda } from "../../../src/daemon/agenda.ts";
import type { Trigger } from "../../../src/daemon/trigger.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const idle = new AbortController().signal;

const drift = (source: string): Trigger => ({ kind: "drift", source, what: `${source}: ended` });
const hook = (branch: string): Trigger => ({
  kind: "hook",
  endpoint: "push",
  mark: { kind: "branch", branch },
});

function open() {
  const clock = new VirtualClock();
  return { clock, agenda: new Agenda(clock) };
}

describe("the agenda", () => {
  test("must make one of a thousand triggers that are alike", async () => {
    const { agenda } = open();
    for (let n = 0; n < 1_000; n++) agenda.add(hook("develop"));
    expect(await agenda.take(idle)).toEqual([hook("develop")]);
  });

  test("must keep the earlier of two times", async () => {
    const { agenda, clock } = open();
    agenda.add(drift("web"), 5_000);
    agenda.add(drift("web"), 1_000);
    agenda.add(drift("web"), 9_000);
    await agenda.take(idle);
    expect(clock.monotonicMs()).toBe(1_000);
  });

  test("must wake who waits when something earlier comes", async () => {
    const { agenda, clock } = open();
    agenda.add(drift("web"), 60_000);
    const taken = agenda.take(idle);
    await clock.sleep(10, idle);
    agenda.add(drift("api"));
    expect(await taken).toEqual([drift("api")]);
    expect(clock.monotonicMs()).toBeLessThan(1_000);
  });

  test("must take all that is due and leave the rest", async () => {
    const { agenda } = open();
    for (const source of ["a", "b"]) agenda.add(drift(source));
    agenda.add(drift("later"), 10_000);
    expect(await agenda.take(idle)).toEqual([drift("a"), drift("b")]);
    expect(await agenda.take(idle)).toEqual([drift("later")]);
  });

  test("must wait for what is due in more days than a timer can wait", async () => {
    const { agenda, clock } = open();
    agenda.add({ kind: "timer", due: "2026-12-24T00:00:00Z" }, 40 * 86_400_000);
    await agenda.take(idle);
    expect(clock.monotonicMs()).toBe(40 * 86_400_000);
  });

  test("must forget what was heard before a look, and nothing that was heard since", async () => {
    const { agenda, clock } = open();
    agenda.add(drift("before"), 5_000);
    agenda.add(hook("develop"), 5_000);
    agenda.add(drift("again"), 5_000);
    clock.advance(10);
    const lookedMs = clock.monotonicMs();
    agenda.add(drift("again"), 5_000);
    agenda.settle("drift", lookedMs);
    expect(await agenda.take(idle)).toEqual([hook("develop"), drift("again")]);
  });

  test("must forget a kind that is planned anew", async () => {
    const { agenda } = open();
    agenda.add({ kind: "timer", due: "2026-10-19T11:00:00Z" }, 1_000);
    agenda.drop("timer");
    agenda.add({ kind: "timer", due: "2026-10-19T12:00:00Z" }, 2_000);
    expect(await agenda.take(idle)).toEqual([{ kind: "timer", due: "2026-10-19T12:00:00Z" }]);
  });

  test("must stay small under a flood, and still have room for what ends a wait", async () => {
    const { agenda, clock } = open();
    for (let n = 0; n < 100_000; n++) agenda.add(hook(`branch-${n}`), 60_000);
    agenda.add({ kind: "resync" });
    expect(await agenda.take(idle)).toEqual([{ kind: "resync" }]);
    clock.advance(60_000);
    expect(await agenda.take(idle)).toHaveLength(1_000);
  });

  test.for([true, false])(
    "must reject with the reason of the signal (aborted before: %s)",
    async (isBefore) => {
      const { agenda, clock } = open();
      const stopping = new AbortController();
      if (isBefore) stopping.abort(new Error("stopped"));
      const taken = agenda.take(stopping.signal);
      const refused = expect(taken).rejects.toThrow("stopped");
      await clock.sleep(1, idle);
      stopping.abort(new Error("stopped"));
      await refused;
    },
  );

  test("must hand out everything that was added, not before its time, whatever comes when", async () => {
    const moves = fc.array(fc.record({ after: fc.nat(5_000), source: fc.nat(5), delay: fc.nat(20_000) }), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(moves, async (added) => {
        const { agenda, clock } = open();
        const wanted = new Map<string, number>();
        const producing = (async () => {
          for (const { after, source, delay } of added) {
            await clock.sleep(after, idle);
            const name = `s${source}`;
            const due = Math.min(wanted.get(name) ?? Number.POSITIVE_INFINITY, clock.monotonicMs() + delay);
            wanted.set(name, due);
            agenda.add(drift(name), delay);
          }
          agenda.add({ kind: "start" }, 100_000);
        })();
        for (;;) {
          const taken = await agenda.take(idle);
          for (const trigger of taken)
            if (trigger.kind === "drift") {
              expect(wanted.get(trigger.source)).toBeLessThanOrEqual(clock.monotonicMs());
              expect(wanted.delete(trigger.source)).toBe(true);
            }
          if (taken.some(({ kind }) => kind === "start")) break;
        }
        await producing;
        expect([...wanted]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
