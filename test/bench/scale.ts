/** Compiling and planning ten thousand workloads, and whether the cost grows linearly. */
import { join } from "node:path";
import { interleave, run } from "./measure.ts";
import { type Finding, mb, ms, times } from "./report.ts";
import type { ScaleResult } from "./scale-child.ts";

const sizes = [2_500, 5_000, 10_000] as const;
const driftSize = 1_000;
/** Comparing what runs with what is desired, field by field. */
const driftBarMs = 100;
const barMs = 2_000;
const barMb = 400;
/** Four times the workloads may cost a little more than four times the time: caches get smaller. */
const tolerance = 1.3;

export async function measureScale(): Promise<Finding[]> {
  const results = new Map<number, ScaleResult>();
  const child = (size: number) => async () => {
    const args = [join(import.meta.dirname, "scale-child.ts"), String(size)];
    const { stdout } = await run({ file: process.execPath, args });
    const result = JSON.parse(stdout) as ScaleResult;
    results.set(size, result);
    return result.compileMs + result.planMs;
  };
  const median = await interleave(3, {
    small: child(sizes[0]),
    middle: child(sizes[1]),
    large: child(sizes[2]),
    drift: child(driftSize),
  });
  const large = results.get(sizes[2]);
  const driftMs = results.get(driftSize)?.planMs ?? Number.POSITIVE_INFINITY;
  const growth = median.large / median.small;
  const steps = [median.small, median.middle, median.large].map(ms).join(", ");
  return [
    {
      bar: "compile and plan of 10,000 workloads: 2 s and 400 MB",
      measured: `${ms(median.large)} (compile ${ms(large?.compileMs ?? 0)}, plan ${ms(large?.planMs ?? 0)}), peak ${mb(large?.peakMb ?? 0)} with the simulated Engine`,
      kept: median.large <= barMs && (large?.peakMb ?? Number.POSITIVE_INFINITY) <= barMb,
    },
    {
      bar: "drift comparison and plan of 1,000 workloads, in a process that has just begun: 100 ms",
      measured: ms(driftMs),
      kept: driftMs <= driftBarMs,
    },
    {
      bar: "its cost grows linearly",
      measured: `${times(growth)} for 4 times as many: ${steps} for ${sizes.join(", ")}`,
      kept: growth <= 4 * tolerance,
    },
  ];
}
