/** Where cases take place: an Engine, or a Swarm. */
import type { NamedCall } from "./call-id.ts";
import { type FaultKind, isKill } from "./fault.ts";
import type { Program } from "./program.ts";
import type { CaseNames, Rollout } from "./rollout.ts";

/** What cases share. */
export interface FaultLab<R extends Rollout = Rollout> extends AsyncDisposable {
  readonly version: string;
  /** Through which the program is to work, behind a proxy. */
  readonly socket: string;
  /** A folder with a short path. */
  readonly sharedDir: string;
  readonly program: Program;
  /** What a call may take where an answer does not come whole: short, but enough for what is really done. */
  readonly callTimeout: string;
  /** Names that no other case has. */
  nextNames(): CaseNames;
  ground(rollout: R, names: CaseNames): Ground;
}

/** What belongs to one case, as others see it. Everything that is wrong is a sentence. */
export interface Ground {
  /** Before anything of the case is there. */
  makeReady(): Promise<void>;
  /** All is as it is before the rollout: what must not be lost is remembered, and from now on services must serve. */
  beginRollout(): Promise<void>;
  /** What is wrong at the end of the run that met the fault. */
  afterFault(fault: FaultKind): Promise<string[]>;
  /** What is wrong at the end of all runs; `met` is absent when there was no fault. */
  atEnd(met?: MetFault): Promise<string[]>;
  /** What happened to the containers of its services. */
  trail(): readonly string[];
  /** Removes all of it. */
  remove(): Promise<void>;
}

export interface MetFault {
  readonly fault: FaultKind;
  readonly call: Pick<NamedCall, "id">;
}

/** A dead lock expires by itself; the next run that has anything to do takes it over. */
export function mayLeaveLock({ fault, call }: MetFault): boolean {
  return isKill(fault) || /^DELETE .*-lock-/.test(call.id);
}

const firstPort = 22_000;
const ports = 8_000;

/** As long in every case: names that are cut at a certain length are cut at the same place. */
export function nameMaker(): () => CaseNames {
  let count = 0;
  const own = process.pid.toString(36).padStart(4, "0");
  return () => {
    count += 1;
    // Letters first: a name that begins with a digit looks like an id.
    return { p: `k${own}x${count.toString(36).padStart(3, "0")}-`, port: firstPort + (count % ports) };
  };
}
