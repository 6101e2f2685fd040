import type { Readable } from "node:stream";
import { apiPath, type EngineClient } from "./engine-client.ts";
import type { ContainerInspect } from "./inspect-types.ts";
import { readLogLines } from "./log-lines.ts";

const logTail = 10;
const healthTail = 3;
const lineLength = 300;
const storyTimeoutMs = 10_000;

/**
 * A container's own story for a report: how it ended, its last health checks, its last log lines, oldest first
 * (Docker Engine API, "ContainerInspect" and "ContainerLogs"). What cannot be read is left out.
 */
export async function tellFailure(
  client: EngineClient,
  id: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const path = apiPath`/containers/${id}/json`;
    const container = await client.get<ContainerInspect>(
      { what: "inspect container", path, timeoutMs: storyTimeoutMs },
      signal,
    );
    const log = await readLog(client, container, signal);
    return [...howItEnded(container), ...healthStory(container), ...log.map((line) => `log: ${line}`)];
  } catch {
    return [];
  }
}

function howItEnded({ State: state, RestartCount: restarts = 0 }: ContainerInspect): string[] {
  const lines: string[] = [];
  if (state.OOMKilled) lines.push("killed because it ran out of memory");
  if (["exited", "dead", "restarting"].includes(state.Status))
    lines.push(`exited with code ${state.ExitCode ?? 0}`);
  if (restarts > 0) lines.push(`restarted ${restarts === 1 ? "once" : `${restarts} times`}`);
  if (state.Error) lines.push(`Engine: ${clean(state.Error)}`);
  return lines;
}

/** Equal results in a row become one line. */
function healthStory({ State: state }: ContainerInspect): string[] {
  const entries = (state.Health?.Log ?? []).slice(-healthTail).map((entry) => {
    const output = clean(entry.Output ?? "");
    return `health check exited ${entry.ExitCode ?? 0}${output === "" ? "" : `: "${output}"`}`;
  });
  const counted: { text: string; count: number }[] = [];
  for (const text of entries) {
    const last = counted.at(-1);
    if (last?.text === text) last.count++;
    else counted.push({ text, count: 1 });
  }
  return counted.map(({ text, count }) => (count === 1 ? text : `${count} times: ${text}`));
}

/** Logging drivers that keep nothing to read refuse with an error. */
async function readLog(
  client: EngineClient,
  container: ContainerInspect,
  signal: AbortSignal,
): Promise<string[]> {
  let stream: Readable | undefined;
  try {
    stream = await client.stream(
      "GET",
      {
        what: "read log",
        path: apiPath`/containers/${container.Id}/logs`,
        query: { stdout: "1", stderr: "1", tail: String(logTail) },
        timeoutMs: storyTimeoutMs,
      },
      AbortSignal.any([signal, AbortSignal.timeout(storyTimeoutMs)]),
    );
    const lines = await readLogLines(stream, container.Config.Tty === true);
    return lines
      .map(clean)
      .filter((line) => line !== "")
      .slice(-logTail);
  } catch {
    return [];
  } finally {
    stream?.destroy();
  }
}

/** One printable line: control characters could rewrite the reader's terminal. */
export function clean(text: string): string {
  const line = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
    .replace(/\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007]*(?:\u0007|\u001b\\)/g, "")
    .replace(/\s+/g, " ")
    .replace(/[\p{Cc}\p{Cf}]/gu, "")
    .trim();
  return line.length > lineLength ? `${line.slice(0, lineLength)}…` : line;
}
