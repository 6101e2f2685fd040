/** A stack of fifty containers stays as it is, run after run, and after the Engine itself was restarted. */
import { expect, test } from "vitest";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import { expectConverged, expectNothingDone, expectUntouched } from "../../support/checks.ts";
import { ownEngineDir, startOwnEngine, systemOptionsOf } from "../../support/own-engine.ts";
import { createSystem, type System } from "../../support/scenario.ts";
import { compose, unit } from "../../support/texts.ts";

const size = 50;

/** Different kinds of workloads: networks, volumes, files, ports, limits. */
async function writeFifty({ p, write, port }: System): Promise<void> {
  const service = { image: "lab/idle:1", restart: "always", stop_grace_period: "2s" };
  const services = Object.fromEntries(
    Array.from({ length: size - 20 }, (_, index) => [
      `s${index}`,
      {
        ...service,
        ...(index % 3 === 0 ? { networks: ["default", "back"] } : {}),
        ...(index % 4 === 0 ? { volumes: ["data:/data", "./file.txt:/etc/file.txt:ro"] } : {}),
        ...(index % 5 === 0 ? { mem_limit: "32m", cpus: 0.5, init: true } : {}),
        ...(index % 7 === 0
          ? { ports: [`${port()}:80`, "81"], healthcheck: { test: "true", interval: "1s" } }
          : {}),
      },
    ]),
  );
  const units = Array.from({ length: 20 }, (_, index) => [`units/${p}u${index}.service`, unit("lab/idle:1")]);
  await write({
    ...Object.fromEntries(units),
    "units/file.txt": "content\n",
    [`units/${p}big.compose.yaml`]: compose({ services, networks: { back: {} }, volumes: { data: {} } }),
  });
}

async function expectUnchangedRun(system: System): Promise<void> {
  const before = await system.containers();
  system.proxy.forget();
  const result = await system.apply();
  expectUntouched(before, await system.containers());
  expectNothingDone(system, result);
}

test("fifty containers must stay untouched by repeated runs and after a restart of the Engine", async () => {
  await using engine = await startOwnEngine(ownEngineDir("restart"));
  await using system = await createSystem(systemOptionsOf(engine));
  const { step } = system;
  await writeFifty(system);
  expectConverged(await step("fifty containers are applied", () => system.apply()));
  expect((await system.containers()).size).toBe(size);
  for (const time of ["first", "second", "third"]) {
    await step(`an unchanged apply, for the ${time} time`, () => expectUnchangedRun(system));
  }
  await step("the Engine is restarted and brings its containers back", async () => {
    await engine.restart();
    await waitUntil("all containers to run again", 60_000, async () => {
      const containers = [...(await system.containers()).values()];
      const settled = containers.every(({ State }) => State.Running && State.Health?.Status !== "starting");
      return settled ? true : undefined;
    });
  });
  await step("an unchanged apply after the restart", () => expectUnchangedRun(system));
});
