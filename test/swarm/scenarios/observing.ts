/** How scenarios look at what a run did: through a recording proxy, in the history, at the tasks. */
import { expect } from "vitest";
import { startProgram } from "../../support/program.ts";
import { type RecordingProxy, startRecordingProxy } from "../../support/recording-proxy.ts";
import type { ClusterSystem, Told } from "../cluster-system.ts";

type Environment = Readonly<Record<string, string>>;

/** The parts of `history --json` that scenarios read. */
export interface RecordedRun {
  readonly command: string;
  readonly by: string;
  readonly at: string;
  readonly durationMs: number;
  readonly exitCode: number;
  readonly revision: { readonly id: string };
  readonly changes: readonly {
    readonly key: string;
    readonly outcome: string;
    readonly summary: string;
    readonly details: readonly string[];
  }[];
}

/** Enough for a machine that is busy with other things: here nobody waits for the lock of a run that was killed. */
export const patience = { lockExpiry: "60s" } as const;

/** A scenario in which no run loses its lock because the machine is slow. */
export function patiently(body: (system: ClusterSystem) => Promise<void>) {
  return async (system: ClusterSystem) => {
    await system.settings(patience);
    await body(system);
  };
}

/** The latest first. */
export async function historyOf(
  system: ClusterSystem,
  via = system.cluster.manager(),
): Promise<readonly RecordedRun[]> {
  const { stdout, stderr } = await system.run(via, "history", "--json");
  const { runs } = JSON.parse(stdout) as { readonly runs?: readonly RecordedRun[] };
  if (runs === undefined) throw new Error(`no history: ${stdout}${stderr}`);
  return runs;
}

/** Runs the program with more than the Engine in its environment. */
export async function runWith(
  system: ClusterSystem,
  environment: Environment,
  command: string,
  ...args: readonly string[]
): Promise<Told> {
  const DOCKER_HOST = `unix://${system.cluster.manager().socket}`;
  const argv = [command, "--config", system.repository.dir, ...args];
  return await system.end(startProgram(argv, { DOCKER_HOST, ...environment }));
}

/** Gives a proxy in front of a manager to `body`. */
export async function throughProxy<T>(
  system: ClusterSystem,
  body: (proxy: RecordingProxy) => Promise<T>,
  { socket }: { readonly socket: string } = system.cluster.manager(),
): Promise<T> {
  const proxy = await startRecordingProxy(socket, "/tmp");
  try {
    return await body(proxy);
  } finally {
    await proxy[Symbol.asyncDispose]();
  }
}

/** An `apply` and what of its calls changed something. */
export async function applyRecorded(
  system: ClusterSystem,
  { environment = {}, args = [] }: { environment?: Environment; args?: readonly string[] } = {},
): Promise<Told & { readonly mutations: readonly string[] }> {
  return await throughProxy(system, async (proxy) => {
    const told = await runWith(
      system,
      { ...environment, DOCKER_HOST: proxy.host },
      "apply",
      "--json",
      ...args,
    );
    return { ...told, mutations: proxy.mutations() };
  });
}

/** One more `apply` finds nothing to do and makes no call that changes anything. */
export async function expectNothingLeft(system: ClusterSystem, environment: Environment = {}): Promise<void> {
  const { exitCode, mutations, report, stderr } = await applyRecorded(system, { environment });
  const changed = report?.changes.filter(({ outcome }) => outcome !== "unchanged");
  expect({ exitCode, mutations, changed, stderr }).toEqual({
    ...{ exitCode: 0, mutations: [], changed: [], stderr: "" },
  });
}
