/** The Engine itself dies in the middle of a rollout; the run says so, and the next one brings it to its end. */
import { expect, test } from "vitest";
import type { RunningEngine } from "../../../deploy/lab/private-engine.ts";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import { projectOf } from "../../support/artifacts.ts";
import { expectConverged, expectNothingDone, expectTidy } from "../../support/checks.ts";
import { ownEngineDir, startOwnEngine, systemOptionsOf } from "../../support/own-engine.ts";
import { createSystem, type System } from "../../support/scenario.ts";
import { compose, unit } from "../../support/texts.ts";

/** The call at which the Engine dies, in the order in which a rollout makes them. */
const moments: readonly (readonly [title: string, call: RegExp])[] = [
  ["the new container is being created", /^POST \/containers\/create\?name=.*web\.next/],
  ["the new container is being started", /^POST \/containers\/[^/]+\/start/],
  ["the new container is being watched", /^GET \/events/],
  ["the clients are being moved over", /^POST \/networks\/[^/]+\/connect/],
  ["the old container is being stopped", /^POST \/containers\/[^/]+\/stop/],
  ["the names are being exchanged", /^POST \/containers\/[^/]+\/rename\?name=.*web$/],
];

/** A run whose Engine died cannot give its lock back: the next one waits until it has expired. */
const settings = (p: string) =>
  `project: ${projectOf(p)}\npolicy: {stability: 300ms, retention: 0s, lockExpiry: 5s}\n`;

async function writeBuild({ p, write }: System, build: number): Promise<void> {
  await write({
    "mysysconfig.yaml": settings(p),
    [`units/${p}shop.compose.yaml`]: compose({
      networks: { front: { name: `${p}front` } },
      volumes: { data: { name: `${p}data` } },
    }),
    [`units/${p}web.service`]: unit(
      `--network ${p}front --network-alias web -v ${p}data:/data:ro lab/plain:${build}-develop`,
    ),
  });
}

/** When it was created tells whether it is still the same one. */
const dataOf = ({ engine, p }: System) =>
  engine.api.call<{ Name: string; CreatedAt: string }>("GET", `/volumes/${p}data`);

/** Starts a run and kills the Engine at that call; the Engine comes back when the run has ended. */
async function rolloutWithDeath(system: System, engine: RunningEngine, call: RegExp) {
  const reached = system.proxy.seen(call);
  const running = system.start("apply");
  const first = await Promise.race([reached, running.result]);
  expect(first, "the run ended before its call").not.toHaveProperty("exitCode");
  await engine.kill();
  const result = await running.result;
  await engine.start();
  return result;
}

const isRunning = async (system: System) =>
  [...(await system.containers()).values()].some(({ State }) => State.Running) ? true : undefined;

test("a rollout whose Engine dies must say so, and the next run must bring it to its end", async () => {
  await using engine = await startOwnEngine(ownEngineDir("killed"));
  await using system = await createSystem(systemOptionsOf(engine));
  const { step, p } = system;
  let build = 58;
  await writeBuild(system, build);
  expectConverged(await step("the first build is applied", () => system.apply()));
  const volume = await dataOf(system);
  expect(volume.Name).toBe(`${p}data`);
  for (const [title, call] of moments) {
    build = build === 58 ? 59 : 58;
    await writeBuild(system, build);
    const result = await step(`the Engine dies while ${title}`, () => rolloutWithDeath(system, engine, call));
    expect([1, 5], `${title}: ${result.stdout}${result.stderr}`).toContain(result.exitCode);
    expect(result.stdout).not.toContain("Converged");
    await step("a container of the service runs again by itself", () =>
      waitUntil("a container of the service", 60_000, () => isRunning(system)),
    );
    expectConverged(await step("the next run ends the rollout", () => system.apply()));
    const containers = await system.containers();
    expect(containers.get("web")?.Config.Image).toBe(`lab/plain:${build}-develop`);
    expectTidy(containers);
    system.proxy.forget();
    expectNothingDone(system, await step("and nothing is left to do", () => system.apply()));
  }
  expect(await dataOf(system)).toEqual(volume);
});
