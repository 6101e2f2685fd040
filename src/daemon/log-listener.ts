import { shortRevision } from "../model/revision.ts";
import type { RunEvent } from "../model/run-event.ts";
import type { ChangeReport, Outcome } from "../model/run-report.ts";
import { stepText } from "../plan/step-text.ts";
import type { Log } from "../ports.ts";
import type { HookOutcome } from "../webhook/judge.ts";
import type { HookResult } from "../webhook/receiver.ts";
import type { DaemonEvent, Listener, RunEnd } from "./daemon-event.ts";
import { followedText } from "./followed.ts";
import type { RunOutcome } from "./run-once.ts";
import { triggerText } from "./trigger.ts";

/** Writes one line for each fact. A look that finds everything as before is none, nor is a trouble that is known. */
export function logListener(log: Log): Listener {
  const listener = new LogListener(log);
  return (event) => listener.listen(event);
}

/** What only those get who have the secret. */
const proven: ReadonlySet<HookOutcome> = new Set<HookOutcome>(["accepted", "ignored", "duplicate"]);

class LogListener {
  private readonly log: Log;
  private lastStanding: string | undefined;
  private lastProblem: string | undefined;
  private lastFailure: string | undefined;
  private lastClosed: string | undefined;
  private lastSettings: readonly string[] = [];
  /** Reasons for which hooks were not taken, by endpoint. */
  private readonly refusals = new Map<string, Set<string>>();
  /** Why what is set aside is. */
  private readonly asides = new Map<string, string>();

  constructor(log: Log) {
    this.log = log;
  }

  listen(event: DaemonEvent): void {
    switch (event.kind) {
      case "events-closed":
        if (event.why !== this.lastClosed)
          this.log.warn("events of the Engine are not followed", { why: event.why });
        this.lastClosed = event.why;
        break;
      case "events-opened":
        this.lastClosed = undefined;
        this.log.info("events of the Engine are followed");
        break;
      case "configured":
        this.tellSettings(event.problems);
        break;
      case "run-finished":
        this.tellRun(event);
        break;
      case "run-interrupted":
        this.log.warn("run interrupted", {
          run: event.outcome.run.txn,
          verdict: event.outcome.report.verdict,
        });
        break;
      case "run-failed":
        this.tellFailure(event);
        break;
      case "hook":
        this.tellHook(event.result);
        break;
      default:
        tellOther(this.log, event);
    }
  }

  /** Settings are applied by each run; what is wrong with them is new once. */
  private tellSettings(problems: readonly string[]): void {
    for (const problem of problems)
      if (!this.lastSettings.includes(problem)) this.log.error("setting without effect", { problem });
    this.lastSettings = problems;
  }

  /** Whoever likes to can send what proves nothing: for each endpoint and reason that is told once, until one is proven. */
  private tellHook({ endpoint, result, reason = "" }: HookResult): void {
    if (endpoint === undefined || result === "gone") return;
    if (proven.has(result)) {
      this.refusals.delete(endpoint);
      // Senders repeat what was answered too late for them.
      if (result !== "duplicate")
        this.log.info("hook", { endpoint, result, ...(reason === "" ? {} : { reason }) });
      return;
    }
    const told = this.refusals.get(endpoint) ?? new Set();
    if (told.has(reason)) return;
    this.refusals.set(endpoint, told.add(reason));
    this.log.warn(`hook ${result}`, { endpoint, reason });
  }

  private tellRun({ outcome, triggers, durationMs }: RunEnd): void {
    const { report, problem: found, facts, run } = outcome;
    const lines = this.log.child({ run: run.txn, environment: report.environment });
    const problem = found?.error.message;
    if (problem !== undefined && problem !== this.lastProblem) tellProblem(lines, outcome);
    if (problem === undefined && this.lastProblem !== undefined) lines.info("source is fine again");
    this.lastProblem = problem;
    this.lastFailure = undefined;
    for (const fact of facts) lines.info("image pushed", { fact });
    const { verdict, converged, revision, warnings } = report;
    for (const warning of warnings) lines.warn("warning", { warning });
    // What is as desired is no news after what was brought about; another revision is, also when it asks for the same.
    const standing = `${shortRevision(revision)} ${converged ? "converged" : verdict}`;
    const isNews = run.plan.steps.length > 0 || standing !== this.lastStanding;
    this.lastStanding = standing;
    if (!isNews) return;
    for (const change of report.changes) tellChange(lines, change);
    tellAsides(lines, report.changes, this.asides);
    const data = { verdict, revision: shortRevision(revision), because: triggers.map(triggerText) };
    const timed = { ...data, durationMs: Math.round(durationMs) };
    if (converged) lines.info("run converged", timed);
    else lines.error("run did not converge", timed);
  }

  private tellFailure({ error, triggers, retryInMs }: Extract<DaemonEvent, { kind: "run-failed" }>): void {
    this.lastStanding = undefined;
    if (error.message === this.lastFailure) return;
    this.lastFailure = error.message;
    this.log.error("run failed", {
      ...{ error, because: triggers.map(triggerText) },
      ...(retryInMs === undefined ? {} : { retryInMs }),
    });
  }
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

/** What is left alone for a while, and why: once, until that is another reason. */
function tellAsides(log: Log, changes: readonly ChangeReport[], told: Map<string, string>): void {
  for (const { key, outcome, summary } of changes) {
    // The times in it are others each time.
    const reason = summary.replace(/\d+/g, "");
    if (outcome === "set-aside" && told.get(key) !== reason) {
      told.set(key, reason);
      log.warn("workload left alone for now", { workload: key, summary });
    } else if (outcome !== "set-aside") told.delete(key);
  }
}

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
  {
    kind:
      | "configured"
      | "run-finished"
      | "run-interrupted"
      | "run-failed"
      | "hook"
      | "events-opened"
      | "events-closed";
  }
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
    case "restless":
      log.warn("it changes again and again, and is looked at less often", {
        ...{ what: event.what, waitMs: event.waitMs },
        hint: "something else manages it, or it cannot stay up",
      });
      return;
    case "clock-set":
      log.warn("the clock was set", { byMs: event.byMs });
      return;
    case "program-behind":
      log.warn("this program is not the one of the followed image", {
        running: event.running,
        wanted: event.wanted,
        hint: "its configuration is applied; to run its program remove this container and run a new one from that image",
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
