/** A cluster for each release with the scenarios on it: its images, what others have there, and what became of each. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type SwarmCluster, startCluster } from "../../deploy/lab/swarm-cluster.ts";
import { copyImages } from "../../deploy/lab/swarm-images.ts";
import { makeScenarioImages, scenarioImageNames } from "../support/scenario-images.ts";
import { type ClusterStrangers, placeClusterStrangers } from "./cluster-strangers.ts";
import { ClusterSystem } from "./cluster-system.ts";
import { releases } from "./releases.ts";
import { noteResult } from "./scenario-results.ts";

export interface ScenarioLab {
  readonly cluster: SwarmCluster;
  readonly release: (typeof releases)[number];
  readonly strangers: ClusterStrangers;
}

export interface LabOptions {
  readonly managers?: number;
  readonly workers?: number;
  readonly on?: typeof releases;
  /** Further images and such. */
  readonly prepare?: (cluster: SwarmCluster) => Promise<void>;
}

export type Scenario = (title: string, body: (system: ClusterSystem) => Promise<void>) => void;

const report = (line: string) => process.stderr.write(`${line}\n`);

/** Three managers, unless said otherwise; nodes report each second, so that a lost one is noticed in seconds. */
export async function openLab(
  release: (typeof releases)[number],
  options: LabOptions = {},
): Promise<ScenarioLab> {
  const { managers = 3, workers = 0, prepare } = options;
  const started = performance.now();
  const cluster = await startCluster({
    ...{ release, managers, workers, purpose: "scenario", heartbeatMs: 1_000, report },
  });
  try {
    const first = cluster.manager();
    await makeScenarioImages(first.socket);
    await copyImages(cluster, first, scenarioImageNames);
    await prepare?.(cluster);
    const strangers = await placeClusterStrangers(cluster, "lab/idle:1");
    report(
      `Docker Engine ${cluster.version}: a cluster is ready after ${secondsSince(started).toFixed(1)} s`,
    );
    return { cluster, release, strangers };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** Scenarios on one cluster for each release. */
export function onCluster(
  title: string,
  define: (scenario: Scenario) => void,
  options: LabOptions = {},
): void {
  describe.for(options.on ?? releases)(`${title}, Docker Engine %s`, (release) => {
    let lab: ScenarioLab;
    beforeAll(async () => {
      lab = await openLab(release, options);
    });
    // No scenario begins with what another one has killed.
    beforeEach(() => lab.cluster.repair());
    afterAll(() => lab?.cluster.stop());
    define((name, body) => test(name, () => play(lab, name, body)));
  });
}

/** Plays one scenario: nothing of others may be touched by it, and its result is noted whatever it is. */
async function play(
  { cluster, release, strangers }: ScenarioLab,
  scenario: string,
  body: (system: ClusterSystem) => Promise<void>,
): Promise<void> {
  const started = performance.now();
  const system = await ClusterSystem.open(cluster);
  let passed = false;
  try {
    await body(system);
    await cluster.repair();
    expect(await strangers.touched()).toEqual([]);
    passed = true;
  } catch (error) {
    report(`\n${scenario} (Docker Engine ${release})\n${system.trail.join("\n")}\n${await shown(system)}`);
    throw error;
  } finally {
    const { notes } = system;
    noteResult({ scenario, release, passed, seconds: secondsSince(started), notes });
    await cluster.repair();
    await system[Symbol.asyncDispose]();
  }
}

/** The state of the cluster, for whoever reads why a scenario failed. */
async function shown(system: ClusterSystem): Promise<string> {
  try {
    const lines: string[] = [];
    for (const [name, { UpdateStatus, Version }] of await system.services()) {
      lines.push(
        `  ${name} version ${Version?.Index} ${UpdateStatus?.State ?? ""} ${UpdateStatus?.Message ?? ""}`,
      );
      for (const { Slot, Status, DesiredState, Spec, NodeID } of await system.tasks(name))
        lines.push(
          `    slot ${Slot} ${Spec.ContainerSpec.Image} wants ${DesiredState} is ${Status?.State} on ${NodeID} ${Status?.Err ?? ""} (${Status?.Message ?? ""}) exit ${Status?.ContainerStatus?.ExitCode ?? ""} ${Status?.Timestamp}`,
        );
    }
    return lines.join("\n");
  } catch (error) {
    return String(error);
  }
}

const secondsSince = (start: number) => (performance.now() - start) / 1000;
