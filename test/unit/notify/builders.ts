import type { Change } from "../../../src/model/change.ts";
import type { NoticeKind } from "../../../src/model/daemon-settings.ts";
import { noticeKinds } from "../../../src/model/daemon-settings.ts";
import type { RunRecord } from "../../../src/model/history.ts";
import type { Notice } from "../../../src/model/notice.ts";
import type { ChangeReport, Outcome, RunReport } from "../../../src/model/run-report.ts";
import type { EndedRun } from "../../../src/notify/notices.ts";
import type { Target } from "../../../src/notify/targets.ts";
import type { NoticeContext } from "../../../src/notify/teller.ts";

export const context: NoticeContext = {
  project: "shop",
  environment: "develop",
  host: "prod-1",
  redact: (text) => text,
};

/** What became of one workload in a run: `web failed`, `web failed 2-develop`, `web done drift`. */
export interface ToldRun {
  /** Hours after the first one. */
  readonly hour: number;
  readonly revision?: string;
  readonly changes?: readonly string[];
  /** Code of the error that ended it. */
  readonly error?: string;
  readonly command?: RunRecord["command"];
  readonly isRemembered?: boolean;
  /** It was told to stop. */
  readonly interrupted?: boolean;
}

export function timeAt(hour: number): string {
  return new Date(Date.UTC(2026, 9, 19, 10) + hour * 3_600_000).toISOString();
}

interface Told {
  readonly key: string;
  readonly outcome: Outcome;
  readonly image?: string;
  readonly drift?: string;
}

function parse(text: string): Told {
  const [key = "", outcome = "done", rest] = text.split(" ");
  return {
    key,
    outcome: outcome as Outcome,
    ...(rest === undefined
      ? {}
      : rest.startsWith("drift")
        ? { drift: rest.slice(6) || "removed" }
        : { image: rest }),
  };
}

const isFine = ({ outcome }: Told) => outcome === "done" || outcome === "unchanged" || outcome === "held";

export function endedRun(run: ToldRun): EndedRun {
  const {
    hour,
    revision = "r1",
    changes = [],
    error,
    command = "apply",
    isRemembered = true,
    interrupted = false,
  } = run;
  const told = changes.map(parse);
  const common = { at: timeAt(hour), run: "ab12cd34", isRemembered };
  if (error !== undefined) {
    const failure = { code: error, message: `no ${error}`, hint: "do something", details: ["more"] };
    return { ...common, end: { kind: "ended", failure } };
  }
  const end = {
    kind: "judged",
    command,
    report: { ...reportOf(told, revision), ...(interrupted ? { interrupted } : {}) },
    changes: told.map(changeOf),
  } as const;
  return { ...common, revision: { id: revision, subject: "Fix it" }, end };
}

function reportOf(told: readonly Told[], revision: string): RunReport {
  const converged = told.every(isFine);
  return {
    environment: "develop",
    project: "shop",
    revision: { id: revision },
    changes: told.map(changeReport),
    converged,
    exitCode: converged ? 0 : 1,
    verdict: "verdict",
    durationMs: 1,
    warnings: [],
  };
}

function changeReport({ key, outcome }: Told): ChangeReport {
  return { key, outcome, summary: `is ${outcome}`, durationMs: 1 };
}

function changeOf({ key, image, drift }: Told): Change {
  const before = "myrepo/web:0-develop";
  return {
    key,
    subject: "workload",
    kind: "replace",
    fields:
      image === undefined ? [] : [{ field: "image", before, after: `myrepo/web:${image}`, masked: false }],
    cause: "x",
    ...(drift === undefined ? {} : { drift }),
    notes: [],
  };
}

/** The same run as the history has it. */
export function recordOf(run: ToldRun): RunRecord {
  const { hour, revision = "r1", changes = [], command = "apply", interrupted = false } = run;
  const told = changes.map(parse);
  const report = reportOf(told, revision);
  return {
    ...(interrupted ? { interrupted } : {}),
    txn: "ab12cd34",
    at: timeAt(hour),
    durationMs: 1,
    command,
    by: "ci",
    revision: { id: revision },
    exitCode: report.exitCode,
    verdict: "verdict",
    changes: told
      .filter(({ outcome }) => outcome !== "unchanged")
      .map(({ key, outcome, image }) => ({
        key,
        kind: "replace",
        cause: "x",
        fields: image === undefined ? [] : ["env A (changed)", `image myrepo/web:0-develop → ${image}`],
        outcome,
        summary: `is ${outcome}`,
        details: [],
        durationMs: 1,
      })),
  };
}

export function notice(parts: Partial<Notice> = {}): Notice {
  return {
    kind: "failure",
    key: "failure web",
    project: "shop",
    environment: "develop",
    host: "prod-1",
    title: "web: never became healthy",
    details: ["exit code 1"],
    revision: "3f2c1ab Fix it",
    run: "ab12cd34",
    at: timeAt(0),
    ...parts,
  };
}

export const signingSecret = `whsec_${Buffer.from("k".repeat(32)).toString("base64")}`;

export function target(url: string, parts: Partial<Target> = {}): Target {
  const on: readonly NoticeKind[] = noticeKinds;
  return {
    name: "hook",
    kind: "webhook",
    url: new URL(url),
    signingSecret,
    on,
    silentIntervals: 3,
    ...parts,
  };
}
