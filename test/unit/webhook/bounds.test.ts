import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deliveryKey, KnownDeliveries } from "../../../src/webhook/known-deliveries.ts";
import { defaultLimits } from "../../../src/webhook/limits.ts";
import { TokenBucket } from "../../../src/webhook/token-bucket.ts";

describe("a token bucket", () => {
  test("must let a burst pass, then as much as is refilled", () => {
    const bucket = new TokenBucket({ burst: 3, refillPerSecond: 2 }, 0);
    const taken = [0, 0, 0, 0, 499, 500, 500, 1_000, 100_000, 100_000, 100_000, 100_000];
    expect(taken.map((ms) => bucket.take(1, ms))).toEqual([
      ...[true, true, true, false, false, true, false, true],
      ...[true, true, true, false],
    ]);
  });

  test("must not keep out for ever what costs more than it holds", () => {
    const bucket = new TokenBucket({ burst: 3, refillPerSecond: 1 }, 0);
    expect([bucket.take(50, 0), bucket.take(50, 2_999), bucket.take(50, 3_000)]).toEqual([true, false, true]);
  });

  test("must give nothing for a clock that goes back", () => {
    const bucket = new TokenBucket({ burst: 1, refillPerSecond: 1 }, 5_000);
    expect([bucket.take(1, 5_000), bucket.take(1, 0), bucket.take(1, 999)]).toEqual([true, false, false]);
  });

  test("must let ten thousand hooks of a minute pass, and a thousand of a second", () => {
    const bucket = new TokenBucket(defaultLimits, 0);
    const minute = Array.from({ length: 10_000 }, (_, index) => bucket.take(1, index * 6));
    expect(minute).not.toContain(false);
    const other = new TokenBucket(defaultLimits, 0);
    expect(Array.from({ length: 1_000 }, () => other.take(1, 0))).not.toContain(false);
  });
});

describe("known deliveries", () => {
  test("must be known for their time, and no longer", () => {
    const known = new KnownDeliveries({ most: 10, lifeMs: 100 });
    known.add("a", 0);
    known.add("b", 50);
    expect([known.has("a", 99), known.has("a", 100), known.has("b", 149), known.has("b", 150)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(known.size).toBe(0);
  });

  test("must never be more than may be, the oldest being forgotten first", () => {
    const known = new KnownDeliveries({ most: 3, lifeMs: 1_000_000 });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (keys) => {
        for (const key of keys) known.add(String(key), 0);
        const latest = [...new Set(keys.toReversed())].slice(0, 3);
        expect(latest.every((key) => known.has(String(key), 0))).toBe(true);
        expect(known.size).toBeLessThanOrEqual(3);
      }),
    );
  });

  test("must have keys of one length that tell ids from bodies", () => {
    const body = Buffer.from("a");
    const keys = [
      deliveryKey(body, undefined),
      deliveryKey(body, "a"),
      deliveryKey(body, "x".repeat(10_000)),
    ];
    expect(new Set(keys).size).toBe(3);
    expect(new Set(keys.map((key) => key.length)).size).toBe(1);
    expect(deliveryKey(Buffer.from("b"), "a")).toBe(keys[1]);
  });
});
