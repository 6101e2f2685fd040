/** One case on a Swarm that others use at the same time. */

import type { EngineClient } from "../../support/engine-client.ts";
import { difference } from "../checks.ts";
import { type FaultKind, isKill } from "../fault.ts";
import type { Ground, MetFault } from "../ground.ts";
import { mayLeaveLock } from "../ground.ts";
import type { CaseNames } from "../rollout.ts";
import type { ServingWatch } from "../serving-watch.ts";
import { lockProblems, lostVolumes, outcomeProblems, serveProblems, stateProblems } from "./checks.ts";
import { belongingsOf, removeAll, type SwarmBelongings, settled } from "./objects.ts";
import type { SwarmRollout } from "./rollouts.ts";
import type { SwarmStrangers } from "./strangers.ts";

export interface SwarmSurroundings {
  /** The only node, a manager. */
  readonly engine: EngineClient;
  readonly watch: ServingWatch;
  readonly strangers: SwarmStrangers;
}

export class SwarmGround implements Ground {
  private readonly around: SwarmSurroundings;
  private readonly rollout: SwarmRollout;
  private readonly names: CaseNames;
  private before: SwarmBelongings | undefined;
  private fromNano = 0n;

  constructor(around: SwarmSurroundings, rollout: SwarmRollout, names: CaseNames) {
    this.around = around;
    this.rollout = rollout;
    this.names = names;
  }

  async makeReady(): Promise<void> {}

  async beginRollout(): Promise<void> {
    this.before = await belongingsOf(this.around.engine, this.names);
    this.fromNano = await this.around.watch.now();
  }

  async afterFault(fault: FaultKind): Promise<string[]> {
    const { engine } = this.around;
    const must = this.rollout.services.filter(
      ({ floor }) => floor === "always" || (floor === "stop-first" && !isKill(fault)),
    );
    // A run that lost its lock leaves to Swarm what Swarm has begun.
    const stopped = must.filter(({ floor }) => floor === "stop-first").map(({ name }) => name);
    if (stopped.length > 0) await settled(engine, this.names, stopped);
    const found = await belongingsOf(engine, this.names);
    return must.flatMap(({ name }) => serveProblems(found, this.names, name, "after the run with the fault"));
  }

  async atEnd(met?: MetFault): Promise<string[]> {
    const { engine, strangers, watch } = this.around;
    // What Swarm rolls back by itself nobody waits for: the next run says so and has nothing to do.
    if (this.rollout.exitCode === 1)
      await settled(engine, this.names, Object.keys(this.rollout.outcome.services));
    const found = await belongingsOf(engine, this.names);
    const toNano = await watch.now();
    return [
      ...outcomeProblems(found, this.names, this.rollout.outcome),
      ...(met !== undefined && mayLeaveLock(met) ? [] : lockProblems(found)),
      ...stateProblems(found),
      ...(this.before === undefined ? [] : lostVolumes(this.before, found)),
      ...(await strangers.touched()).map((path) => `${path} of somebody else was touched`),
      ...this.gapProblems(toNano),
      ...this.jobProblems(),
    ];
  }

  /** Moments without a healthy container of a service that is to serve at every moment. */
  private gapProblems(toNano: bigint): string[] {
    return this.rollout.services.flatMap(({ name, floor, hasHealthcheck }) => {
      if (floor !== "always") return [];
      return this.around.watch
        .gaps({ id: `${this.names.p}${name}`, hasHealthcheck }, this.fromNano, toNano)
        .map(({ milliseconds, because }) => `${name} did not serve for ${milliseconds} ms after ${because}`);
    });
  }

  /** A job runs once for each of its specs, whatever is lost on the way. */
  private jobProblems(): string[] {
    return Object.entries(this.rollout.jobs ?? {}).flatMap(([name, image]) => {
      const runs = this.around.watch.starts({ id: `${this.names.p}${name}` }, this.fromNano);
      return difference(`runs of ${name}`, runs, [image]);
    });
  }

  trail(): readonly string[] {
    const { services, jobs = {} } = this.rollout;
    const names = [...services.map(({ name }) => name), ...Object.keys(jobs)];
    return names.flatMap((name) => this.around.watch.trail({ id: `${this.names.p}${name}` }));
  }

  async remove(): Promise<void> {
    await removeAll(this.around.engine, this.names);
    this.around.watch.forget(this.names.p);
  }
}
