/** What the scenarios write into their repositories, and what they expect of a run. */
import { expect } from "vitest";
import { compose } from "../../support/texts.ts";
import type { ClusterSystem, Told } from "../cluster-system.ts";

type Settings = Readonly<Record<string, unknown>>;

/** Build 58 and 59 of `lab/web` are good, 60 exits, 61 never gets healthy; `lab/idle` has no health check. */
export const web = (tag: string) => `lab/web:${tag}`;
export const good = "58-develop";
export const better = "59-develop";

/**
 * Writes the stack of a scenario. The kernel of a lab may lack IPVS: no address of a service as a whole carries anything
 * there, so that names stand for the tasks themselves (`dnsrr`).
 */
export async function writeStack(
  system: ClusterSystem,
  services: Readonly<Record<string, Settings>>,
  rest: Settings = {},
): Promise<void> {
  const all = Object.entries(services).map(([name, { deploy, ...settings }]) => {
    const deployed = { endpoint_mode: "dnsrr", ...(deploy as Settings | undefined) };
    return [name, { stop_grace_period: "2s", ...settings, deploy: deployed }];
  });
  const content = compose({ ...rest, services: Object.fromEntries(all) });
  await system.write({ [stackFile(system)]: content });
}

export const stackFile = ({ stack }: ClusterSystem) => `units/${stack}.compose.yaml`;

export const seconds = ({ durationMs }: Told) => `${(durationMs / 1000).toFixed(1)} s`;

export function expectConverged(told: Told): void {
  const story = told.report?.changes.filter(({ outcome }) => outcome !== "unchanged" && outcome !== "done");
  const said = told.report === undefined ? told.stdout + told.stderr : "";
  expect({ exitCode: told.exitCode, story, said }).toEqual({ exitCode: 0, story: [], said: "" });
  expect(told.report?.converged).toBe(true);
}

export function expectExit(told: Told, exitCode: number, words: RegExp): void {
  const text = `${told.stdout}${told.stderr}`;
  expect({ exitCode: told.exitCode, said: words.test(text) ? "" : text }).toEqual({ exitCode, said: "" });
}

/** What is told about one workload. */
export function outcomeOf(told: Told, name: string) {
  const found = told.report?.changes.find(({ key }) => key.replace(/^[^/]*\//, "") === name);
  if (found === undefined) throw new Error(`nothing is told of "${name}":\n${told.stdout}${told.stderr}`);
  return found;
}
