import {
  amount,
  fits,
  isObject,
  listOf,
  membersThatFit,
  object,
  oneOf,
  optional,
  type Read,
  text,
  time,
  word,
} from "../lib/shape.ts";
import type { ChangeKind } from "../model/change.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { type ExitCode, exitCodes } from "../model/errors.ts";
import type { ChangeRecord, History, KeptState, RunRecord } from "../model/history.ts";
import type {
  AheadBuild,
  AppliedRevision,
  FailedBuild,
  GoodBuild,
  Hold,
  LastDone,
  Ledger,
  Pin,
  RepairCount,
  TimerRecord,
} from "../model/ledger.ts";
import type { Outcome } from "../model/run-report.ts";
import { fromTagged, toTagged } from "./tagged-json.ts";

/** What was read, and sentences about what did not fit and was left out. */
export interface Shaped<T> {
  readonly value: T;
  readonly warnings: readonly string[];
}

const failedBuild = object<FailedBuild>({
  workload: text,
  build: text,
  image: text,
  imageId: optional(text),
  reason: text,
  attempts: amount,
  failedAt: time,
  nextTry: time,
});

const hold = object<Hold>({
  workload: optional(text),
  by: text,
  reason: text,
  since: time,
  until: optional(time),
  rejectedSpec: optional(text),
  keptSpec: optional(text),
});

const goodBuild = object<GoodBuild>({ workload: text, spec: text, image: text, since: time });

const repairCount = object<RepairCount>({ workload: text, found: text, times: listOf(time) });

const timerRecord = object<TimerRecord>({
  job: text,
  times: text,
  since: time,
  served: optional(time),
  container: optional(text),
  startedAt: optional(time),
  endedAt: optional(time),
  exitCode: optional(amount),
});

const appliedRevision = object<AppliedRevision>({
  id: text,
  source: optional(text),
  branch: optional(text),
  build: optional(amount),
  created: optional(time),
  at: time,
});

const aheadBuild = object<AheadBuild>({ image: text, tag: text, since: time });

const lastDone = object<LastDone>({ name: text, at: time });

const pin = object<Pin>({ revision: text, rejected: appliedRevision, by: text, at: time });

/** Entries that do not fit are left out one by one: the others are still worth having. */
export function readLedger(payload: unknown): Shaped<Ledger> {
  const found = isObject(payload) ? payload : {};
  const failures = membersThatFit(found["failures"], failedBuild);
  const holds = membersThatFit(found["holds"], hold);
  const good = membersThatFit(found["good"], goodBuild);
  const repairs = membersThatFit(found["repairs"], repairCount);
  const images = membersThatFit(found["images"], text);
  const timers = membersThatFit(found["timers"], timerRecord);
  const lastApplied = single(found["lastApplied"], appliedRevision);
  const pinned = single(found["pin"], pin);
  const ahead = membersThatFit(found["ahead"], aheadBuild);
  const done = membersThatFit(found["lastDone"], lastDone);
  const value: Ledger = {
    failures: failures.members,
    holds: holds.members,
    good: good.members,
    repairs: repairs.members,
    images: images.members,
    timers: timers.members,
    ...(lastApplied.value === undefined ? {} : { lastApplied: lastApplied.value }),
    ...(pinned.value === undefined ? {} : { pin: pinned.value }),
    ahead: ahead.members,
    lastDone: done.members,
  };
  const warnings = [
    ...leftOut("failed builds", failures.dropped),
    ...leftOut("holds", holds.dropped),
    ...leftOut("good builds", good.dropped),
    ...leftOut("repairs", repairs.dropped),
    ...leftOut("images", images.dropped),
    ...leftOut("timers", timers.dropped),
    ...leftOut("last applied revision", lastApplied.dropped),
    ...leftOut("pinned revision", pinned.dropped),
    ...leftOut("builds ahead of Git", ahead.dropped),
    ...leftOut("last times", done.dropped),
  ];
  return { value, warnings };
}

function single<T>(value: unknown, read: Read<T>): { readonly value?: T; readonly dropped: number } {
  if (value === undefined) return { dropped: 0 };
  const found = read(value);
  return fits(found) ? { value: found, dropped: 0 } : { dropped: 1 };
}

function leftOut(what: string, count: number): string[] {
  if (count === 0) return [];
  return [`${count} ${count === 1 ? "entry" : "entries"} of the ledger (${what}) cannot be read, left out`];
}

const changeKinds = {
  unchanged: true,
  create: true,
  replace: true,
  "in-place": true,
  repair: true,
  remove: true,
  blocked: true,
  "set-aside": true,
  held: true,
  run: true,
} as const satisfies Record<ChangeKind, true>;

const outcomes = {
  unchanged: true,
  done: true,
  "rolled-back": true,
  failed: true,
  skipped: true,
  blocked: true,
  "set-aside": true,
  held: true,
} as const satisfies Record<Outcome, true>;

const commands = {
  apply: true,
  rollback: true,
  finish: true,
  hold: true,
  release: true,
  job: true,
} as const satisfies Record<RunRecord["command"], true>;

const changeRecord = object<ChangeRecord>({
  key: text,
  kind: word(changeKinds),
  cause: text,
  fields: listOf(text),
  position: optional(text),
  outcome: word(outcomes),
  summary: text,
  details: listOf(text),
  durationMs: amount,
  gateMs: optional(amount),
  downtimeMs: optional(amount),
});

const runRecord = object<RunRecord>({
  txn: text,
  at: time,
  durationMs: amount,
  command: word(commands),
  by: text,
  revision: object<RunRecord["revision"]>({ id: text, branch: optional(text), subject: optional(text) }),
  exitCode: oneOf<ExitCode>(Object.values(exitCodes)),
  interrupted: optional(oneOf([true as const])),
  verdict: text,
  changes: listOf(changeRecord),
});

export function readHistory(payload: unknown): Shaped<History> {
  const { members, dropped } = membersThatFit(payload, runRecord);
  const warnings =
    dropped === 0
      ? []
      : [`${dropped} ${dropped === 1 ? "run" : "runs"} of the history cannot be read, left out`];
  return { value: members, warnings };
}

/**
 * The checksum says that a desired state is as it was written; this looks only for what every reader of one touches.
 * A field that becomes mandatory in `DesiredState` needs a new version of the document.
 */
const desiredState: Read<DesiredState> = (value) => {
  const decoded = fromTagged(value)?.value;
  return fits(desiredOutline(decoded)) ? (decoded as DesiredState) : (desiredOutline(undefined) as never);
};

const named = object<{ readonly name: string }>({ name: text });
const desiredOutline: Read<object> = object({
  environment: object({ name: text, project: text }),
  revision: object({ id: text }),
  workloads: listOf(object({ key: text, containerNames: listOf(text), container: object({ image: text }) })),
  networks: listOf(named),
  volumes: listOf(named),
  fileSets: listOf(named),
  secretValues: listOf(text),
});

const keptState = object<KeptState>({
  revision: text,
  at: time,
  good: listOf(text),
  desired: desiredState,
});

/** `undefined` for what is no kept state. */
export function readKeptState(payload: unknown): KeptState | undefined {
  const read = keptState(payload);
  return fits(read) ? read : undefined;
}

/** As JSON can say it. Secret values have no business in the Engine's disk, whoever passes them. */
export function keptPayload({ desired, ...kept }: KeptState): unknown {
  return { ...kept, desired: toTagged({ ...desired, secretValues: [] }) };
}
