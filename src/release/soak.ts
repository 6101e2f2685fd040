import { formatDuration } from "../lib/duration.ts";
import type { ChangeRecord, History, KeptState } from "../model/history.ts";
import { familiarName, parseImageRef } from "../model/image-ref.ts";
import { type Component, componentText } from "./composition.ts";

/** What is known of an environment without its ledger. */
export interface SoakFacts {
  /** What is to be promoted. */
  readonly components: readonly Component[];
  /** Runs of the source environment, newest last. */
  readonly history: History;
  /** What its latest runs brought about, newest last. */
  readonly kept: readonly KeptState[];
}

/**
 * Reasons why the source environment has not proved these components yet, each a sentence: it does not run exactly
 * them, changed one of them too recently, or had a failure of one since. None: it has run them well for long enough.
 *
 * @param soakMs how long it has to have run them
 * @param now the source Engine's own time, by which its history is dated
 */
export function soakProblems(facts: SoakFacts, soakMs: number, now: Date): readonly string[] {
  const state = facts.kept.at(-1);
  if (state === undefined)
    return ["nothing is known of what the environment runs: no run of it is remembered"];
  const changes = changesByWorkload(facts.history);
  const begin = facts.history[0]?.at ?? state.at;
  return facts.components.flatMap((component) => {
    const mismatch = runsOther(component, state);
    if (mismatch !== undefined) return [mismatch];
    return unproved(component.key, changes.get(component.key) ?? [], { begin, soakMs, now });
  });
}

interface DatedChange extends ChangeRecord {
  readonly at: string;
}

/** Oldest first; a workload with replicas has a change for each of them. */
function changesByWorkload(history: History): ReadonlyMap<string, readonly DatedChange[]> {
  const dated = history.flatMap(({ at, changes }) =>
    changes.map((change): DatedChange => ({ ...change, at })),
  );
  return Map.groupBy(dated, ({ key }) => key.replace(/#\d+$/, ""));
}

/** The environment says something else, or was not well when it was looked at last. */
function runsOther(component: Component, state: KeptState): string | undefined {
  const { key } = component;
  const workload = state.desired.workloads.find((found) => found.key === key);
  if (workload === undefined) return `${key} does not run there`;
  const ref = parseImageRef(workload.container.image);
  const isImage = typeof ref !== "string" && familiarName(ref) === component.image;
  if (!isImage || ref.tag !== component.tag || !isSameDigest(ref.digest, component.digest))
    return `${key} runs as ${workload.container.image} there, not as ${componentText(component)}`;
  return state.good.includes(key) ? undefined : `${key} was not well after the last run there`;
}

/** What was asked of the registry later is no other image because the configuration does not pin it. */
function isSameDigest(running: string | undefined, wanted: string | undefined): boolean {
  return running === undefined || wanted === undefined || running === wanted;
}

interface Span {
  /** Since when there is a history, ISO 8601: what is not in it happened before. */
  readonly begin: string;
  readonly soakMs: number;
  readonly now: Date;
}

function unproved(
  key: string,
  changes: readonly DatedChange[],
  { begin, soakMs, now }: Span,
): readonly string[] {
  // A job that runs every hour is no other build every hour.
  const last = changes.findLastIndex(({ kind, outcome }) => outcome === "done" && kind !== "run");
  const since = changes[last]?.at ?? begin;
  const problems = changes
    .slice(last + 1)
    .filter(({ outcome }) => outcome !== "unchanged")
    .slice(-1)
    .filter(({ outcome }) => outcome !== "done")
    .map(({ at, outcome, summary }) => `${key} was ${outcomeWords[outcome]} at ${timeText(at)}: ${summary}`);
  const ageMs = now.getTime() - Date.parse(since);
  if (ageMs >= soakMs) return problems;
  const age = formatDuration(Math.max(0, ageMs));
  const what = last < 0 ? `${key} is remembered for ${age}` : `${key} changed ${age} ago`;
  return [`${what}, ${formatDuration(soakMs)} are asked for`, ...problems];
}

const outcomeWords: Readonly<Record<ChangeRecord["outcome"], string>> = {
  unchanged: "unchanged",
  done: "changed",
  "rolled-back": "rolled back",
  failed: "failing",
  skipped: "skipped",
  blocked: "blocked",
  "set-aside": "set aside",
  held: "held",
};

function timeText(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
