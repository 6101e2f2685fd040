import fc from "fast-check";
import { expect, test } from "vitest";
import { formatBytes, parseBytes } from "../../../src/lib/bytes.ts";

test.for([
  ["0", 0],
  ["512", 512],
  ["64b", 64],
  ["64B", 64],
  ["1k", 1024],
  ["1kb", 1024],
  ["512m", 536_870_912],
  ["512M", 536_870_912],
  ["512 MB", 536_870_912],
  ["64MiB", 67_108_864],
  ["1.5g", 1_610_612_736],
  ["1T", 1_099_511_627_776],
  ["2p", 2_251_799_813_685_248],
  ["1.3k", 1331],
] as const)("%j must be %d bytes", ([text, bytes]) => {
  expect(parseBytes(text)).toBe(bytes);
});

test.for(["", "m", "-1", "1x", "1.5.5g", "1e3", "0x10", " 1", "1  g", "1ib", "1bb", "Infinity", "NaN"])(
  "%j must be no size",
  (text) => {
    expect(parseBytes(text)).toBeUndefined();
  },
);

test.for([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1 KiB"],
  [536_870_912, "512 MiB"],
  [1_610_612_736, "1.5 GiB"],
  [1_234_567, "1.18 MiB"],
  [1024 ** 6, "1024 PiB"],
] as const)("%d bytes must be shown as %j", ([bytes, text]) => {
  expect(formatBytes(bytes)).toBe(text);
});

test("what is shown must read back as nearly the same size", () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 50 }), (bytes) => {
      const back = parseBytes(formatBytes(bytes)) ?? -1;
      expect(Math.abs(back - bytes)).toBeLessThanOrEqual(bytes * 0.006);
    }),
  );
});
