/**
 * `systemd-analyze calendar`, which says what systemd itself makes of calendar expressions. It prints whole seconds.
 */
import { execFile } from "node:child_process";
import { expect } from "vitest";
import { nextElapse, parseCalendar } from "../../../src/calendar/calendar.ts";

export interface Question {
  readonly expression: string;
  /** Epoch milliseconds. */
  readonly after: number;
}

/**
 * The first elapses in epoch seconds, or that the expression is refused. Where clocks are put forward at midnight,
 * systemd 252 sometimes ends with an error of its own, and has no answer.
 */
export type Answer = readonly number[] | "refused" | "no answer";

const elapses = 5;
/** More would not fit on a command line. */
const batch = 500;

/** Asks systemd. All questions with the same start are asked at once. */
export async function askSystemd(questions: readonly Question[]): Promise<Map<Question, Answer>> {
  const answers = new Map<Question, Answer>();
  for (const [after, group] of Map.groupBy(questions, (question) => question.after)) {
    for (let start = 0; start < group.length; start += batch) {
      const part = group.slice(start, start + batch);
      const output = await run(after, part);
      for (const [index, answer] of readAnswers(part, output).entries()) {
        const question = part[index];
        if (question !== undefined) answers.set(question, answer);
      }
    }
  }
  return answers;
}

/** The same from our own code, in whole seconds. */
export function askOurselves({ expression, after }: Question): Answer {
  const { value } = parseCalendar(expression);
  if (value === undefined) return "refused";
  const found: number[] = [];
  for (let last = nextElapse(value, after); last !== undefined; last = nextElapse(value, last)) {
    found.push(Math.floor(last / 1000));
    if (found.length === elapses) break;
  }
  return found;
}

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

function run(after: number, questions: readonly Question[]): Promise<Output> {
  const expressions = questions.map(({ expression }) => expression);
  const options = ["calendar", `--iterations=${elapses}`, `--base-time=@${after / 1000}`, "--"];
  const env = { PATH: process.env["PATH"], TZ: "UTC", LC_ALL: "C.UTF-8", SYSTEMD_COLORS: "0" };
  return new Promise((resolve, reject) => {
    const settings = { env, maxBuffer: 64 * 1024 * 1024 };
    execFile("systemd-analyze", [...options, ...expressions], settings, (error, stdout, stderr) => {
      if (error?.code === "ENOENT")
        reject(new Error("systemd-analyze is not installed: apt-get install systemd", { cause: error }));
      else resolve({ stdout, stderr });
    });
  });
}

function readAnswers(questions: readonly Question[], { stdout, stderr }: Output): Answer[] {
  const refused = namesAfter(/^Failed to parse calendar specification '(.*?)': /gms, stderr);
  const failed = namesAfter(/^Failed to determine next elapse for '(.*?)': /gms, stderr);
  const accepted = stdout
    .split(/^Normalized form: /m)
    .slice(1)
    .map(readElapses);
  const answers = questions.map(({ expression }): Answer => {
    if (refused.has(expression)) return "refused";
    return failed.has(expression) ? "no answer" : (accepted.shift() ?? []);
  });
  expect(accepted, `more answers of systemd-analyze than expressions\n${stderr}`).toEqual([]);
  return answers;
}

function namesAfter(pattern: RegExp, text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ""));
}

function readElapses(block: string): number[] {
  return [
    ...block.matchAll(/(?:Next elapse|Iter\. #\d+): \w{3} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/g),
  ].map(([, date, time]) => Date.parse(`${date}T${time}Z`) / 1000);
}
