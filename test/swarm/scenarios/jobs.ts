/** Jobs: a migration that others wait for, and one that runs at its times. */
import { expect } from "vitest";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import { startDaemonProcess } from "../../support/daemon-process.ts";
import { compose, jobUnit } from "../../support/texts.ts";
import type { ClusterSystem } from "../cluster-system.ts";
import { type TaskWatch, watchTasks } from "../task-watch.ts";
import { better, expectConverged, expectExit, good, outcomeOf, web, writeStack } from "./config.ts";
import { applyRecorded, expectNothingLeft, historyOf, type RecordedRun } from "./observing.ts";

const migration = (line: string) => ({
  image: "lab/migrate:41",
  command: ["sh", "-c", `sleep 1; ${line}`],
});

const shop = (build: string, migrate: Readonly<Record<string, unknown>>) => ({
  migrate,
  api: {
    image: web(build),
    depends_on: { migrate: { condition: "service_completed_successfully" } },
  },
});

/** How often the job was started so far; the nodes tell of it with a short delay. */
async function expectStarts(watch: TaskWatch, count: number): Promise<void> {
  await waitUntil(`${count} starts of the job`, 30_000, () => (watch.starts("") >= count ? true : undefined));
  expect({ starts: watch.starts(""), story: watch.story() }).toMatchObject({ starts: count });
}

/** The dependent was begun after the job had ended. */
async function expectGated(system: ClusterSystem): Promise<void> {
  const newest = (times: readonly (string | undefined)[]) => times.map(String).toSorted().at(-1) ?? "";
  const ended = newest((await system.tasks("migrate")).map(({ Status }) => Status?.Timestamp));
  const begun = newest((await system.tasks("api")).map(({ CreatedAt }) => CreatedAt));
  expect(Date.parse(begun)).toBeGreaterThanOrEqual(Date.parse(ended));
}

export async function migrationGates(system: ClusterSystem): Promise<void> {
  await using watch = await watchTasks(system.cluster, `${system.stack}_migrate`, false);
  await writeStack(system, shop(good, migration("migrate")));
  expectConverged(await system.apply());
  await expectStarts(watch, 1);
  await expectGated(system);
  expect((await system.tasks("migrate")).map(({ Status }) => Status?.State)).toEqual(["complete"]);
  await expectNothingLeft(system);

  // Every update of a job runs it once more, so that what is no part of its tasks must not become one.
  const before = await system.service("migrate");
  await writeStack(system, shop(good, { ...migration("migrate"), deploy: { labels: { team: "shop" } } }));
  await expectNothingLeft(system);
  expect((await system.service("migrate")).Version).toEqual(before.Version);
  await expectStarts(watch, 1);

  await writeStack(system, shop(better, migration("migrate; echo changed")));
  expectConverged(await system.apply());
  await expectStarts(watch, 2);
  await expectGated(system);
  expect(await system.serving()).toContain(`api ${web(better)} x1`);
  await expectNothingLeft(system);

  await writeStack(system, shop(good, migration("echo no such table >&2; exit 7")));
  const failed = await system.apply();
  expectExit(failed, 1, /exit code 7|non-zero exit \(7\)/);
  expect(outcomeOf(failed, "migrate").outcome).toBe("failed");
  expect(outcomeOf(failed, "api").outcome).toBe("skipped");
  expect(JSON.stringify(outcomeOf(failed, "migrate"))).toContain("no such table");
  await expectStarts(watch, 3);
  expect(await system.serving()).toContain(`api ${web(better)} x1`);

  const again = await applyRecorded(system);
  expectExit(again, 1, /--retry/);
  expect(again.mutations).toEqual([]);
  await expectStarts(watch, 3);
  expect(await system.serving()).toContain(`api ${web(better)} x1`);

  await writeStack(system, shop(good, migration("echo mended")));
  expectConverged(await system.apply());
  await expectStarts(watch, 4);
  expect(await system.serving()).toContain(`api ${web(good)} x1`);
  await expectNothingLeft(system);
}

/** A job that others wait for runs again because a person has it updated; no run of ours makes it one more. */
export async function jobOfStranger(system: ClusterSystem): Promise<void> {
  await using watch = await watchTasks(system.cluster, `${system.stack}_migrate`, false);
  await writeStack(system, shop(good, migration("migrate")));
  expectConverged(await system.apply());
  await system.meddle("migrate", (spec) => {
    const { TaskTemplate } = spec;
    return { ...spec, TaskTemplate: { ...TaskTemplate, ForceUpdate: (TaskTemplate.ForceUpdate ?? 0) + 1 } };
  });
  await expectStarts(watch, 2);
  expectConverged(await system.apply());
  await expectNothingLeft(system);
  await expectStarts(watch, 2);
}

const everyMs = 15_000;

async function writeBackup(system: ClusterSystem): Promise<void> {
  const name = `${system.stack}-backup`;
  await system.write({
    [`units/${name}.service`]: jobUnit("lab/idle:1 sh -c 'echo saved 3 tables'"),
    [`units/${name}.timer`]: ["[Timer]", "OnCalendar=*-*-* *:*:0/15", "AccuracySec=1s", ""].join("\n"),
    // Something else that has to stay as it is.
    [`units/${system.stack}.compose.yaml`]: compose({
      services: { idle: { image: "lab/idle:1", deploy: { endpoint_mode: "dnsrr" } } },
    }),
  });
}

async function jobRuns(system: ClusterSystem): Promise<readonly RecordedRun[]> {
  return (await historyOf(system)).filter(({ command }) => command === "job").toReversed();
}

/** The times of the timer that the runs have served, in their order: each run began in the span of its own. */
const servedOf = (runs: readonly RecordedRun[]) =>
  runs.map(({ at, durationMs }) => Math.floor((Date.parse(at) - durationMs) / everyMs));

function expectGoodRuns(system: ClusterSystem, runs: readonly RecordedRun[]): void {
  const key = `${system.stack}-backup`;
  for (const run of runs) {
    expect(run).toMatchObject({ by: `${key}.timer`, exitCode: 0, changes: [{ key, outcome: "done" }] });
    expect(run.changes[0]?.details).toContain("log: saved 3 tables");
  }
}

export async function timerUnderApplies(system: ClusterSystem): Promise<void> {
  const key = `${system.stack}-backup`;
  await using watch = await watchTasks(system.cluster, key, false);
  await writeBackup(system);
  expectConverged(await system.apply());
  const { TaskTemplate: _, Mode, Labels } = (await system.service(key)).Spec;
  expect(Labels).toMatchObject({ "mysysconfig.timer": `${key}.timer` });
  expect(Object.keys(Mode ?? {})).toEqual(["ReplicatedJob"]);
  expect((await system.run(system.cluster.manager(), "status")).stdout).toMatch(/backup +armed/);
  expect(watch.starts("")).toBe(0);
  // Two at a time: one that comes late waits, or leaves it to the other.
  const runs = await waitUntil("three runs of the job", 300_000, async () => {
    const both = await Promise.all([system.apply(), system.apply()]);
    for (const { exitCode, stderr } of both) expect([0, 3], stderr).toContain(exitCode);
    const found = await jobRuns(system);
    return found.length >= 3 ? found : undefined;
  });
  expectGoodRuns(system, runs);
  const served = servedOf(runs);
  expect(new Set(served).size).toBe(served.length);
  await expectStarts(watch, runs.length);
  system.note(`${runs.length} runs of the job, for the times ${served.join(", ")}`);
}

export async function timerUnderDaemon(system: ClusterSystem): Promise<void> {
  const key = `${system.stack}-backup`;
  await using watch = await watchTasks(system.cluster, key, false);
  await writeBackup(system);
  const daemon = startDaemonProcess({
    args: ["--config", system.repository.dir],
    environment: { DOCKER_HOST: `unix://${system.cluster.manager().socket}` },
    trail: system.trail,
  });
  let runs: readonly RecordedRun[];
  try {
    await daemon.ready();
    runs = await waitUntil("three runs of the job", 180_000, async () => {
      const found = await jobRuns(system);
      return found.length >= 3 ? found : undefined;
    });
    expect(await daemon.stop()).toBe(0);
  } finally {
    await daemon[Symbol.asyncDispose]();
  }
  expectGoodRuns(system, runs);
  const served = servedOf(runs);
  expect(served).toEqual(served.map((_, index) => (served[0] ?? 0) + index));
  const started = watch.starts("");
  // A fourth one may have begun since the history was read.
  expect(started - runs.length).toBeLessThanOrEqual(1);
  expect((await system.run(system.cluster.manager(), "explain", key)).stdout).toContain("saved 3 tables");
}
