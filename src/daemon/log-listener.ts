import { shortRevision } from "../model/revision.ts";
import type { RunEvent } from "../model/run-event.ts";
import type { ChangeReport, Outcome } from "../model/run-report.ts";
import { stepText } from "../plan/step-text.ts";
import type { Log } from "../ports.ts";
import type { DaemonEvent, Listener } from "./daemon-event.ts";
import { followedText } from "./followed.ts";
import type { RunOutcome } from "./run-once.ts";
import { triggerText } from "./trigger.ts";

/** Writes one line for each fact. A look that finds everything as before is none. */
export function logListener(log: Log): Listener {
  let lastVerdict: string | undefined;
  let lastProblem: string | undefined;
  let lastSettings: readonly string[] = [];
  return (event) => {
    switch (event.kind) {
      case "configured": {
        // Settings are applied by each run; what is wrong with them is new once.
        const news = event.problems.filter((problem) => !lastSettings.includes(problem));
        lastSettings = event.problems;
        for (const problem of news) log.error("setting without effect", { problem });
        return;
      }
      case "run-finished": {
        const { outcome, triggers, durationMs } = event;
        const lines = log.child({ run: outcome.run.txn, environment: outcome.report.environment });
        const problem = outcome.problem?.error.message;
        if (problem !== undefined && problem !== lastProblem) tellProblem(lines, outcome);
        if (problem === undefined && lastProblem !== undefined) lines.info("source is fine again");
        lastProblem = problem;
        for (const fact of outcome.facts) lines.info("image pushed", { fact });
        const { verdict, converged, revision, warnings } = outcome.report;
        for (const warning of warnings) lines.warn("warning", { warning });
        const isNews = outcome.run.plan.steps.length > 0 || verdict !== lastVerdict;
        lastVerdict = verdict;
        if (!isNews) return;
        for (const change of outcome.report.changes) tellChange(lines, change);
        const data = { verdict, revision: shortRevision(revision), because: triggers.map(triggerText) };
        const timed = { ...data, durationMs: Math.round(durationMs) };
        if (converged) lines.info("run converged", timed);
        else lines.error("run did not converge", timed);
        return;
      }
      case "run-interrupted":
        log.warn("run interrupted", { run: event.outcome.run.txn, verdict: event.outcome.report.verdict });
        return;
      case "run-failed": {
        const { error, triggers, retryInMs } = event;
        lastVerdict = undefined;
        const because = triggers.map(triggerText);
        log.error("run failed", {
          ...{ error, because },
          ...(retryInMs === undefined ? {} : { retryInMs }),
        });
        return;
      }
      default:
        tellOther(log, event);
        return;
    }
  };
}

/** A push or a mistake may name many places; a line holds the first of them. */
const mostFindings = 10;

function tellProblem(log: Log, { problem, report }: RunOutcome): void {
  if (problem === undefined) return;
  log.error("source cannot be used, the last good revision stays in force", {
    error: problem.error,
    findings: problem.findings.slice(0, mostFindings),
    inForce: shortRevision(report.revision),
    ...(problem.revision === undefined ? {} : { refused: shortRevision(problem.revision) }),
  });
}

const fine: ReadonlySet<Outcome> = new Set<Outcome>(["done", "held"]);

function tellChange(log: Log, { key, outcome, summary, durationMs, failure }: ChangeReport): void {
  if (outcome === "unchanged" || outcome === "set-aside") return;
  const data = { workload: key, outcome, summary, durationMs: Math.round(durationMs) };
  if (fine.has(outcome)) {
    log.info("workload", data);
    return;
  }
  log.error("workload", failure === undefined ? data : { ...data, failure });
}

type OtherEvent = Exclude<
  DaemonEvent,
  { kind: "configured" | "run-finished" | "run-interrupted" | "run-failed" }
>;

function tellOther(log: Log, event: OtherEvent): void {
  switch (event.kind) {
    case "listening":
      log.info("listening", { address: event.address });
      return;
    case "following":
      log.info("following", { source: followedText(event.followed) });
      return;
    case "run-started":
      return;
    case "run-event":
      tellStep(log, event.event);
      return;
    case "events-opened":
      log.info("events of the Engine are followed");
      return;
    case "events-closed":
      log.warn("events of the Engine are not followed", { why: event.why });
      return;
    case "clock-set":
      log.warn("the clock was set", { byMs: event.byMs });
      return;
    case "hook":
      tellHook(log, event);
      return;
    case "program-behind":
      log.warn("this program is not the one of the followed image", {
        running: event.running,
        wanted: event.wanted,
        hint: "its configuration is applied; start the container again from that image to run its program",
      });
      return;
    case "engine-lost":
      log.error("the Engine cannot come back", { why: event.why });
      return;
    case "stopping":
      log.info("stopping", { reason: event.reason });
      return;
    case "abandoned":
      log.warn("a run was abandoned; the next one carries it on", { afterMs: event.afterMs });
      return;
    default:
      event satisfies never;
  }
}

function tellStep(log: Log, event: RunEvent): void {
  if (event.kind === "rollback-started") {
    log.warn("rolling back", { workload: event.change });
    return;
  }
  if (event.kind !== "step-succeeded" && event.kind !== "step-failed") return;
  const { verb, object } = stepText(event.step);
  const data = { step: `${verb} ${object}`, durationMs: Math.round(event.durationMs) };
  const line = { ...data, ...(event.step.change === undefined ? {} : { workload: event.step.change }) };
  if (event.kind === "step-succeeded") log.info("step done", line);
  else log.error("step failed", { ...line, failure: event.failure });
}

/** Hooks that prove nothing are counted, not written down: whoever likes to can send them. */
function tellHook(
  log: Log,
  { result: { endpoint, result, reason } }: Extract<OtherEvent, { kind: "hook" }>,
): void {
  if (endpoint === undefined || result === "refused" || result === "gone" || result === "duplicate") return;
  log.info("hook", { endpoint, result, ...(reason === undefined ? {} : { reason }) });
}
