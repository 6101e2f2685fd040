/** Many cases at one place: which there are, which of them are tried, several at a time. */
import type { NamedCall } from "./call-id.ts";
import { type FaultKind, faultKinds, isPossible } from "./fault.ts";
import { type FaultCase, recordCalls, runCase } from "./fault-case.ts";
import type { FaultLab } from "./ground.ts";
import type { Place, ResultRow } from "./results.ts";
import type { Rollout } from "./rollout.ts";

/** `ROLLOUT[:FAULT[:CALL]]`; a missing or empty part means all. */
export interface Selection {
  readonly rollout: string;
  readonly fault: string;
  readonly call: string;
}

export const everything: Selection = { rollout: "", fault: "", call: "" };

export function parseSelection(text: string): Selection {
  const [rollout = "", fault = "", ...call] = text.split(":");
  return { rollout, fault, call: call.join(":") };
}

/** Every call of the rollouts with every fault, as far as they are selected. */
export async function listCases<R extends Rollout>(
  lab: FaultLab<R>,
  rollouts: readonly R[],
  only: Selection,
): Promise<readonly FaultCase<R>[]> {
  const meant = rollouts.filter(({ name }) => isMeant(only.rollout, name));
  const alone = meant.filter(({ firstUseOf }) => firstUseOf !== undefined);
  const others = meant.filter(({ firstUseOf }) => firstUseOf === undefined);
  const cases: FaultCase<R>[] = [];
  // Afterwards the Engine is a used one for all that follow.
  for (const rollout of alone) cases.push(...(await casesOf(lab, rollout, only)));
  return [...cases, ...(await Promise.all(others.map((rollout) => casesOf(lab, rollout, only)))).flat()];
}

const isMeant = (wanted: string, is: string) => wanted === "" || wanted === is;

async function casesOf<R extends Rollout>(
  lab: FaultLab<R>,
  rollout: R,
  only: Selection,
): Promise<readonly FaultCase<R>[]> {
  const recorded = await recordCalls(lab, rollout);
  const usual = rollout.firstUseOf === undefined ? [] : await recordCalls(lab, rollout.firstUseOf);
  const known = new Set(usual.map(({ id }) => id));
  const calls = withSelected(
    recorded.filter(({ id }) => !known.has(id)),
    only.call,
  );
  const selected = calls.filter(({ id }) => isMeant(only.call, id));
  return faultKinds
    .filter((kind) => isMeant(only.fault, kind))
    .flatMap((fault) =>
      selected.filter((call) => isPossible(fault, call.id)).map((call) => ({ rollout, fault, call })),
    );
}

/** A look that the recorded run did not need can be asked for all the same. */
function withSelected(calls: readonly NamedCall[], id: string): readonly Pick<NamedCall, "id" | "isPoll">[] {
  return id === "" || calls.some((call) => call.id === id) ? calls : [...calls, { id, isPoll: true }];
}

/** So many cases with all faults in turn, each fault at calls from the beginning to the end of the list. */
export function spread<R extends Rollout>(
  cases: readonly FaultCase<R>[],
  count: number,
): readonly FaultCase<R>[] {
  const byFault = new Map<FaultKind, FaultCase<R>[]>(faultKinds.map((kind) => [kind, []]));
  for (const one of cases) byFault.get(one.fault)?.push(one);
  const lists = [...byFault.values()].filter((list) => list.length > 0);
  return Array.from({ length: count }, (_, index) => {
    const list = lists[index % lists.length] ?? [];
    return list[Math.floor(((index + 0.5) * list.length) / count)];
  }).flatMap((one) => one ?? []);
}

/** Runs cases side by side and hands on each result as it comes. */
export async function runCases<R extends Rollout>(
  lab: FaultLab<R>,
  place: Place,
  cases: readonly FaultCase<R>[],
  workers: number,
  onResult: (row: ResultRow) => void,
): Promise<void> {
  const isAlone = ({ rollout }: FaultCase<R>) => rollout.firstUseOf !== undefined;
  for (const one of cases.filter(isAlone)) onResult(await resultOf(lab, place, one));
  const queue = cases.filter((one) => !isAlone(one)).values();
  const work = async () => {
    for (const one of queue) onResult(await resultOf(lab, place, one));
  };
  await Promise.all(Array.from({ length: workers }, work));
}

async function resultOf<R extends Rollout>(
  lab: FaultLab<R>,
  place: Place,
  one: FaultCase<R>,
): Promise<ResultRow> {
  const startedAt = performance.now();
  const { isReached, problems, story } = await runCase(lab, one).catch((error: Error) => ({
    isReached: true,
    problems: [`the case could not be carried out: ${error.message}`],
    story: [],
  }));
  const outcome = problems.length > 0 ? "failed" : isReached ? "passed" : "not-needed";
  return {
    ...{ ...place, rollout: one.rollout.name, fault: one.fault, call: one.call.id, outcome, problems },
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    ...(outcome === "failed" ? { story } : {}),
  };
}
