import { describe, expect, test } from "vitest";
import type { ChangeRecord, KeptState, RunRecord } from "../../../src/model/history.ts";
import { compositionOf } from "../../../src/release/composition.ts";
import { type SoakFacts, soakProblems } from "../../../src/release/soak.ts";
import { desiredState, workload } from "../../support/builders.ts";

const hour = 3_600_000;
const now = new Date("2026-11-21T12:00:00Z");
const ago = (hours: number) => new Date(now.getTime() - hours * hour).toISOString();

const state = desiredState([
  workload("web", { image: "myrepo/web:58-develop" }),
  workload("api", { image: "myrepo/api:7-develop" }),
]);
const { components } = compositionOf(state, { own: ["myrepo/*"] });
const kept: KeptState = { revision: "3f2c1ab", at: ago(5), good: ["api", "web"], desired: state };

function change(key: string, outcome: ChangeRecord["outcome"] = "done"): ChangeRecord {
  return {
    key,
    kind: "replace",
    cause: "the configuration changed",
    fields: [],
    outcome,
    summary: outcome === "done" ? "running" : "exited with 1",
    details: [],
    durationMs: 0,
  };
}

function run(hoursAgo: number, ...changes: readonly ChangeRecord[]): RunRecord {
  return {
    txn: "00000000",
    at: ago(hoursAgo),
    durationMs: 0,
    command: "apply",
    by: "tester",
    revision: { id: "3f2c1ab" },
    exitCode: 0,
    verdict: "",
    changes,
  };
}

function problems(facts: Partial<SoakFacts>, soakHours = 4): readonly string[] {
  return soakProblems({ components, history: [], kept: [kept], ...facts }, soakHours * hour, now);
}

describe("a soak", () => {
  test("must be over when everything last changed long enough ago and did not fail since", () => {
    const history = [run(30, change("web"), change("api")), run(5, change("web"), change("other"))];
    expect(problems({ history })).toEqual([]);
    expect(problems({ history }, 5)).toEqual([]);
    expect(problems({ history }, 5.5)).toEqual(["web changed 5 h ago, 5 h 30 min are asked for"]);
  });

  test("must forget a failure that a later good run has answered", () => {
    const history = [
      run(9, change("web"), change("api")),
      run(8, change("web", "rolled-back")),
      run(5, change("web")),
    ];
    expect(problems({ history })).toEqual([]);
  });

  test.for(["rolled-back", "failed", "blocked", "set-aside", "skipped", "held"] as const)(
    "must not count over a component that was %s since",
    (outcome) => {
      const history = [run(9, change("web"), change("api")), run(5, change("web", outcome))];
      const [found, ...more] = problems({ history });
      expect(found).toMatch(/^web was .+ at 2026-11-21 07:00 UTC: exited with 1$/);
      expect(more).toEqual([]);
    },
  );

  test("must not begin anew with each run of a job, and mind the last one", () => {
    const ran = (outcome?: ChangeRecord["outcome"]) => ({ ...change("web", outcome), kind: "run" as const });
    const deployed = run(9, change("web"), change("api"));
    expect(problems({ history: [deployed, run(2, ran()), run(1, ran())] })).toEqual([]);
    expect(problems({ history: [deployed, run(2, ran("failed")), run(1, ran())] })).toEqual([]);
    expect(problems({ history: [deployed, run(2, ran()), run(1, ran("failed"))] })).toEqual([
      "web was failing at 2026-11-21 11:00 UTC: exited with 1",
    ]);
  });

  test("must look at every replica", () => {
    const history = [run(9, change("web#1"), change("web#2"), change("api")), run(1, change("web#2"))];
    expect(problems({ history })).toEqual(["web changed 1 h ago, 4 h are asked for"]);
  });

  test("must take what the history does not reach back to for as old as the history", () => {
    expect(problems({ history: [run(6, change("other"))] })).toEqual([]);
    expect(problems({ history: [run(2, change("other"))] })).toEqual([
      "api is remembered for 2 h, 4 h are asked for",
      "web is remembered for 2 h, 4 h are asked for",
    ]);
  });

  test("must be about exactly these components", () => {
    const history = [run(9, change("web"), change("api"))];
    const other = desiredState([
      workload("web", { image: "myrepo/web:57-develop" }),
      workload("api", { image: "elsewhere/api:7-develop" }),
    ]);
    expect(problems({ history, kept: [{ ...kept, desired: other }] })).toEqual([
      "api runs as elsewhere/api:7-develop there, not as myrepo/api:7-develop",
      "web runs as myrepo/web:57-develop there, not as myrepo/web:58-develop",
    ]);
    const none = desiredState([workload("api", { image: "myrepo/api:7-develop" })]);
    expect(problems({ history, kept: [{ ...kept, desired: none }] })).toEqual(["web does not run there"]);
    // The latest state counts.
    expect(problems({ history, kept: [{ ...kept, desired: other }, kept] })).toEqual([]);
  });

  test("must compare digests where both are known", () => {
    const [a, b] = ["a", "b"].map((digit) => `sha256:${digit.repeat(64)}`);
    const pinned = desiredState([workload("web", { image: `myrepo/web:58-develop@${a}` })]);
    const wanted = (digest: string | undefined) =>
      components.filter(({ key }) => key === "web").map((found) => ({ ...found, ...(digest && { digest }) }));
    const facts = { history: [run(9, change("web"))], kept: [{ ...kept, desired: pinned }] };
    expect(problems({ ...facts, components: wanted(a) })).toEqual([]);
    expect(problems({ ...facts, components: wanted(undefined) })).toEqual([]);
    expect(problems({ ...facts, components: wanted(b) })).toHaveLength(1);
  });

  test("must not be over for what was not well after the last run", () => {
    const history = [run(9, change("web"), change("api"))];
    expect(problems({ history, kept: [{ ...kept, good: ["api"] }] })).toEqual([
      "web was not well after the last run there",
    ]);
  });

  test("must not be over where nothing is known, or where clocks disagree", () => {
    expect(problems({ kept: [] })).toEqual([
      "nothing is known of what the environment runs: no run of it is remembered",
    ]);
    const history = [run(-1, change("web"), change("api"))];
    expect(problems({ history })[0]).toBe("api changed 0 ms ago, 4 h are asked for");
  });
});
