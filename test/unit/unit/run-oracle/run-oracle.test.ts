import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { flagTable } from "../../../../src/unit/docker-run-flags.ts";
import { flagFields } from "../../../../src/unit/flag-fields.ts";
import { isTakenBy, readRuns } from "../../../support/run-oracle-recorder.ts";
import { combinationCases, flagCases, lineCases, type RunCase } from "./cases.ts";
import { changedFields } from "./changed-fields.ts";
import { comparableRuns } from "./compare.ts";
import { ourRun } from "./ours.ts";
import { permittedDifferences } from "./permitted.ts";
import { permittedOutcomes } from "./permitted-outcomes.ts";

/**
 * What we make of a line of `docker run` is compared with what the docker client 28.5 asks an Engine to create. Its answers
 * are recorded; `test/docker-client/run-oracle.test.ts` tells whether it still says the same, and records it anew.
 */
const recorded = readRuns(readFileSync(join(import.meta.dirname, "recorded.jsonl"), "utf8"));
const combinations = combinationCases((name) => isTakenBy(recorded, name));

type Verdict = "same" | "refused by both" | "refused by the Engine" | "different for a reason";
const counts = new Map<RunCase["table"], Map<Verdict | "tried", number>>();
const used = new Set<string>();
const outcomes = new Set<string>();

function count(table: RunCase["table"], what: Verdict | "tried"): void {
  const row = counts.get(table) ?? new Map<Verdict | "tried", number>();
  counts.set(table, row.set(what, (row.get(what) ?? 0) + 1));
}

function check(one: RunCase): Verdict {
  const docker = recorded.answers.get(one.name);
  expect(docker, "not recorded: see test/docker-client/run-oracle.test.ts").toBeDefined();
  if (docker === undefined) throw new Error("not recorded");
  const ours = ourRun(one);
  const isOurs = ours.refused !== undefined;
  if (one.differs !== undefined) {
    outcomes.add(one.differs);
    const said = isOurs ? "we refuse" : docker.refused === undefined ? "both take it" : "docker refuses";
    expect(said, ours.refused ?? docker.refused).toBe(permittedOutcomes[one.differs]?.expected);
    expect(isOurs && docker.refused !== undefined, "both refuse it: no reason is needed").toBe(false);
    return "different for a reason";
  }
  if (isOurs && docker.engine !== undefined) return "refused by the Engine";
  if (docker.refused !== undefined || isOurs) {
    expect({ ours: ours.refused ?? "taken", docker: docker.refused ?? "taken" }).toEqual({
      ours: expect.not.stringMatching(/^taken$/),
      docker: expect.not.stringMatching(/^taken$/),
    });
    return "refused by both";
  }
  const sides = comparableRuns(recorded.bare, docker, ours, used);
  expect(sides.ours).toEqual(sides.docker);
  return "same";
}

describe("a line of docker run becomes the container that Docker makes of it", () => {
  test.each([...flagCases, ...lineCases, ...combinations])("$name", (one) => {
    count(one.table, "tried");
    count(one.table, check(one));
  });
});

test("every permitted difference is met, and each case is recorded once", () => {
  expect(permittedDifferences.filter(({ id }) => !used.has(id)).map(({ id }) => id)).toEqual([]);
  expect(Object.keys(permittedOutcomes).filter((key) => !outcomes.has(key))).toEqual([]);
  const names = [...flagCases, ...lineCases, ...combinations].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect([...recorded.answers.keys()].sort()).toEqual([...names].sort());
});

/** How often each flag of the client is written in lines. */
function timesOf(cases: readonly RunCase[]): readonly { readonly flag: string; readonly times: number }[] {
  const words = cases.flatMap((one) => one.words);
  return recorded.flags.map(({ long, short }) => {
    const isIt = (word: string) =>
      word === `--${long}` ||
      word.startsWith(`--${long}=`) ||
      (short !== undefined && new RegExp(`^-[a-zA-Z]*${short}`).test(word));
    return { flag: long, times: words.filter(isIt).length };
  });
}

test("every flag of docker run is tried with several values", () => {
  expect(timesOf(flagCases).filter(({ times }) => times < 3)).toEqual([{ flag: "help", times: 1 }]);
});

test("every flag of docker run stands in the lines at least twice", () => {
  expect(recorded.flags.length).toBeGreaterThan(100);
  expect(lineCases.length).toBeGreaterThanOrEqual(150);
  expect(timesOf(lineCases).filter(({ times }) => times < 2)).toEqual([]);
});

test("every flag of docker run is in our table, and every switch is one", () => {
  const missing = recorded.flags.filter(({ long, takesValue }) => {
    const row = flagTable.find(({ name }) => name === long);
    return row === undefined || (row.takes === "value") !== takesValue;
  });
  expect(missing).toEqual([]);
});

test("every flag sets the fields that the documentation says", () => {
  const changed = changedFields(flagCases);
  const applied = flagTable.filter(({ handling }) => handling.kind === "applied").map(({ name }) => name);
  const found = applied.map((name) => [name, [...(changed.get(name) ?? [])].sort()] as const);
  // The volume is made before the container.
  const others = { "volume-driver": flagFields["volume-driver"] };
  expect({ ...Object.fromEntries(found.filter(([, fields]) => fields.length > 0)), ...others }).toEqual(
    flagFields,
  );
  expect(applied.filter((name) => flagFields[name] === undefined)).toEqual(["detach", "pull"]);
});

afterAll(() => {
  for (const [table, row] of counts) {
    const tried = row.get("tried") ?? 0;
    const verdicts = [...row].filter(([name]) => name !== "tried");
    const passed = verdicts.reduce((sum, [, number]) => sum + number, 0);
    const rate = ((passed / Math.max(tried, 1)) * 100).toFixed(1);
    const text = verdicts.map(([name, number]) => `${number} ${name}`).join(", ");
    console.log(`docker run as oracle, ${table}s: ${passed} of ${tried} pass (${rate} %): ${text}`);
  }
});
