/** Reading and compiling the units and stacks that people have, beside what the text alone costs. */
import { join } from "node:path";
import { interleave, run } from "./measure.ts";
import type { ParseResult } from "./parse-child.ts";
import { type Finding, ms, times } from "./report.ts";

const units = { count: 1_000, barMs: 400 };
const stack = { lines: 5_000, barMs: 300 };
/** Twice the size may cost a little more than twice the time: caches get smaller. */
const doubling = 2.3;

/** The cost is that of the process itself, so that a busy machine tells the same. */
export async function measureParsing(): Promise<Finding[]> {
  const floors = new Map<string, number>();
  const child = (kind: "units" | "stack", size: number) => async () => {
    const args = [join(import.meta.dirname, "parse-child.ts"), kind, String(size)];
    const { stdout } = await run({ file: process.execPath, args });
    const result = JSON.parse(stdout) as ParseResult;
    floors.set(`${kind} ${size}`, result.floorMs);
    return result.compileMs;
  };
  const median = await interleave(5, {
    units: child("units", units.count),
    unitsTwice: child("units", 2 * units.count),
    unitsFourfold: child("units", 4 * units.count),
    stack: child("stack", stack.lines),
    stackTwice: child("stack", 2 * stack.lines),
    stackFourfold: child("stack", 4 * stack.lines),
  });
  const floor = (name: string) => ms(floors.get(name) ?? Number.NaN);
  return [
    {
      bar: `read and compile ${units.count} units of 30 lines, in a process that has just begun: ${units.barMs} ms`,
      measured: `${ms(median.units)}; splitting the same texts into lines and words takes ${floor(`units ${units.count}`)}`,
      kept: median.units <= units.barMs,
    },
    growth("units", [median.units, median.unitsTwice, median.unitsFourfold]),
    {
      bar: `read and compile a stack of ${stack.lines} lines, in a process that has just begun: ${stack.barMs} ms`,
      measured: `${ms(median.stack)}; the YAML library alone takes ${floor(`stack ${stack.lines}`)} for the same text`,
      kept: median.stack <= stack.barMs,
    },
    growth("stacks", [median.stack, median.stackTwice, median.stackFourfold]),
  ];
}

function growth(what: string, [one = 0, two = 0, four = 0]: readonly number[]): Finding {
  const steps = [two / one, four / two];
  return {
    bar: `the cost of ${what} grows linearly: ${doubling}× for twice the size`,
    measured: `${steps.map(times).join(", ")} (${[one, two, four].map(ms).join(", ")})`,
    kept: Math.max(...steps) <= doubling,
  };
}
