/** Checks on a system: first what the Engine shows, then what the program says. */
import { expect } from "vitest";
import type { InspectedContainer } from "./engine-client.ts";
import type { RunResult } from "./program.ts";
import type { Applied, Planned, System } from "./scenario.ts";

export type Containers = ReadonlyMap<string, InspectedContainer>;

/** Which container it is and since when it runs: unchanged as long as nobody replaces or restarts it. */
export function identity(containers: Containers): Record<string, string> {
  return Object.fromEntries(
    [...containers].map(([name, { Id, State }]) => [name, `${Id} since ${State.StartedAt}`]),
  );
}

export function expectConverged(result: Applied): void {
  const story = result.report?.changes.filter(({ outcome }) => outcome !== "unchanged" && outcome !== "done");
  expect({
    exitCode: result.exitCode,
    story,
    said: result.report ? "" : result.stdout + result.stderr,
  }).toEqual({
    exitCode: 0,
    story: [],
    said: "",
  });
  expect(result.report?.converged).toBe(true);
}

/** The named containers are other ones than before, all others are the very same and were not restarted. */
export function expectReplacedOnly(before: Containers, after: Containers, replaced: readonly string[]): void {
  const [was, is] = [identity(before), identity(after)];
  expect(Object.keys(is)).toEqual(Object.keys(was));
  const changed = Object.keys(is).filter((name) => is[name] !== was[name]);
  expect(changed.sort()).toEqual([...replaced].sort());
  for (const name of replaced) expect(after.get(name)?.Id).not.toBe(before.get(name)?.Id);
}

export function expectUntouched(before: Containers, after: Containers): void {
  expect(identity(after)).toEqual(identity(before));
}

/** The run that just ended changed nothing, and says so. */
export function expectNothingDone(system: System, result: RunResult): void {
  expect(system.proxy.mutations()).toEqual([]);
  expect(result.exitCode).toBe(0);
}

/** Nothing that a rollout makes on its way is left behind. */
export function expectTidy(containers: Containers): void {
  expect([...containers.keys()].filter((name) => /\.(next|prev)-/.test(name))).toEqual([]);
}

export function outcomeOf(system: System, result: Applied, name: string) {
  const found = result.report?.changes.find(({ key }) => key === `${system.p}${name}`);
  if (found === undefined)
    throw new Error(`the report does not mention "${name}":\n${result.stdout}${result.stderr}`);
  return found;
}

export function changeOf(system: System, { plan }: Pick<Planned, "plan">, name: string) {
  const found = plan.changes.find(({ key }) => key === `${system.p}${name}`);
  if (found === undefined) throw new Error(`the plan does not mention "${name}"`);
  return found;
}
