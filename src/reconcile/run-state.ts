import type { ContainerState, Target } from "../model/actual-state.ts";
import type { Backend } from "../ports.ts";
import { jobRunOf, serviceOfRun } from "../swarm/job-run.ts";

/** The Engine's events wake whoever waits; this is how long they are trusted. */
const longestPauseMs = 2_000;

/** The runs of jobs, whether they are containers or tasks of a service. */
export interface RunViews {
  /** The present state of a run; `undefined` when it is gone. */
  stateOf(id: string, signal: AbortSignal): Promise<ContainerState | undefined>;
  /** Resolves when it is worth looking again. */
  waitFor(id: string, signal: AbortSignal): Promise<void>;
  /** What the run says of itself. Never rejects. */
  storyOf(id: string, signal: AbortSignal): Promise<readonly string[]>;
}

export function runViews(target: Target, backend: Backend): RunViews {
  if (target === "engine")
    return {
      stateOf: (id, signal) => backend.inspectState(id, signal),
      waitFor: (id, signal) => backend.waitForChange(id, longestPauseMs, signal),
      storyOf: (id, signal) => backend.describeFailure(id, signal),
    };
  return {
    async stateOf(id, signal) {
      const { service } = await backend.lookAtService(serviceOfRun(id), signal);
      if (service === undefined) return undefined;
      const run = jobRunOf(service);
      // Another iteration has begun: this one has ended, nobody knows how any more.
      return run.id === id ? run.state : undefined;
    },
    // Looks are paced by the backend.
    async waitFor() {},
    storyOf: (id, signal) => backend.describeService(serviceOfRun(id), signal),
  };
}
