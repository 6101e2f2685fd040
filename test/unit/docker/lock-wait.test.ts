import { describe, expect, test } from "vitest";
import type { LockSight } from "../../../src/docker/lock-sight.ts";
import { outlastLock } from "../../../src/docker/lock-wait.ts";
import { exitCodes } from "../../../src/model/errors.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const expiryMs = 30_000;
const never = new AbortController().signal;
const sight = (fields: Partial<LockSight> = {}): LockSight => ({
  id: "c0ffee",
  holder: "apply on prod-1, started 14:02",
  holderId: "one",
  since: "2026-11-21T14:02:11Z",
  expiryMs,
  beat: undefined,
  silentMs: 0,
  ...fields,
});

/** Waits for a lock that looks so at each time in milliseconds; answers what came of it, and when. */
async function wait(looksAt: (ms: number) => LockSight | undefined) {
  const clock = new VirtualClock();
  const first = looksAt(0);
  if (first === undefined) throw new Error("no lock to wait for");
  const outcome = await outlastLock(
    first,
    "the shop",
    async () => looksAt(clock.monotonicMs()),
    clock,
    never,
  ).catch((error: unknown) => error);
  return { outcome, ms: clock.monotonicMs() };
}

describe("waiting for somebody else's lock", () => {
  test("must end as soon as the lock is gone", async () => {
    const { outcome, ms } = await wait((now) => (now < 7_500 ? sight() : undefined));
    expect({ outcome, ms }).toEqual({ outcome: "gone", ms: 8_000 });
  });

  test("must not wait for a holder that is long dead by the Engine's clock", async () => {
    expect(await wait(() => sight({ silentMs: expiryMs + 1 }))).toEqual({ outcome: "dead", ms: 0 });
  });

  test("must wait only for the rest of the silence that is known", async () => {
    const { outcome, ms } = await wait((now) => sight({ silentMs: 20_000 + now }));
    expect({ outcome, ms }).toEqual({ outcome: "dead", ms: 11_000 });
  });

  test.for([
    ["without a sign", sight({ silentMs: undefined })],
    ["with a sign that never changes", sight({ beat: 1, silentMs: undefined })],
    ["with an Engine's clock that was set back", sight({ beat: 1, silentMs: 0 })],
  ] as const)("must see a holder %s through its whole expiry before it is dead", async ([, silent]) => {
    expect(await wait(() => silent)).toEqual({ outcome: "dead", ms: expiryMs });
  });

  test("must not take a sign of life that can no longer be read for another one", async () => {
    const { outcome } = await wait((now) =>
      sight({ beat: now < 9_000 ? 1 : undefined, silentMs: undefined }),
    );
    expect(outcome).toBe("dead");
  });

  test("must say who is busy when the holder has shown that it lives", async () => {
    const { outcome, ms } = await wait((now) => sight({ beat: 1 + Math.floor(now / 10_000) }));
    expect(ms).toBe(expiryMs);
    expect(outcome).toMatchObject({
      code: "busy",
      exitCode: exitCodes.busy,
      message:
        "take the lock of the shop: held by apply on prod-1, started 14:02, since 2026-11-21T14:02:11Z",
    });
  });

  test("must look ten times at a lock that expires soon, and end at once when the run is aborted", async () => {
    const clock = new VirtualClock();
    const looks: number[] = [];
    const abort = new AbortController();
    const look = async () => {
      looks.push(clock.monotonicMs());
      if (looks.length === 3) abort.abort(new Error("enough"));
      return sight({ expiryMs: 1_000 });
    };
    const waiting = outlastLock(sight({ expiryMs: 1_000 }), "the shop", look, clock, abort.signal);
    await expect(waiting).rejects.toThrow("enough");
    expect(looks).toEqual([100, 200, 300]);
  });
});
