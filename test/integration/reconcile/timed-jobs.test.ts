/** Jobs with a timer: armed when they are deployed, run when they are due, recorded when they have ended. */
import { expect } from "vitest";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import { expectConverged, expectNothingDone } from "../../support/checks.ts";
import type { Applied, PlanDocument } from "../../support/scenario.ts";
import { quickSettings, type System, test } from "../../support/scenario.ts";
import { jobUnit, unit } from "../../support/texts.ts";

interface Recorded {
  readonly runs: readonly {
    readonly command: string;
    readonly by: string;
    readonly exitCode: number;
    readonly changes: readonly { readonly key: string; readonly details: readonly string[] }[];
  }[];
}

const patienceMs = 60_000;
const start = /^POST \/containers\/[^/]+\/start/;

/** A job that counts its runs in a volume, and a service that can read them. */
async function writeBackup(system: System, times: readonly string[], line = "exit 0"): Promise<void> {
  const { p } = system;
  const script = `echo run $(hostname) >> /data/runs; echo saved 3 tables; ${line}`;
  await system.write({
    "mysysconfig.yaml": `${quickSettings(p)}  lockExpiry: 5s\n`,
    [`units/${p}backup.service`]: jobUnit(`-v ${p}data:/data lab/idle:1 sh -c '${script}'`),
    [`units/${p}backup.timer`]: ["[Timer]", ...times, "AccuracySec=1s", ""].join("\n"),
    [`units/${p}reader.service`]: unit(`-v ${p}data:/data:ro lab/idle:1`),
  });
}

/** How often the job has run, by its own account. */
async function countRuns({ engine, p }: System): Promise<number> {
  const { output } = await engine.exec(`${p}reader`, ["sh", "-c", "cat /data/runs 2>/dev/null || true"]);
  return output.split("\n").filter((found) => found.startsWith("run ")).length;
}

async function jobRuns(system: System): Promise<Recorded["runs"]> {
  const { stdout } = await system.run("history", "--json");
  return (JSON.parse(stdout) as Recorded).runs.filter(({ command }) => command === "job");
}

/** Until the program itself says that the job is due. */
async function untilDue(system: System): Promise<void> {
  await waitUntil("the job to fall due", patienceMs, async () =>
    kindOf(system, (await system.plan()).plan) === "run" ? true : undefined,
  );
}

function kindOf({ p }: System, { changes }: PlanDocument): string | undefined {
  return changes.find(({ key }) => key === `${p}backup`)?.kind;
}

const jobsOf = ({ report }: Applied) =>
  (report as { jobs?: readonly { exitCode?: number }[] } | undefined)?.jobs ?? [];

test("a job with a timer must be armed, and be started in its armed container when it is due", async ({
  system,
}) => {
  const { step, proxy, p } = system;
  await writeBackup(system, ["OnActiveSec=4s"]);
  expectConverged(await step("a job is deployed", () => system.apply()));
  const armed = await system.container("backup");
  expect(armed.State).toMatchObject({ Status: "created", StartedAt: "0001-01-01T00:00:00Z" });
  expect(armed.Config.Labels["mysysconfig.timer"]).toBe(`${p}backup.timer`);
  await step("its time comes", () => untilDue(system));
  const ran = await step("it is applied", () => system.apply());
  expectConverged(ran);
  expect(jobsOf(ran)).toMatchObject([{ exitCode: 0, outcome: "done" }]);
  const after = await system.container("backup");
  expect(after.Id).toBe(armed.Id);
  expect(after.State).toMatchObject({ Status: "exited", ExitCode: 0 });
  expect(await countRuns(system)).toBe(1);
  const runs = await jobRuns(system);
  expect(runs).toMatchObject([{ by: `${p}backup.timer`, exitCode: 0, changes: [{ key: `${p}backup` }] }]);
  expect(runs[0]?.changes[0]?.details).toContain("log: saved 3 tables");
  proxy.forget();
  expectNothingDone(system, await step("it is applied again", () => system.apply()));
  const explained = await system.run("explain", `${p}backup`);
  expect(explained.stdout).toContain("log: saved 3 tables");
  expect((await system.run("status")).stdout).toMatch(/backup .*last run .*exit code 0/);
});

test("each run must have a fresh container, and the last one must stay until then", async ({ system }) => {
  const { step } = system;
  await writeBackup(system, ["OnActiveSec=0", "OnUnitInactiveSec=2s"]);
  const first = await step("a job is deployed that is due at once", () => system.apply());
  expect(jobsOf(first)).toMatchObject([{ exitCode: 0 }]);
  const one = await system.container("backup");
  expect(one.State).toMatchObject({ Status: "exited", ExitCode: 0 });
  await step("its next time comes", () => untilDue(system));
  expect((await system.container("backup")).Id).toBe(one.Id);
  const second = await step("it is applied", () => system.apply());
  expect(jobsOf(second)).toMatchObject([{ exitCode: 0 }]);
  const two = await system.container("backup");
  expect(two.Id).not.toBe(one.Id);
  expect(await countRuns(system)).toBe(2);
  expect(await jobRuns(system)).toHaveLength(2);
  expect([...(await system.containers()).keys()].sort()).toEqual(["backup", "reader"]);
});

test("a failed run must fail the apply, be told with its last lines, and not be run again", async ({
  system,
}) => {
  const { step, proxy, p } = system;
  await writeBackup(system, ["OnActiveSec=0"], "echo disk full >&2; exit 7");
  const failed = await step("a job is deployed that fails", () => system.run("apply"));
  expect(failed.exitCode).toBe(1);
  expect(failed.stdout).toMatch(new RegExp(`✗ ${p}backup +exit code 7`));
  expect(failed.stdout).toContain("disk full");
  expect(failed.stdout).toContain(`A job failed: ${p}backup (exit code 7). (exit 1)`);
  expect(await jobRuns(system)).toMatchObject([{ exitCode: 1 }]);
  proxy.forget();
  expectNothingDone(system, await step("it is applied again", () => system.apply()));
  expect(await countRuns(system)).toBe(1);
});

test("a program that is killed between creating and starting must have its run made up for, once", async ({
  system,
}) => {
  const { step, proxy } = system;
  await writeBackup(system, ["OnActiveSec=0", "OnUnitInactiveSec=1h"]);
  await step("the program is killed when it is about to start the job", async () => {
    const release = proxy.hold((call) => start.test(`${call.method} ${call.path}`));
    const running = system.start("apply");
    await waitUntil("the container of the job", patienceMs, async () =>
      (await system.containers()).get("backup"),
    );
    running.child.kill("SIGKILL");
    await running.result;
    release();
  });
  const left = await system.container("backup");
  const ran = await step("it is applied again", () => system.apply());
  expectConverged(ran);
  expect(await countRuns(system)).toBe(1);
  const after = await system.container("backup");
  expect(after.State).toMatchObject({ Status: "exited", ExitCode: 0 });
  expect(after.Id).toBe(left.Id);
  expect(await jobRuns(system)).toHaveLength(1);
  proxy.forget();
  expectNothingDone(system, await step("and once more", () => system.apply()));
});

test("146: two runs at once must start a job once", async ({ system }) => {
  const { step } = system;
  await writeBackup(system, ["OnActiveSec=4s", "OnUnitInactiveSec=1h"], "sleep 1");
  expectConverged(await step("a job is deployed", () => system.apply()));
  await step("its time comes", () => untilDue(system));
  const both = await step("two apply it at the same time", () =>
    Promise.all([system.apply(), system.apply()]),
  );
  for (const { exitCode } of both) expect([0, 3]).toContain(exitCode);
  expect(both.map(({ exitCode }) => exitCode)).toContain(0);
  expect(await countRuns(system)).toBe(1);
  expect(await jobRuns(system)).toHaveLength(1);
});
