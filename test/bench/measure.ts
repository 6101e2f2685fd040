/** Runs programs and measures them: time, and the largest memory that they held. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { childrenOf } from "../../deploy/lab/waiting.ts";

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export interface Measured {
  readonly ms: number;
  readonly stdout: string;
}

/** Runs it to its end; an exit code that is not expected is an error with what it printed. */
export async function run(command: Command, expected: readonly number[] = [0]): Promise<Measured> {
  return (await runWatched(command, expected, false)).measured;
}

/** The most memory in MB that it and its children held at once. Looking costs time, so that time is not told. */
export async function peakMemory(command: Command, expected: readonly number[] = [0]): Promise<number> {
  return (await runWatched(command, expected, true)).peakMb;
}

async function runWatched({ file, args, env }: Command, expected: readonly number[], isWatched: boolean) {
  const startedAt = performance.now();
  const child = spawn(file, args, { env: env ?? process.env, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on("error", reject).on("close", (code) => resolve(code ?? -1));
  let peakMb = 0;
  const look = () => {
    peakMb = Math.max(peakMb, memoryOf(child.pid ?? 0));
  };
  const watch = isWatched ? setInterval(look, 2) : undefined;
  const code = await promise;
  clearInterval(watch);
  const ms = performance.now() - startedAt;
  if (!expected.includes(code)) {
    throw new Error(`"${[file, ...args].join(" ")}" exited ${code}:\n${output.stdout}${output.stderr}`);
  }
  return { measured: { ms, stdout: output.stdout }, peakMb };
}

/** The high-water marks of a process and its children; the kernel keeps them, so that no peak is missed. */
function memoryOf(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, one) => sum + highWaterMb(one), 0);
}

function highWaterMb(pid: number): number {
  try {
    const kb = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kb ?? 0) / 1024;
  } catch {
    return 0; // It has ended.
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

export type Rival = () => Promise<number>;

/** The median of each rival; in every round each of them runs once, so that they see the same machine. */
export async function interleave<K extends string>(
  rounds: number,
  rivals: Readonly<Record<K, Rival>>,
): Promise<Record<K, number>> {
  const names = Object.keys(rivals) as K[];
  const times = new Map<K, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) times.get(name)?.push(await rivals[name]());
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name) ?? [])])) as Record<K, number>;
}
