/**
 * What the runs of one environment leave for later ones to act on. It lives in the Engine, beside what it is about.
 * Losing it is safe: a failed build is tried once more, a hold has to be set again. Times are ISO 8601, of the Engine's clock.
 */
export interface Ledger {
  /** Sorted by workload. */
  readonly failures: readonly FailedBuild[];
  /** Sorted by workload. */
  readonly holds: readonly Hold[];
  /** What last passed its gate or was found as desired after a run. Sorted by workload. */
  readonly good: readonly GoodBuild[];
  /** How often each workload had to be put right lately, to notice a rival. Sorted by workload. */
  readonly repairs: readonly RepairCount[];
  /** References of images that the environment ran, oldest first: what a clean-up may take. Bounded. */
  readonly images: readonly string[];
  /** Jobs with a timer. Sorted by job. */
  readonly timers: readonly TimerRecord[];
  /** The revision whose run was carried out last. */
  readonly lastApplied?: AppliedRevision;
  /** Set when a person went back to an earlier revision. */
  readonly pin?: Pin;
  /** Builds that run although Git does not ask for them yet. Sorted by image. */
  readonly ahead: readonly AheadBuild[];
  /** When work that is no reconcile was done last, `prune`. Sorted by name. */
  readonly lastDone: readonly LastDone[];
}

export const emptyLedger: Ledger = {
  failures: [],
  holds: [],
  good: [],
  repairs: [],
  images: [],
  ahead: [],
  lastDone: [],
  timers: [],
};

/** A build that a registry told about and that was rolled out before the commit. */
export interface AheadBuild {
  /** As people write it, without a tag. */
  readonly image: string;
  readonly tag: string;
  readonly since: string;
}

export interface LastDone {
  readonly name: string;
  readonly at: string;
}

/** A build that did not pass its gate; it is not tried again before `nextTry` unless something about it changes. */
export interface FailedBuild {
  readonly workload: string;
  /** What was tried (`buildIdentity`). */
  readonly build: string;
  readonly image: string;
  /** Local id of the image, when it was known: the same tag with another image is another build. */
  readonly imageId?: string;
  readonly reason: string;
  readonly attempts: number;
  readonly failedAt: string;
  readonly nextTry: string;
}

/** A person's word that a workload, or all of them, stay as they are. */
export interface Hold {
  /** Key of the workload; absent: the whole environment. */
  readonly workload?: string;
  readonly by: string;
  readonly reason: string;
  readonly since: string;
  /** Absent: until it is released. */
  readonly until?: string;
  /**
   * The spec that a rollback took out of service: the hold ends by itself when the configuration asks for another one.
   * Absent: the hold is about whatever the configuration asks for.
   */
  readonly rejectedSpec?: string;
  /** The spec that serves instead, as its container's label has it. */
  readonly keptSpec?: string;
}

/** A build that ran well: what a rollback may go back to, and what tells a removed container from a new one. */
export interface GoodBuild {
  readonly workload: string;
  /** Fingerprint of the spec. */
  readonly spec: string;
  readonly image: string;
  readonly since: string;
}

/** Repairs of one workload although its configuration did not change. */
export interface RepairCount {
  readonly workload: string;
  /** What was found: `removed`, `stopped (exit code 143)`, `changed: memory`. */
  readonly found: string;
  /** When the last repairs were done, oldest first; bounded. */
  readonly times: readonly string[];
}

/** What is known of a job with a timer and of its last run. What its containers tell wins over it. */
export interface TimerRecord {
  /** Key of the instance. */
  readonly job: string;
  /** Hash of its times: with other times it begins anew. */
  readonly times: string;
  /** Since when it is deployed with these times. */
  readonly since: string;
  /** The last time that a run was started for. */
  readonly served?: string;
  /** Id of the container of the last run. */
  readonly container?: string;
  /** Absent although there is a container: the clock was wrong when it ran. */
  readonly startedAt?: string;
  /** Written together with the run's entry in the history. */
  readonly endedAt?: string;
  readonly exitCode?: number;
}

/** Identifies a revision and tells, where it can, which of two is the newer. */
export interface AppliedRevision {
  readonly id: string;
  readonly source?: string;
  readonly branch?: string;
  /** Number of the build that baked it. */
  readonly build?: number;
  /** When it was baked. */
  readonly created?: string;
  readonly at: string;
}

/** The environment stays at a revision until one comes that is newer than the rejected one, or until it is released. */
export interface Pin {
  /** The revision it stays at. */
  readonly revision: string;
  readonly rejected: AppliedRevision;
  readonly by: string;
  readonly at: string;
}

/** The hold that applies to a workload at this moment, or `undefined`. */
export function holdOf(
  ledger: Ledger,
  workload: string,
  spec: string | undefined,
  now: string,
): Hold | undefined {
  return ledger.holds.find((hold) => {
    if (hold.workload !== undefined && hold.workload !== workload) return false;
    if (hold.until !== undefined && hold.until <= now) return false;
    return hold.rejectedSpec === undefined || spec === undefined || hold.rejectedSpec === spec;
  });
}

/** First wait after a failed build, doubled after each further attempt up to the longest. */
const firstWaitMs = 10 * 60_000;
const longestWaitMs = 60 * 60_000;

/** How long a build that failed this many times is left alone, in milliseconds. */
export function backOffMs(attempts: number): number {
  return Math.min(firstWaitMs * 2 ** Math.max(0, attempts - 1), longestWaitMs);
}

/** Notes a failure; the same build failing again counts up, another one starts anew. */
export function noteFailure(
  ledger: Ledger,
  failure: Omit<FailedBuild, "attempts" | "nextTry" | "failedAt">,
  now: Date,
): Ledger {
  const known = ledger.failures.find(({ workload }) => workload === failure.workload);
  const attempts =
    known?.build === failure.build && known.imageId === failure.imageId ? known.attempts + 1 : 1;
  const nextTry = new Date(now.getTime() + backOffMs(attempts)).toISOString();
  const noted: FailedBuild = { ...failure, attempts, failedAt: now.toISOString(), nextTry };
  return { ...ledger, failures: replaceBy(ledger.failures, noted) };
}

export function forgetFailures(ledger: Ledger, workloads: ReadonlySet<string>): Ledger {
  return { ...ledger, failures: ledger.failures.filter(({ workload }) => !workloads.has(workload)) };
}

/** How many repairs of one workload are remembered. */
const rememberedRepairs = 10;

export function noteRepair(ledger: Ledger, workload: string, found: string, now: Date): Ledger {
  const known = ledger.repairs.find((entry) => entry.workload === workload);
  const times = [...(known?.times ?? []), now.toISOString()].slice(-rememberedRepairs);
  return { ...ledger, repairs: replaceBy(ledger.repairs, { workload, found, times }) };
}

/** So many repairs within an hour are a fight: somebody undoes them. */
const fightRepairs = 3;
const fightWindowMs = 60 * 60_000;

/** A workload that was put right again and again, and is left alone until `nextTry`. */
export interface Fight {
  readonly repairs: number;
  readonly found: string;
  readonly since: string;
  readonly nextTry: string;
}

/** The fight about a workload that goes on at this moment, or `undefined`. */
export function fightOver(ledger: Ledger, workload: string, now: string): Fight | undefined {
  const entry = ledger.repairs.find((known) => known.workload === workload);
  const nowMs = Date.parse(now);
  const recent = (entry?.times ?? []).filter((time) => nowMs - Date.parse(time) < fightWindowMs);
  const [since] = recent;
  const last = recent.at(-1);
  if (entry === undefined || since === undefined || last === undefined || recent.length < fightRepairs)
    return undefined;
  const nextTryMs = Date.parse(last) + backOffMs(recent.length - fightRepairs + 1);
  if (nextTryMs <= nowMs) return undefined;
  return { repairs: recent.length, found: entry.found, since, nextTry: new Date(nextTryMs).toISOString() };
}

/** The failure that keeps this very build from being tried at this moment, or `undefined`. */
export function failureOf(
  ledger: Ledger,
  tried: { readonly workload: string; readonly build: string; readonly imageId: string | undefined },
  now: string,
): FailedBuild | undefined {
  return ledger.failures.find(
    (failure) =>
      failure.workload === tried.workload &&
      failure.build === tried.build &&
      (failure.imageId === undefined || tried.imageId === undefined || failure.imageId === tried.imageId) &&
      failure.nextTry > now,
  );
}

/** Whether the first of two revisions is known to be older than the second. */
export function isOlder(revision: AppliedRevision, than: AppliedRevision): boolean {
  if (revision.id === than.id || revision.source !== than.source || revision.branch !== than.branch)
    return false;
  if (revision.build !== undefined && than.build !== undefined) return revision.build < than.build;
  if (revision.created !== undefined && than.created !== undefined)
    return Date.parse(revision.created) < Date.parse(than.created);
  return false;
}

const rememberedImages = 500;

/** Joins images that run now to those that ran, and leaves out those that are gone. */
export function noteImages(ledger: Ledger, running: readonly string[], gone: ReadonlySet<string>): Ledger {
  const now = new Set(running);
  const before = ledger.images.filter((image) => !now.has(image) && !gone.has(image));
  return { ...ledger, images: [...before, ...[...now].sort(compareText)].slice(-rememberedImages) };
}

/** Sets or replaces the hold on a workload, or on all. */
export function addHold(ledger: Ledger, hold: Hold): Ledger {
  const holds = ledger.holds.filter(({ workload }) => workload !== hold.workload);
  return {
    ...ledger,
    holds: [...holds, hold].sort((a, b) => compareText(a.workload ?? "", b.workload ?? "")),
  };
}

/** @param workload absent: every hold is released */
export function releaseHolds(ledger: Ledger, workload: string | undefined): Ledger {
  const holds = workload === undefined ? [] : ledger.holds.filter((hold) => hold.workload !== workload);
  return { ...ledger, holds };
}

/** Notes builds that go ahead of Git; a later one of the same image replaces the earlier. */
export function noteAhead(ledger: Ledger, builds: readonly AheadBuild[]): Ledger {
  const images = new Set(builds.map(({ image }) => image));
  const others = ledger.ahead.filter(({ image }) => !images.has(image));
  return { ...ledger, ahead: [...others, ...builds].sort((a, b) => compareText(a.image, b.image)) };
}

export function noteDone(ledger: Ledger, name: string, at: string): Ledger {
  const others = ledger.lastDone.filter((done) => done.name !== name);
  return { ...ledger, lastDone: [...others, { name, at }].sort((a, b) => compareText(a.name, b.name)) };
}

function replaceBy<T extends { readonly workload: string }>(entries: readonly T[], entry: T): readonly T[] {
  const others = entries.filter(({ workload }) => workload !== entry.workload);
  return [...others, entry].sort((a, b) => compareText(a.workload, b.workload));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
