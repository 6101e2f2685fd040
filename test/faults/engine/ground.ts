/** One case on an Engine that others use at the same time. */
import { EngineError } from "../../../deploy/lab/engine-api.ts";
import { cleanUp } from "../../support/artifacts.ts";
import type { EngineClient } from "../../support/engine-client.ts";
import { type FaultKind, isKill } from "../fault.ts";
import { type Ground, type MetFault, mayLeaveLock } from "../ground.ts";
import type { CaseNames } from "../rollout.ts";
import type { ServingWatch } from "../serving-watch.ts";
import {
  type Belongings,
  belongingsOf,
  lockProblems,
  lostVolumes,
  outcomeProblems,
  reachProblems,
} from "./checks.ts";
import type { EngineRollout } from "./rollouts.ts";
import type { Strangers } from "./strangers.ts";

export interface EngineSurroundings {
  readonly engine: EngineClient;
  readonly watch: ServingWatch;
  readonly strangers: Strangers;
}

export class EngineGround implements Ground {
  private readonly around: EngineSurroundings;
  private readonly rollout: EngineRollout;
  private readonly names: CaseNames;
  private before: Belongings | undefined;
  private fromNano = 0n;

  constructor(around: EngineSurroundings, rollout: EngineRollout, names: CaseNames) {
    this.around = around;
    this.rollout = rollout;
    this.names = names;
  }

  async makeReady(): Promise<void> {
    if (this.rollout.firstUseOf !== undefined) await removeImage(this.around.engine, emptyImage);
  }

  async beginRollout(): Promise<void> {
    this.before = await belongingsOf(this.around.engine, this.names);
    this.fromNano = await this.around.watch.now();
  }

  async afterFault(fault: FaultKind): Promise<string[]> {
    const found = await belongingsOf(this.around.engine, this.names);
    const must = this.rollout.services.filter(
      ({ floor }) => floor === "always" || (floor === "stop-first" && !isKill(fault)),
    );
    return must.flatMap((service) =>
      reachProblems(found, this.names, service, "after the run with the fault"),
    );
  }

  async atEnd(met?: MetFault): Promise<string[]> {
    const { engine, strangers } = this.around;
    const found = await belongingsOf(engine, this.names);
    return [
      ...outcomeProblems(found, this.names, this.rollout.outcome),
      ...(met !== undefined && mayLeaveLock(met) ? [] : lockProblems(found)),
      ...(this.before === undefined ? [] : lostVolumes(this.before, found)),
      ...this.rollout.services.flatMap((service) => reachProblems(found, this.names, service, "at the end")),
      ...(await strangers.touched()).map((path) => `${path} of somebody else was touched`),
      ...(await this.gapProblems()),
    ];
  }

  /** Moments without a healthy container of a service that is to serve at every moment. */
  private async gapProblems(): Promise<string[]> {
    const { watch } = this.around;
    const toNano = await watch.now();
    return this.rollout.services.flatMap(({ name, floor, hasHealthcheck }) => {
      if (floor !== "always") return [];
      return watch
        .gaps({ id: `${this.names.p}${name}`, hasHealthcheck }, this.fromNano, toNano)
        .map(({ milliseconds, because }) => `${name} did not serve for ${milliseconds} ms after ${because}`);
    });
  }

  trail(): readonly string[] {
    return this.rollout.services.flatMap(({ name }) =>
      this.around.watch.trail({ id: `${this.names.p}${name}` }),
    );
  }

  async remove(): Promise<void> {
    await cleanUp(this.around.engine, this.names.p);
    this.around.watch.forget(this.names.p);
  }
}

/** What the program makes on an Engine once, for all projects. */
const emptyImage = "mysysconfig-empty:1";

async function removeImage(engine: EngineClient, reference: string): Promise<void> {
  try {
    await engine.api.call("DELETE", `/images/${reference}`, { query: { force: "1" } });
  } catch (error) {
    if (!(error instanceof EngineError && error.status === 404)) throw error;
  }
}
