/** A daemon that is told to stop does so in time, in the middle of whatever; the next one carries it on. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect } from "vitest";
import { projectOf } from "../../support/artifacts.ts";
import { expectTidy } from "../../support/checks.ts";
import { isConverged, startDaemonProcess } from "../../support/daemon-process.ts";
import { type System, test } from "../../support/scenario.ts";
import { unit } from "../../support/texts.ts";

/** Docker waits this long before it kills. */
const graceMs = 10_000;

const settings = (p: string, stability: string) =>
  `project: ${projectOf(p)}\npolicy: {stability: ${stability}, retention: 0s, lockExpiry: 5s}\n`;

async function writeBuild({ p, write }: System, build: number, stability = "300ms"): Promise<void> {
  await write({
    "mysysconfig.yaml": settings(p, stability),
    [`units/${p}web.service`]: unit(`lab/plain:${build}-develop`),
  });
}

const startOf = (system: System) =>
  startDaemonProcess({
    args: ["--config", system.repository.dir],
    environment: { DOCKER_HOST: system.proxy.host },
    trail: system.trail,
  });

/** A daemon in the middle of replacing build 58 by build 59. */
async function midRollout(system: System) {
  await writeBuild(system, 58);
  expect((await system.apply()).exitCode).toBe(0);
  await writeBuild(system, 59, "60s");
  const started = system.proxy.seen(/^POST \/containers\/[^/]+\/start/);
  const daemon = startOf(system);
  await started;
  await system.proxy.seen(/^GET \/containers\/[^/]+\/json/);
  return daemon;
}

test("an address that is taken must end it with an error, instead of leaving it there without one", async ({
  system,
}) => {
  await writeBuild(system, 58);
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  try {
    await using daemon = startDaemonProcess({
      args: ["--listen", `127.0.0.1:${port}`, "--config", system.repository.dir],
      environment: { DOCKER_HOST: system.proxy.host },
      trail: system.trail,
    });
    expect(await within(60_000, daemon.exited)).toBe(64);
  } finally {
    other.close();
  }
});

const timedOut = Symbol("timed out");
async function within<T>(ms: number, promise: Promise<T>): Promise<T | typeof timedOut> {
  const { promise: late, resolve } = Promise.withResolvers<typeof timedOut>();
  const timer = setTimeout(() => resolve(timedOut), ms);
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

test("SIGTERM in the middle of a rollout must end with 0 in time, and the next start must end the rollout", async ({
  system,
}) => {
  await using daemon = await midRollout(system);
  const exitCode = await within(graceMs, daemon.stop());
  expect(exitCode).toBe(0);
  const running = [...(await system.containers()).values()].filter(({ State }) => State.Running);
  expect(running.map(({ Config }) => Config.Image)).toContain("lab/plain:58-develop");
  await writeBuild(system, 59);
  await using next = startOf(system);
  await next.line("the run of the next start", isConverged);
  const after = await system.containers();
  expectTidy(after);
  expect(after.get("web")?.Config.Image).toBe("lab/plain:59-develop");
  expect(await next.stop("SIGINT")).toBe(0);
});

test("a run that hangs must be abandoned in time, and the next start must end what it began", async ({
  system,
}) => {
  await writeBuild(system, 58);
  expect((await system.apply()).exitCode).toBe(0);
  await writeBuild(system, 59);
  const release = system.proxy.hold(/^POST \/containers\/create\?name=(?!mysysconfig)/);
  const reached = system.proxy.seen(/^POST \/containers\/create\?name=(?!mysysconfig)/);
  await using daemon = startOf(system);
  await reached;
  const exitCode = await within(graceMs, daemon.stop());
  release();
  expect(exitCode).toBe(0);
  await using next = startOf(system);
  await next.line("the run of the next start", isConverged);
  const after = await system.containers();
  expectTidy(after);
  expect(after.get("web")?.Config.Image).toBe("lab/plain:59-develop");
});

test("of two daemons the second must wait for the first, and take over from one that is stuck or dead", async ({
  system,
}) => {
  await using first = await midRollout(system);
  await using second = startOf(system);
  const refused = await second.line(
    "the second to find the first at work",
    ({ msg }) => msg === "run failed",
  );
  expect(refused).toMatchObject({ error: { code: "busy" } });
  expect(refused["retryInMs"]).toBeGreaterThan(0);
  await writeBuild(system, 59);
  first.child.kill("SIGSTOP");
  await second.line("the second to take over from one that is stuck", isConverged);
  const after = await system.containers();
  expectTidy(after);
  expect(after.get("web")?.Config.Image).toBe("lab/plain:59-develop");
  first.child.kill("SIGCONT");
  await first.line("the first to go on", ({ msg }) => /^run /.test(msg));
  expect(await first.stop()).toBe(0);
  expect((await system.containers()).get("web")?.Id).toBe(after.get("web")?.Id);
  expect(second.child.exitCode).toBeNull();
});
