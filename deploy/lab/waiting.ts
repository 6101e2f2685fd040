/** Waits with deadlines, and what Linux tells about processes. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/**
 * Asks `probe` until it answers something other than `undefined`. A probe that throws ends the wait at once: it is
 * for "this cannot come any more" (a process that exited), not for "not yet".
 */
export async function waitUntil<T>(
  what: string,
  deadlineMs: number,
  probe: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`${what}: nothing after ${deadlineMs / 1000} s`);
    await delay(20);
  }
}

/** True while the process runs; a zombie that its parent has not collected yet counts as gone. */
export function isRunning(pid: number): boolean {
  return processState(pid) !== undefined;
}

export async function waitForExit(pid: number, deadlineMs: number): Promise<void> {
  await waitUntil(`process ${pid} to end`, deadlineMs, () => (isRunning(pid) ? undefined : true));
}

/** SIGTERM, and SIGKILL when it has not ended within `graceMs`. */
export async function endProcess(pid: number, graceMs: number): Promise<void> {
  signalProcess(pid, "SIGTERM");
  try {
    await waitForExit(pid, graceMs);
  } catch {
    signalProcess(pid, "SIGKILL");
    await waitForExit(pid, 10_000);
  }
}

/** Sends a signal; a process that has ended already is fine. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The pids of the direct children. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => processState(child)?.parent === pid);
}

/** The command line, for telling our own process from one that got the same pid later. */
export function commandLineOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function processState(pid: number): { readonly parent: number } | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // "pid (name) state ppid …": the name may hold spaces and parentheses, so count from the last one.
  const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return state === "Z" || state === "X" ? undefined : { parent: Number(parent) };
}
