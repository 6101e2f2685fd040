/** What the quick start prints while it works: one line a step, with its duration, on standard error. */
import { styleText } from "node:util";

/** Runs one step; its answer is the detail behind the title. Lines that it reports appear as they come. */
export async function step<T extends { readonly detail: string }>(
  title: string,
  work: (report: (line: string) => void) => Promise<T>,
): Promise<T> {
  const started = performance.now();
  try {
    const result = await work((line) => say(paint("dim", `    ${line}`)));
    say(`${paint("green", "✓")} ${title.padEnd(16)} ${result.detail}  ${paint("dim", since(started))}`);
    return result;
  } catch (error) {
    say(`${paint("red", "✗")} ${title.padEnd(16)} after ${since(started)}`);
    throw error;
  }
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function heading(line: string): void {
  say(`\n${paint("bold", line)}`);
}

function since(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}

/** styleText honours NO_COLOR and whether the stream is a terminal. */
function paint(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stderr });
}
