/** Only what carries our project and environment is changed or removed, and never too much of it at once. */
import { expect } from "vitest";
import {
  expectConverged,
  expectNothingDone,
  expectReplacedOnly,
  expectUntouched,
  outcomeOf,
} from "../../support/checks.ts";
import { type System, test } from "../../support/scenario.ts";
import { compose, unit } from "../../support/texts.ts";

/** Units by name, each with the same harmless workload. */
async function writeUnits({ p, write }: System, names: readonly string[]): Promise<void> {
  await write(Object.fromEntries(names.map((name) => [`units/${p}${name}.service`, unit("lab/idle:1")])));
}

async function removeUnits({ p, write }: System, names: readonly string[]): Promise<void> {
  await write(Object.fromEntries(names.map((name) => [`units/${p}${name}.service`, undefined])));
}

test("a deleted unit must take its own container away and leave its volume", async ({ system }) => {
  const { step, p, engine } = system;
  await writeUnits(system, ["web", "api"]);
  await system.write({ [`units/${p}report.service`]: unit(`-v ${p}report-data:/data lab/idle:1`) });
  expectConverged(await step("three services are applied, one with a volume", () => system.apply()));
  await engine.exec(`${p}report`, ["sh", "-c", "echo precious > /data/row"]);
  const before = await system.containers();
  await step("the unit with the volume is deleted", () => removeUnits(system, ["report"]));
  const planned = await system.plan();
  expectConverged(await step("it is applied", () => system.apply()));
  const after = await system.containers();
  expect([...after.keys()]).toEqual(["api", "web"]);
  expectUntouched(new Map([...before].filter(([name]) => name !== "report")), after);
  expect(await engine.volumes(p)).toEqual([`${p}report-data`]);
  expect(planned.plan.volumesKept).toEqual([`${p}report-data`]);
  await step("the unit comes back and finds its data", async () => {
    await system.write({ [`units/${p}report.service`]: unit(`-v ${p}report-data:/data lab/idle:1`) });
    expectConverged(await system.apply());
    expect((await engine.exec(`${p}report`, ["cat", "/data/row"])).output).toBe("precious\n");
  });
});

test("an empty configuration must be refused, even with --yes", async ({ system }) => {
  const { step, proxy } = system;
  await writeUnits(system, ["web", "api"]);
  expectConverged(await step("two services are applied", () => system.apply()));
  const before = await system.containers();
  await step("all units are deleted", () => removeUnits(system, ["web", "api"]));
  proxy.forget();
  const refused = await step("it is applied with --yes", () => system.run("apply", "--yes"));
  expectUntouched(before, await system.containers());
  expect(proxy.mutations()).toEqual([]);
  expect(refused.exitCode).toBe(6);
  expect(refused.stderr).toContain("an empty configuration never removes anything");
  expect((await system.run("plan")).exitCode).toBe(6);
});

test("removing more than half must need --yes", async ({ system }) => {
  const { step, proxy } = system;
  await writeUnits(system, ["one", "two", "three", "four"]);
  expectConverged(await step("four services are applied", () => system.apply()));
  const before = await system.containers();
  await step("three of them are deleted", () => removeUnits(system, ["two", "three", "four"]));
  proxy.forget();
  const refused = await step("it is applied", () => system.run("apply"));
  expectUntouched(before, await system.containers());
  expect(proxy.mutations()).toEqual([]);
  expect(refused.exitCode).toBe(6);
  expect(refused.stderr).toContain("3 of 4 workloads");
  expectConverged(await step("it is applied with --yes", () => system.apply("--yes")));
  expect([...(await system.containers()).keys()]).toEqual(["one"]);
});

test("a foreign container with the name must stop that workload alone, until it is adopted", async ({
  system,
}) => {
  const { step, p, engine } = system;
  const foreign = await step("somebody runs a container by the name of web", () =>
    engine.run({ name: `${p}web`, image: "lab/idle:2", labels: { owner: "somebody" } }),
  );
  await writeUnits(system, ["web", "api"]);
  const blocked = await step("two services are applied", () => system.apply());
  expect((await engine.inspect(foreign))?.State.Running).toBe(true);
  expect((await engine.inspect(`${p}api`))?.State.Running).toBe(true);
  expect(blocked.exitCode).toBe(1);
  const report = outcomeOf(system, blocked, "web");
  expect(report.outcome).toBe("blocked");
  expect(report.summary).toContain(`${p}web`);
  expect(report.summary).toContain("--adopt");

  const api = await system.containers();
  expectConverged(await step("it is applied with --adopt", () => system.apply("--adopt", `${p}web`)));
  const after = await system.containers();
  expect(await engine.inspect(foreign)).toBeUndefined();
  expect(after.get("web")?.Config.Image).toBe("lab/idle:1");
  expectReplacedOnly(api, new Map([...after].filter(([name]) => name === "api")), []);
  system.proxy.forget();
  expectNothingDone(system, await step("it is applied again", () => system.apply()));
});

test("containers, networks and volumes of others must stay as they are", async ({ system }) => {
  const { step, p, engine } = system;
  const other = { "mysysconfig.project": `${p}other`, "mysysconfig.environment": "default" };
  const neighbour = await engine.run({ name: `${p}neighbour`, image: "lab/idle:1", labels: other });
  const stranger = await engine.run({
    name: `${p}stranger`,
    image: "lab/idle:1",
    volumes: [`${p}theirs:/data`],
  });
  await engine.post("/networks/create", { Name: `${p}lan`, Labels: other });
  await writeUnits(system, ["web", "api", "old"]);
  expectConverged(await step("our services are applied beside them", () => system.apply()));
  await removeUnits(system, ["old"]);
  expectConverged(await step("one of ours is removed", () => system.apply()));
  for (const id of [neighbour, stranger]) {
    expect((await engine.inspect(id))?.State).toMatchObject({ Running: true });
    expect((await engine.inspect(id))?.RestartCount).toBe(0);
  }
  expect((await engine.networks(p)).map(({ Name }) => Name)).toEqual([`${p}lan`]);
  expect(await engine.volumes(p)).toEqual([`${p}theirs`]);
});

test("a network that is no longer declared must go when nobody is in it", async ({ system }) => {
  const { step, p, engine } = system;
  const stack = (network: string) =>
    compose({
      services: {
        web: { image: "lab/idle:1", restart: "always", stop_grace_period: "2s", networks: [network] },
      },
      networks: { [network]: {} },
    });
  await system.write({ [`units/${p}shop.compose.yaml`]: stack("first") });
  expectConverged(await step("a stack with a network is applied", () => system.apply()));
  await system.write({ [`units/${p}shop.compose.yaml`]: stack("second") });
  expectConverged(await step("the stack moves to another network", () => system.apply()));
  expect((await engine.networks(p)).map(({ Name }) => Name)).toEqual([`${p}shop_second`]);
});
