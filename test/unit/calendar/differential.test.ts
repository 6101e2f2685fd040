import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { questions as arbitrary } from "./arbitrary.ts";
import { accepted, refused } from "./expressions.ts";
import { type Answer, askOurselves, askSystemd, type Question } from "./oracle.ts";

interface Comparison {
  readonly expressions: number;
  readonly elapses: number;
  readonly refused: number;
  readonly withoutAnswer: number;
  /** What systemd and we disagree about. */
  readonly differences: readonly string[];
}

async function compare(questions: readonly Question[]): Promise<Comparison> {
  const answers = await askSystemd(questions);
  const differences: string[] = [];
  for (const question of questions) {
    const [theirs, ours] = [answers.get(question) ?? "no answer", askOurselves(question)];
    if (theirs === "no answer" || show(theirs) === show(ours)) continue;
    const after = new Date(question.after).toISOString();
    differences.push(
      `"${question.expression}" after ${after}\n  systemd ${show(theirs)}\n  we      ${show(ours)}`,
    );
  }
  const all = [...answers.values()];
  return {
    expressions: questions.length,
    elapses: all.reduce((sum, answer) => sum + (typeof answer === "string" ? 0 : answer.length), 0),
    refused: all.filter((answer) => answer === "refused").length,
    withoutAnswer: all.filter((answer) => answer === "no answer").length,
    differences,
  };
}

function show(answer: Answer): string {
  if (typeof answer === "string") return answer;
  return answer.length === 0
    ? "never"
    : answer.map((second) => new Date(second * 1000).toISOString()).join(" ");
}

function report(
  what: string,
  { expressions, elapses, refused, withoutAnswer, differences }: Comparison,
): void {
  const counts = `${expressions} expressions, ${elapses} elapses, ${refused} refused, ${withoutAnswer} without an answer of systemd`;
  process.stderr.write(`calendar, ${what}: ${counts}; ${differences.length} differences\n`);
}

describe("calendar expressions compared with systemd-analyze", () => {
  test("must elapse when systemd says, with time zones and both changes of the clocks", async () => {
    const questions = accepted.flatMap(({ after, expressions }) =>
      expressions.map((expression) => ({ expression, after: Date.parse(after) })),
    );
    const result = await compare(questions);
    report("table", result);
    expect(result.differences).toEqual([]);
    expect(result).toMatchObject({ refused: 0, withoutAnswer: 0 });
    expect(result.expressions).toBeGreaterThanOrEqual(200);
    expect(result.elapses).toBeGreaterThanOrEqual(900);
  });

  test("must be refused when systemd refuses them", async () => {
    const after = Date.parse("2024-01-01T00:00:00Z");
    const result = await compare(refused.map((expression) => ({ expression, after })));
    report("refusals", result);
    expect(result.differences).toEqual([]);
    expect(result.refused).toBe(refused.length);
    expect(refused.length).toBeGreaterThanOrEqual(120);
  });

  test("must agree with systemd, whatever they are", async () => {
    const questions = fc.sample(arbitrary, 1500);
    const result = await compare(questions);
    report("generated", result);
    expect(result.differences).toEqual([]);
    expect(result.refused).toBeGreaterThan(100);
    expect(result.elapses).toBeGreaterThan(2000);
    expect(result.withoutAnswer).toBeLessThan(30);
  });
});
