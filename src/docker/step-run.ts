import type { EngineFacts } from "../model/actual-state.ts";
import type { Progress } from "../model/run-event.ts";
import type { ContainerTarget } from "../model/step.ts";
import type { EngineClient } from "./engine-client.ts";
import type { KnownNetworks } from "./swarm/network-names.ts";

/** Settings of the adapter that steps read. */
export interface StepSettings {
  /** A docker `config.json` with registry credentials. */
  readonly registryConfigPath?: string;
  /** Longest time a pull may go without progress. */
  readonly pullIdleMs: number;
}

/** What the execution of one step has at hand. */
export interface StepRun {
  readonly client: EngineClient;
  readonly engine: EngineFacts;
  readonly settings: StepSettings;
  readonly signal: AbortSignal;
  idOf(target: ContainerTarget): string;
  progress(progress: Progress): void;
  readonly networks: KnownNetworks;
  /** What is known of the cluster's services is out of date. */
  serviceChanged(): void;
  /** From 0 to 1, so that those who collided do not collide again. */
  chance(): number;
}
