/** A run that is stopped half way puts back what it began; a run without an Engine says what to check. */
import { expect } from "vitest";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import { expectConverged, expectTidy, identity, outcomeOf } from "../../support/checks.ts";
import type { InspectedContainer } from "../../support/engine-client.ts";
import type { RunResult } from "../../support/program.ts";
import { type System, test } from "../../support/scenario.ts";
import { compose, unit } from "../../support/texts.ts";

/** Long enough that only the interruption can end it. */
const patientSettings = (p: string) => `project: ${p}project\npolicy: {stability: 60s, retention: 0s}\n`;
const quickExitMs = 10_000;

/** Answers how long an interrupted run may take: ten seconds, or more on a machine that is busy with other things. */
async function applyFirst(system: System, flags: string): Promise<number> {
  await system.write({ [`units/${system.p}web.service`]: unit(`${flags} lab/plain:58-develop`) });
  const first = await system.step("a service is applied", () => system.apply());
  expectConverged(first);
  await system.write({
    "mysysconfig.yaml": patientSettings(system.p),
    [`units/${system.p}web.service`]: unit(`${flags} lab/plain:59-develop`),
  });
  return Math.max(quickExitMs, 5 * first.durationMs);
}

/** Starts an apply and stops it by SIGTERM when the new container runs and is being watched. */
async function interrupt(system: System): Promise<{ result: RunResult; tookMs: number }> {
  const started = system.proxy.seen(/^POST \/containers\/[^/]+\/start/);
  const running = system.start("apply");
  await started;
  await system.proxy.seen(/^GET \/containers\/[^/]+\/json/);
  const signalledAt = performance.now();
  running.child.kill("SIGTERM");
  const result = await running.result;
  return { result, tookMs: performance.now() - signalledAt };
}

test("SIGTERM during a start-first rollout must leave the old one serving and nothing behind", async ({
  system,
}) => {
  const patienceMs = await applyFirst(system, "");
  const before = await system.containers();
  const { result, tookMs } = await system.step("the rollout is interrupted", () => interrupt(system));
  const after = await system.containers();
  expect(identity(after)).toEqual(identity(before));
  expectTidy(after);
  expect(after.get("web")?.HostConfig.RestartPolicy.Name).toBe("always");
  expect(result.exitCode).toBe(1);
  expect(tookMs).toBeLessThan(patienceMs);
  expect(`${result.stdout}${result.stderr}`).toMatch(/interrupted/i);
});

test("SIGTERM during a stop-first rollout must bring the old one back", async ({ system }) => {
  const port = system.port();
  const patienceMs = await applyFirst(system, `-p ${port}:80`);
  const before = await system.container("web");
  const { result, tookMs } = await system.step("the rollout is interrupted", () => interrupt(system));
  const after = await system.container("web");
  expect({ id: after.Id, running: after.State.Running }).toEqual({ id: before.Id, running: true });
  expect(after.HostConfig.RestartPolicy.Name).toBe("always");
  expect(await system.request(`http://127.0.0.1:${port}/`)).toContain("plain 58-develop");
  expectTidy(await system.containers());
  expect(result.exitCode).toBe(1);
  expect(tookMs).toBeLessThan(patienceMs);
});

test("a container that was created while the run was stopped must not be left behind", async ({ system }) => {
  const { step, proxy } = system;
  await applyFirst(system, "");
  const before = await system.containers();
  const creation = /^POST \/containers\/create\?name=(?!mysysconfig)/;
  const release = proxy.holdAnswers(creation);
  const created = proxy.seen(creation);
  const running = system.start("apply");
  await created;
  await step("the Engine has created it, but its answer has not arrived", () =>
    waitUntil("the new container", 30_000, async () =>
      (await system.containers()).size > before.size ? true : undefined,
    ),
  );
  running.child.kill("SIGTERM");
  release();
  const result = await running.result;
  const after = await system.containers();
  expect(identity(after)).toEqual(identity(before));
  expect(result.exitCode).toBe(1);
});

test("--timeout must put back what is half done", async ({ system }) => {
  await applyFirst(system, "");
  const before = await system.containers();
  const result = await system.step("the run has three seconds", () => system.run("apply", "--timeout", "3s"));
  const after = await system.containers();
  expect(identity(after)).toEqual(identity(before));
  expectTidy(after);
  expect(result.exitCode).toBe(1);
});

/** One workload behind an alias whose next build goes through everything that a rollout does. */
async function applyBehindAlias(system: System): Promise<void> {
  const { p } = system;
  await system.write({
    [`units/${p}front.compose.yaml`]: compose({ networks: { front: { name: `${p}front` } } }),
  });
  await applyFirst(system, `--network ${p}front --network-alias web`);
  await system.write({ "mysysconfig.yaml": patientSettings(p).replace("60s", "300ms") });
}

const calls = [
  { name: "cut over", pattern: /^POST \/networks\/[^/]+\/connect/ },
  { name: "stop the old one", pattern: /^POST \/containers\/[^/]+\/stop/ },
] as const;

test.for(calls)(
  "an Engine that refuses to $name must leave the old one serving",
  async (call, { system }) => {
    const { step, proxy } = system;
    await applyBehindAlias(system);
    const before = await system.container("web");
    const end = proxy.refuse(call.pattern, 500, "the disk is on fire");
    const failed = await step(`the Engine refuses to ${call.name}`, () => system.apply());
    end();
    const after = await system.container("web");
    expect([after.Id, after.State.Running]).toEqual([before.Id, true]);
    expect(after.NetworkSettings.Networks[`${system.p}front`]?.Aliases).toContain("web");
    expect(after.HostConfig.RestartPolicy.Name).toBe("always");
    expect(failed.exitCode).toBe(1);
    expect(outcomeOf(system, failed, "web").summary).toContain("the disk is on fire");
    expectConverged(await step("the next run succeeds", () => system.apply()));
    expectTidy(await system.containers());
  },
);

test("an Engine that refuses to rename must leave the new one serving, and the next run clears up", async ({
  system,
}) => {
  const { step, proxy } = system;
  await applyBehindAlias(system);
  const end = proxy.refuse(/^POST \/containers\/[^/]+\/rename/, 500, "the disk is on fire");
  const failed = await step("the Engine refuses to rename", () => system.apply());
  end();
  const running = [...(await system.containers()).values()].filter(({ State }) => State.Running);
  expect(running.map(({ Config }) => Config.Image)).toEqual(["lab/plain:59-develop"]);
  expect(failed.exitCode).toBe(1);
  expect(outcomeOf(system, failed, "web").summary).toContain("the disk is on fire");
  expectConverged(await step("the next run clears up", () => system.apply()));
  const after = await system.containers();
  expect(identity(after)).toEqual({
    web: identity(new Map([["web", running[0] as InspectedContainer]]))["web"],
  });
});

const nowhere = ["unix:///nonexistent/docker.sock", "tcp://127.0.0.1:1"] as const;

test.for(nowhere)(
  "an Engine that cannot be reached at %s must be told with what to check",
  async (host, { system }) => {
    system.setEnvironment({ DOCKER_HOST: host });
    await system.write({ [`units/${system.p}web.service`]: unit("lab/plain:58-develop") });
    for (const command of ["apply", "plan"]) {
      const result = await system.run(command);
      expect(result.exitCode).toBe(5);
      expect(result.stderr).toContain(host.replace(/^unix:\/\//, ""));
      expect(result.stderr).toMatch(host.startsWith("unix") ? /mount/i : /DOCKER_HOST/);
    }
  },
);

test("a mistake in any file must change nothing", async ({ system }) => {
  const { step, p, proxy } = system;
  await system.write({ [`units/${p}web.service`]: unit("lab/plain:58-develop") });
  expectConverged(await step("a service is applied", () => system.apply()));
  const before = await system.containers();
  await system.write({
    [`units/${p}web.service`]: unit("lab/plain:59-develop"),
    [`units/${p}api.service`]: unit("--nmae api lab/plain:58-develop"),
  });
  proxy.forget();
  const refused = await step("one unit changes, another one has a mistake", () => system.run("apply"));
  expect(identity(await system.containers())).toEqual(identity(before));
  expect(proxy.mutations()).toEqual([]);
  expect(refused.exitCode).toBe(4);
  expect(refused.stderr).toContain(`units/${p}api.service:7:31: unknown docker run flag "--nmae"`);
});
