import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Notice } from "../../../src/model/notice.ts";
import { Redactor } from "../../../src/model/redactor.ts";
import type { JobReport, RunReport } from "../../../src/model/run-report.ts";
import {
  type NoticeState,
  nothingTold,
  noticeStateFrom,
  toldBefore,
} from "../../../src/notify/notice-state.ts";
import { jobsEnd, noticesOf, silenceNotices } from "../../../src/notify/notices.ts";
import { slackBody } from "../../../src/notify/slack-message.ts";
import { webhookBody } from "../../../src/notify/webhook-message.ts";
import { canaries, tracesIn } from "../../support/canaries.ts";
import { context, endedRun, recordOf, type ToldRun, timeAt } from "./builders.ts";

/** What is told in each of several runs of one process, as `kind key`. */
function told(runs: readonly ToldRun[], before: NoticeState = nothingTold): readonly (readonly string[])[] {
  let state = before;
  return runs.map((run) => {
    const { notices, state: next } = noticesOf(state, endedRun(run), context);
    state = next;
    return notices.map(({ kind, key }) => `${kind}: ${key}`);
  });
}

interface Sequence {
  readonly what: string;
  readonly runs: readonly (Omit<ToldRun, "hour"> & { readonly tells: readonly string[] })[];
}

const failure = "failure: failure web";
const rollback = "rollback: failure web";
const recovery = "recovery: failure web";

const sequences: readonly Sequence[] = [
  {
    what: "a failure once, and its end once",
    runs: [
      { changes: ["web failed 1"], tells: [failure] },
      { changes: ["web failed 1"], tells: [] },
      { changes: ["web set-aside 1"], tells: [] },
      { changes: ["web done 1"], tells: [recovery] },
      { changes: ["web unchanged"], tells: [] },
      { changes: ["web failed 2"], tells: [failure] },
    ],
  },
  {
    what: "a rollback once, also when the same build is tried again later",
    runs: [
      { changes: ["web rolled-back 1"], tells: [rollback] },
      { changes: ["web set-aside 1"], tells: [] },
      { revision: "r2", changes: ["web set-aside 1"], tells: [] },
      { revision: "r2", changes: ["web rolled-back 1"], tells: [] },
      { revision: "r3", changes: ["web done 2"], tells: [recovery] },
    ],
  },
  {
    what: "nothing of what a run was stopped at, and the end of what it did achieve",
    runs: [
      { changes: ["web rolled-back 1", "api failed"], interrupted: true, tells: [] },
      { changes: ["web done 1", "api unchanged"], tells: [] },
      { changes: ["web failed 2", "api failed"], tells: [failure, "failure: failure api"] },
      { changes: ["web done 2", "api failed"], interrupted: true, tells: [recovery] },
      { changes: ["web unchanged", "api done"], tells: ["recovery: failure api"] },
    ],
  },
  {
    what: "another build that fails as well",
    runs: [
      { changes: ["web rolled-back 1"], tells: [rollback] },
      { revision: "r2", changes: ["web rolled-back 2"], tells: [rollback] },
      { revision: "r2", changes: ["web rolled-back 2"], tells: [] },
      { revision: "r2", changes: ["web done 2"], tells: [recovery] },
    ],
  },
  {
    what: "another revision where the image says nothing",
    runs: [
      { changes: ["web failed"], tells: [failure] },
      { changes: ["web failed"], tells: [] },
      { revision: "r2", changes: ["web blocked"], tells: [] },
      { revision: "r2", changes: ["web failed"], tells: [failure] },
    ],
  },
  {
    what: "that it is down after it was rolled back, but not the way back",
    runs: [
      { changes: ["web rolled-back 1"], tells: [rollback] },
      { changes: ["web failed 1"], tells: [failure] },
      { changes: ["web rolled-back 1"], tells: [] },
      { changes: ["web failed 1"], tells: [] },
    ],
  },
  {
    what: "nothing about what was not tried, which leaves everything as it was",
    runs: [
      { changes: ["db failed", "web skipped"], tells: ["failure: failure db"] },
      { changes: ["db skipped", "web skipped"], tells: [] },
      { changes: ["db done", "web done"], tells: ["recovery: failure db"] },
    ],
  },
  {
    what: "that a workload in trouble is gone from the configuration",
    runs: [
      { changes: ["web blocked"], tells: [failure] },
      { revision: "r2", changes: ["db unchanged"], tells: [recovery] },
    ],
  },
  {
    what: "the end of a trouble that a person ends",
    runs: [
      { changes: ["web failed 1", "db failed 1"], tells: ["failure: failure web", "failure: failure db"] },
      { command: "rollback", changes: ["web done"], tells: [recovery] },
      { changes: ["web held", "db held"], tells: ["recovery: failure db"] },
    ],
  },
  {
    what: "an error that ends runs once for each code, and the verdict after it once",
    runs: [
      { error: "git-unreachable", tells: ["failure: run git-unreachable"] },
      { error: "git-unreachable", tells: [] },
      { error: "registry-busy", tells: ["failure: run registry-busy"] },
      { error: "git-unreachable", tells: [] },
      { changes: ["web unchanged"], tells: ["recovery: run git-unreachable", "recovery: run registry-busy"] },
      { changes: ["web unchanged"], tells: [] },
    ],
  },
  {
    what: "no error that is none",
    runs: [
      { error: "busy", tells: [] },
      { error: "interrupted", tells: [] },
      { changes: [], tells: [] },
    ],
  },
  {
    what: "troubles of workloads still, after errors that say nothing of them",
    runs: [
      { changes: ["web failed 1"], tells: [failure] },
      { error: "git-unreachable", tells: ["failure: run git-unreachable"] },
      { changes: ["web set-aside 1"], tells: ["recovery: run git-unreachable"] },
      { changes: ["web done 1"], tells: [recovery] },
    ],
  },
  {
    what: "a workload called like an error by itself",
    runs: [
      { changes: ["busy failed"], tells: ["failure: failure busy"] },
      { error: "no-space", tells: ["failure: run no-space"] },
      { changes: ["busy done"], tells: ["recovery: failure busy", "recovery: run no-space"] },
    ],
  },
  {
    what: "no end when the next run would say it again",
    runs: [
      { changes: ["web failed 1"], tells: [failure] },
      { changes: ["web unchanged"], isRemembered: false, tells: [] },
    ],
  },
];

describe("what is told of runs in one process", () => {
  test.for(sequences)("must be $what", ({ runs }) => {
    const timed = runs.map((run, index) => ({ ...run, hour: index }));
    expect(told(timed)).toEqual(runs.map(({ tells }) => tells));
  });

  test("must be drift that was put right, the same hand once an hour", () => {
    const drifted = ["web done drift", "db unchanged"];
    expect(
      told([
        { hour: 0, changes: drifted },
        { hour: 0.5, changes: drifted },
        { hour: 0.6, changes: ["web unchanged", "db done drift:paused"] },
        { hour: 1.1, changes: drifted },
        { hour: 1.2, changes: ["api failed drift"] },
      ]),
    ).toEqual([
      ["drift: drift web"],
      [],
      ["drift: drift db"],
      ["drift: drift web"],
      ["failure: failure api"],
    ]);
  });

  test("must read as sentences", () => {
    const run = endedRun({
      hour: 0,
      revision: "0123456789",
      changes: ["web rolled-back 2", "db done drift:paused"],
    });
    const { notices, state } = noticesOf(nothingTold, run, context);
    expect(notices).toEqual([
      {
        kind: "rollback",
        key: "failure web",
        project: "shop",
        environment: "develop",
        host: "prod-1",
        title: "web: is rolled-back",
        details: [],
        revision: "0123456 Fix it",
        run: "ab12cd34",
        at: timeAt(0),
      },
      expect.objectContaining({
        kind: "drift",
        title: "db: put right after it was paused",
        details: ["is done"],
      }),
    ]);
    const after = noticesOf(state, endedRun({ hour: 2, changes: ["web done 3"] }), context).notices;
    expect(after).toMatchObject([{ title: "web: in order again, is done", details: [`since ${timeAt(0)}`] }]);
    const gone = noticesOf(state, endedRun({ hour: 2 }), context).notices;
    expect(gone).toMatchObject([{ title: "web: no longer in the configuration" }]);
    const error = noticesOf(nothingTold, endedRun({ hour: 0, error: "no-space" }), context).notices;
    expect(error).toMatchObject([{ title: "no no-space", details: ["more", "do something"] }]);
    const judged = noticesOf(
      noticesOf(nothingTold, endedRun({ hour: 0, error: "no-space" }), context).state,
      endedRun({ hour: 1 }),
      context,
    );
    expect(judged.notices).toMatchObject([{ title: "runs come to a verdict again, after no-space" }]);
  });

  test("must be bounded, and one line where it says one line", () => {
    const details = Array.from({ length: 50 }, (_, index) => `line ${index}\u001b[2J`);
    const failed = { code: "x", message: `a\nb${"c".repeat(1_000)}`, details: [details.join("\n")] };
    const run = { ...endedRun({ hour: 0 }), end: { kind: "ended", failure: failed } } as const;
    const [first] = noticesOf(nothingTold, run, context).notices;
    expect(first?.title).toMatch(/^a bc{297}…$/);
    expect(first?.details).toHaveLength(21);
    expect(first?.details.at(0)).toBe("line 0[2J");
    expect(first?.details.at(-1)).toBe("… 30 more");
  });

  const outcome = fc.constantFrom(
    "failed",
    "rolled-back",
    "blocked",
    "set-aside",
    "skipped",
    "done",
    "unchanged",
    "held",
  );
  const anyRun: fc.Arbitrary<Omit<ToldRun, "hour">> = fc.oneof(
    fc.record({ error: fc.constantFrom("git-unreachable", "no-space", "busy") }),
    fc.record({
      revision: fc.constantFrom("r1", "r2", "r3"),
      command: fc.constantFrom("apply", "apply", "apply", "rollback"),
      interrupted: fc.constantFrom(false, false, false, true),
      changes: fc
        .uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c"), outcome, fc.constantFrom("", " 1", " 2")), {
          selector: ([key]) => key,
          maxLength: 3,
        })
        .map((changes) => changes.map((parts) => `${parts[0]} ${parts[1]}${parts[2]}`)),
    }),
  );

  test("must tell of no end that had no beginning, and leave nothing open that has ended", () => {
    fc.assert(
      fc.property(fc.array(anyRun, { maxLength: 12 }), (runs) => {
        let state = nothingTold;
        const open = new Set<string>();
        for (const [hour, run] of runs.entries()) {
          const { notices, state: next } = noticesOf(state, endedRun({ ...run, hour }), context);
          for (const { kind, key } of notices) {
            if (kind === "recovery") expect(open.delete(key)).toBe(true);
            else open.add(key);
          }
          expect(next.open.map(({ key }) => key)).toEqual([...open].sort());
          // The same run again has nothing new.
          expect(
            noticesOf(next, endedRun({ ...run, hour }), context).notices.filter(
              ({ kind }) => kind !== "failure",
            ),
          ).toEqual([]);
          state = JSON.parse(JSON.stringify(next));
        }
      }),
      { numRuns: 500 },
    );
  });

  test("must be the same in runs by themselves, from the history alone", () => {
    const recorded = anyRun.filter(({ error }) => error === undefined);
    fc.assert(
      fc.property(fc.array(recorded, { maxLength: 10 }), (runs) => {
        const timed = runs.map((run, hour) => ({ ...run, hour }));
        const alone = timed.map((run, index) => {
          const before = noticeStateFrom(timed.slice(0, index).map(recordOf));
          return noticesOf(before, endedRun(run), context).notices.map(({ kind, key }) => `${kind}: ${key}`);
        });
        expect(alone).toEqual(told(timed));
      }),
      { numRuns: 300 },
    );
  });
});

test("the end of a job must be told by the run that writes it down, and by no later one", () => {
  const at = timeAt(0);
  const job: JobReport = {
    ...{ key: "backup", unit: "backup.timer", containerId: "c1", outcome: "failed", summary: "exit code 1" },
    ...{ details: [], durationMs: 1, endedAt: at },
  };
  const run = endedRun({ hour: 1 });
  if (run.end.kind !== "judged") throw new Error("it comes to a verdict");
  const report: RunReport = { ...run.end.report, jobs: [job] };
  const history = [recordOf({ hour: 0, command: "job", changes: ["backup failed"] })];
  const toldBy = (jobs: readonly JobReport[]) =>
    noticesOf(toldBefore(history, { ...report, jobs }), { ...run, end: jobsEnd(report, [job]) }, context)
      .notices;
  expect(toldBy([job]).map(({ kind, key }) => `${kind} ${key}`)).toEqual(["failure failure job backup"]);
  expect(toldBy([{ ...job, endedAt: timeAt(1) }])).toEqual([]);
});

describe("silence", () => {
  const minute = 60_000;
  const watch = (minutes: number, thresholds: readonly number[] = [3], silentMinutes = minutes) => ({
    at: new Date(Date.parse(timeAt(0)) + minutes * minute).toISOString(),
    watchedSince: timeAt(0),
    silentMs: silentMinutes * minute,
    intervalMs: minute,
    thresholds,
  });
  const keys = (notices: readonly Notice[]) => notices.map(({ kind, key }) => `${kind}: ${key}`);

  test("must be told once when it has lasted for so many intervals, and its end once", () => {
    expect(silenceNotices(nothingTold, watch(2.9), context).notices).toEqual([]);
    const first = silenceNotices(nothingTold, watch(3), context);
    expect(first.notices).toMatchObject([
      {
        kind: "silence",
        key: "silence 3",
        title: "no success for 3 intervals",
        details: [`no run has succeeded since ${timeAt(0)}`],
      },
    ]);
    expect(silenceNotices(first.state, watch(9), context).notices).toEqual([]);
    const failed = noticesOf(first.state, endedRun({ hour: 1, changes: ["web failed"] }), context);
    expect(keys(failed.notices)).toEqual(["failure: failure web"]);
    const fine = noticesOf(failed.state, endedRun({ hour: 2, changes: ["web done"] }), context);
    expect(keys(fine.notices)).toEqual(["recovery: failure web", "recovery: silence 3"]);
    expect(fine.state).toEqual({ open: [], lastSuccess: timeAt(2) });
  });

  test("must count from the last success, or from when somebody began to look", () => {
    const state = noticesOf(nothingTold, endedRun({ hour: 1, changes: ["web done"] }), context).state;
    expect(silenceNotices(state, watch(62, [3], 2), context).notices).toEqual([]);
    expect(silenceNotices(state, watch(63, [3], 3), context).notices).toMatchObject([
      { details: [`the last success was at ${timeAt(1)}`] },
    ]);
    const old = { open: [], lastSuccess: timeAt(-100) };
    expect(silenceNotices(old, watch(2), context).notices).toEqual([]);
  });

  test("must be told by each threshold", () => {
    const first = silenceNotices(nothingTold, watch(1, [10, 1, 10]), context);
    expect(keys(first.notices)).toEqual(["silence: silence 1"]);
    expect(first.notices).toMatchObject([{ title: "no success for 1 interval" }]);
    expect(keys(silenceNotices(first.state, watch(10, [10, 1, 10]), context).notices)).toEqual([
      "silence: silence 10",
    ]);
  });
});

describe("a secret in a notice", () => {
  test("must be found when its short lines come as lines of their own", () => {
    const redactor = new Redactor();
    redactor.add(["abc\nxyz"]);
    const failure = { code: "x", message: "m", details: ["abc", "xyz"] };
    const run = { ...endedRun({ hour: 0 }), end: { kind: "ended", failure } } as const;
    const { notices } = noticesOf(nothingTold, run, { ...context, redact: redactor.redact });
    expect(notices).toMatchObject([{ details: ["***"] }]);
  });

  test("must leave no trace, whichever part of a run it is in, and in both formats", () => {
    const redactor = new Redactor();
    redactor.add(canaries);
    const secretive = { ...context, redact: redactor.redact };
    const notices = canaries.flatMap((value) => {
      const base = endedRun({ hour: 0, changes: ["web failed 1"] });
      if (base.end.kind !== "judged") return [];
      const { report, changes } = base.end;
      const fail = {
        code: "gate-failed",
        message: `m ${value}`,
        hint: `h ${encodeURIComponent(value)}`,
        details: [
          value,
          ...value.split("\n"),
          JSON.stringify({ value }),
          Buffer.from(value).toString("base64"),
        ],
      };
      const edge = `${"x".repeat(295)}${value}`;
      const run = {
        ...base,
        revision: { id: "r", subject: `s ${value}` },
        end: {
          ...base.end,
          report: {
            ...report,
            changes: [{ key: "web", outcome: "failed", summary: edge, durationMs: 1, failure: fail }],
          },
          changes,
        },
      } as const;
      const error = { ...base, end: { kind: "ended", failure: fail } } as const;
      return [
        ...noticesOf(nothingTold, run, { ...secretive, host: value }).notices,
        ...noticesOf(nothingTold, error, secretive).notices,
      ];
    });
    expect(notices).toHaveLength(2 * canaries.length);
    const bodies = notices.flatMap((one) => [
      webhookBody({ notices: [one], missed: 0 }),
      slackBody({ notices: [one], missed: 0 }),
    ]);
    expect(tracesIn(bodies.join("\n"))).toEqual([]);
    expect(bodies.filter((body) => /canary/i.test(body))).toEqual([]);
  });
});
