import { formatDuration } from "../lib/duration.ts";
import type { ActualContainer } from "../model/actual-state.ts";
import type { TimerView } from "../model/change.ts";
import type { TimerSpec } from "../model/timer.ts";
import type { Decision, RepairActions } from "./assess.ts";
import { changeCause, missingCause } from "./causes.ts";
import { type ContainerDiff, isEmptyDiff } from "./diff.ts";
import { type Due, dueOf } from "./due.ts";
import type { Pair } from "./pair.ts";
import { timeText } from "./time-text.ts";
import { type TimerState, timerFacts, timerId, timerState } from "./timer-state.ts";
import { isUp, type World } from "./world.ts";

/** What the plan knows of a job with a timer. */
export interface Timing extends Due {
  readonly timer: TimerSpec;
  readonly state: TimerState;
}

/** When the instance runs; `undefined` for what has no timer. */
export function timingOf({ instance, ...found }: Pair, world: World): Timing | undefined {
  const { workload, key } = instance;
  const { timer } = workload;
  if (timer === undefined) return undefined;
  const { current, previous, leftovers } = found;
  const containers = [current, previous, ...leftovers].flatMap((container) =>
    container?.ownership.kind === "owned" && container.record.workload === workload.key ? [container] : [],
  );
  const state = timerState({ key, workload, timer, containers }, world.ledger, world.now);
  if (world.isTimeless) return { timer, state };
  const facts = timerFacts(state, timerId(world.desired, key), world.watch);
  return { timer, state, ...dueOf(timer, facts, world.now) };
}

/**
 * A job with a timer is deployed armed: its container is created and not started, so that a wrong image or mount shows
 * at once. When it is due the container is started; one that has run stays as it is until the next run, which gets a
 * fresh one. Nothing is done to a run that is under way.
 *
 * @param diff in what the present container differs; absent when there is none
 */
export function assessTimed(
  pair: Pair,
  timing: Timing,
  diff: ContainerDiff | undefined,
  world: World,
): Decision {
  const { instance, current } = pair;
  const due = timing.due === undefined ? {} : { due: timing.due };
  if (current === undefined || diff === undefined) {
    const status = missingCause(pair);
    const why = whenCause(timing, world);
    return { kind: "create", cause: pair.leftovers.length === 0 ? why : `${status}; ${why}`, ...due };
  }
  const isOurs = current.ownership.kind === "owned" && current.record.workload === instance.workload.key;
  const isRun = isOurs && current.record.kind === "job" && isUp(current);
  const rename = current.name !== instance.name;
  if (isRun) {
    const { status } = current.state;
    const isPaused = status === "paused";
    const waiting = isEmptyDiff(diff) ? [] : ["it changes as soon as the run has ended"];
    const notes = [...timerNotes(timing, world), ...waiting];
    if (!rename && !isPaused) return { kind: "unchanged", notes };
    const cause = isPaused ? "is paused" : misnamed(pair, current.name);
    return { kind: "repair", current, repair: { ...noRepair, rename, unpause: isPaused }, cause, notes };
  }
  const isSame = isOurs && isEmptyDiff(diff);
  const isArmed = current.state.status === "created";
  if (!isSame || (timing.due !== undefined && !isArmed)) {
    const cause = replaceCause(pair, diff, timing, world) ?? whenCause(timing, world);
    const notes = isSame ? [] : [whenCause(timing, world)];
    return { kind: "replace", old: current, fields: diff.fields, cause, notes, ...due, ...unusedRollout };
  }
  if (timing.due !== undefined) {
    const repair = { ...noRepair, rename, start: true };
    return { kind: "repair", current, repair, cause: whenCause(timing, world), notes: [], ...due };
  }
  const notes = timerNotes(timing, world);
  if (!rename) return { kind: "unchanged", notes };
  const cause = misnamed(pair, current.name);
  return { kind: "repair", current, repair: { ...noRepair, rename }, cause, notes };
}

/** An armed container that cannot be started as it is. */
export function renewArmed(
  old: ActualContainer,
  { due }: Timing,
  { fields }: ContainerDiff,
  cause: string,
): Decision {
  const served = due === undefined ? {} : { due };
  return { kind: "replace", old, fields, cause, notes: [], ...served, ...unusedRollout };
}

const noRepair: RepairActions = { rename: false, unpause: false, start: false, gate: false, awaitJob: false };

/** Nothing serves: nobody waits, and nothing is put back. */
const unusedRollout = {
  rollout: { order: "start-first", downtimeMs: 0 },
  oldRestart: { name: "no" },
} as const;

function replaceCause(pair: Pair, diff: ContainerDiff, { due }: Timing, world: World): string | undefined {
  const { current, instance } = pair;
  if (current === undefined) return undefined;
  if (current.ownership.kind !== "owned") return "taken over on request";
  const isSame = isEmptyDiff(diff) && current.record.workload === instance.workload.key;
  return isSame && due !== undefined ? undefined : changeCause(current, instance, diff, world);
}

function misnamed({ instance }: Pair, name: string): string {
  return `is named "${name}" instead of "${instance.name}"`;
}

/** `due since 2026-11-22 03:00 UTC`, `armed: next run 2026-11-22 03:00 UTC` */
export function whenCause({ due, next }: Timing, { isTimeless }: World): string {
  if (isTimeless) return "armed";
  if (due !== undefined) return `due since ${timeText(due)}`;
  return next === undefined ? "armed: no further run" : `armed: next run ${timeText(next)}`;
}

/** The next run and the last result. */
export function timerNotes(timing: Timing, { isTimeless, now }: World): readonly string[] {
  if (isTimeless) return [];
  const { next, state } = timing;
  const { startedAt } = state.record;
  if (state.isRunning) {
    const since = startedAt === undefined ? "" : ` since ${timeText(startedAt)}`;
    const isOverdue = next !== undefined && Date.parse(next) <= Date.parse(now);
    if (isOverdue) return [`is running${since}, and runs again as soon as it has ended`];
    return [`is running${since}${next === undefined ? "" : `; next run ${timeText(next)}`}`];
  }
  const nextText = next === undefined ? "no further run" : `next run ${timeText(next)}`;
  const last = lastText(timing);
  return [last === undefined ? nextText : `${nextText}; ${last}`];
}

/** `last run 2026-11-21 03:00 UTC: exit code 0, 12 s` */
function lastText(timing: Timing): string | undefined {
  const { last } = viewOf(timing);
  if (last === undefined) return undefined;
  const at = `last run ${timeText(last.startedAt)}`;
  if (last.exitCode === undefined || last.endedAt === undefined) return at;
  const tookMs = Math.max(0, Date.parse(last.endedAt) - Date.parse(last.startedAt));
  return `${at}: exit code ${last.exitCode}, ${formatDuration(tookMs)}`;
}

/** What reports and `status` tell of the timer. */
export function viewOf({ timer, state, due, next }: Timing): TimerView {
  const { record, ran, isRunning } = state;
  const isThere = ran !== undefined && ran.id === record.container;
  const end = isThere ? endOf(ran.state, isRunning) : record;
  const { startedAt } = record;
  const last =
    startedAt === undefined
      ? undefined
      : {
          startedAt,
          ...(end.endedAt === undefined ? {} : { endedAt: end.endedAt }),
          ...(end.exitCode === undefined ? {} : { exitCode: end.exitCode }),
        };
  return {
    unit: timer.unit,
    ...(due === undefined ? {} : { due }),
    ...(next === undefined ? {} : { next }),
    ...(last === undefined ? {} : { last }),
  };
}

function endOf(
  { finishedAt, exitCode }: { readonly finishedAt: string; readonly exitCode: number },
  isRunning: boolean,
): { readonly endedAt?: string; readonly exitCode?: number } {
  return isRunning ? {} : { endedAt: new Date(Date.parse(finishedAt)).toISOString(), exitCode };
}
