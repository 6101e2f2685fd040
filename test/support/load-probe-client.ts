/**
 * The client of a load probe, run by itself under Node wherever the load is to come from: `CLIENTS` loops that ask `URL`
 * without a pause (or with `PAUSE_MS`). It prints "ready" after the first answer, and what it counted when it is told to
 * end. It imports nothing but Node's own modules, because it runs inside containers too.
 */
import { request } from "node:http";

export interface LoadReport {
  readonly total: number;
  /** Failures of first attempts, by their code. */
  readonly raw: Readonly<Record<string, number>>;
  /** Requests that failed although a refused or reset connection was tried once more. */
  readonly failed: number;
  readonly failures: readonly string[];
  /** The longest time in which no request of any client was answered. */
  readonly longestGapMs: number;
  /** How often each answer came. */
  readonly answers: Readonly<Record<string, number>>;
}

const { URL: url = "", CLIENTS: clients = "8", PAUSE_MS: pause = "0" } = process.env;
const worthARetry = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE"]);

const report = {
  total: 0,
  raw: {} as Record<string, number>,
  failed: 0,
  failures: [] as string[],
  longestGapMs: 0,
  answers: {} as Record<string, number>,
};
let ending = false;
let lastAnswerAt: number | undefined;

/** One request on a connection of its own. */
function ask(): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const call = request(url, { agent: false, timeout: 10_000 }, (answer) => {
    let body = "";
    answer.setEncoding("utf8");
    answer.on("data", (text: string) => {
      body += text;
    });
    answer.on("error", reject);
    answer.on("end", () => {
      if (answer.statusCode === 200) resolve(body.trim());
      else reject(Object.assign(new Error(body), { code: `HTTP ${answer.statusCode}` }));
    });
  });
  call.on("timeout", () => call.destroy(Object.assign(new Error("no answer"), { code: "TIMEOUT" })));
  call.on("error", reject).end();
  return promise;
}

/** Also what became of each address, when several were tried. */
function codeOf(error: unknown): string {
  const code = String((error as NodeJS.ErrnoException).code ?? error);
  if (!(error instanceof AggregateError)) return code;
  const attempts = error.errors.map(({ code, address }) => `${code} ${address}`);
  return `${code} (${attempts.join(", ")})`;
}

function noteAnswer(answer: string): void {
  const now = performance.now();
  if (lastAnswerAt === undefined) process.stdout.write("ready\n");
  else report.longestGapMs = Math.max(report.longestGapMs, now - lastAnswerAt);
  lastAnswerAt = now;
  report.answers[answer] = (report.answers[answer] ?? 0) + 1;
}

async function askWithRetry(): Promise<void> {
  report.total += 1;
  try {
    noteAnswer(await ask());
    return;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    report.raw[code] = (report.raw[code] ?? 0) + 1;
    if (!worthARetry.has(code)) return noteFailure(codeOf(error));
  }
  try {
    noteAnswer(await ask());
  } catch (error) {
    noteFailure(`${codeOf(error)} after a retry`);
  }
}

function noteFailure(code: string): void {
  report.failed += 1;
  if (report.failures.length < 20) report.failures.push(`${new Date().toISOString()} ${code}`);
}

async function loop(): Promise<void> {
  while (!ending) {
    await askWithRetry();
    if (Number(pause) > 0) await new Promise((resolve) => setTimeout(resolve, Number(pause)));
  }
}

process.on("SIGTERM", () => {
  ending = true;
});
await Promise.all(Array.from({ length: Number(clients) }, loop));
process.stdout.write(`${JSON.stringify(report)}\n`);
