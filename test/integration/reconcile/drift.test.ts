/** What somebody changed by hand is put right, with the smallest change that does it. */
import { expect } from "vitest";
import {
  changeOf,
  expectConverged,
  expectNothingDone,
  expectTidy,
  identity,
  outcomeOf,
} from "../../support/checks.ts";
import type { InspectedContainer } from "../../support/engine-client.ts";
import { type System, test } from "../../support/scenario.ts";
import { compose, unit } from "../../support/texts.ts";

interface Meddling {
  /** Completes "a workload that was …". */
  readonly was: string;
  readonly meddle: (system: System, id: string) => Promise<unknown>;
  /** The kind of the change that repairs it. */
  readonly kind: string;
  readonly survives: "same start" | "same container" | "nothing";
}

const by = (path: string, body?: unknown) => (system: System, id: string) =>
  system.engine.post(`/containers/${id}/${path}`, body);

const meddlings: readonly Meddling[] = [
  { was: "stopped", meddle: by("stop"), kind: "repair", survives: "same container" },
  { was: "killed", meddle: by("kill"), kind: "repair", survives: "same container" },
  { was: "paused", meddle: by("pause"), kind: "repair", survives: "same start" },
  {
    was: "renamed",
    meddle: ({ p, engine }, id) => engine.post(`/containers/${id}/rename?name=${p}other`),
    kind: "repair",
    survives: "same start",
  },
  { was: "removed", meddle: ({ engine }, id) => engine.remove(id), kind: "create", survives: "nothing" },
  {
    was: "given another memory limit",
    meddle: by("update", { Memory: 96 * 2 ** 20, MemorySwap: 192 * 2 ** 20 }),
    kind: "in-place",
    survives: "same start",
  },
  {
    was: "given another restart policy",
    meddle: by("update", { RestartPolicy: { Name: "no" } }),
    kind: "in-place",
    survives: "same start",
  },
  {
    was: "detached from its network",
    meddle: ({ p, engine }, id) => engine.post(`/networks/${p}front/disconnect`, { Container: id }),
    kind: "in-place",
    survives: "same start",
  },
  {
    was: "attached without its alias",
    meddle: async ({ p, engine }, id) => {
      await engine.post(`/networks/${p}front/disconnect`, { Container: id });
      await engine.post(`/networks/${p}front/connect`, { Container: id });
    },
    kind: "in-place",
    survives: "same start",
  },
  {
    was: "made again with other variables under the same labels",
    meddle: (system, id) => makeAgain(system, id, { Env: ["COLOUR=red"] }),
    kind: "replace",
    survives: "nothing",
  },
  {
    was: "made again with another label of the user",
    meddle: (system, id) => makeAgain(system, id, { Labels: { team: "nobody" } }),
    kind: "replace",
    survives: "nothing",
  },
];

/** What a tool that updates containers by itself does: remove, and create with nearly the same settings. */
async function makeAgain(
  { engine, p }: System,
  id: string,
  other: { Env?: string[]; Labels?: object },
): Promise<void> {
  const path = `/containers/${id}/json`;
  const { Config, HostConfig, Name } = await engine.api.call<Record<string, Record<string, object>>>(
    "GET",
    path,
  );
  await engine.remove(id);
  const body = {
    ...Config,
    HostConfig,
    ...other,
    Labels: { ...Config?.["Labels"], ...other.Labels },
    NetworkingConfig: { EndpointsConfig: { [`${p}front`]: { Aliases: ["web"] } } },
  };
  const name = String(Name).slice(1);
  await engine.post("/containers/create", body, { name });
  await engine.post(`/containers/${name}/start`);
}

const nameOf = (meddling: Meddling) => meddling.was.replaceAll(" ", "-");

/** One workload for each kind of meddling, in one configuration: the runs are shared, the findings are not. */
const afterMeddling = test.extend("repaired", { scope: "file" }, async ({ openSystem }) => {
  const system = await openSystem();
  const { p, step, proxy } = system;
  const web = unit(
    `--network ${p}front --network-alias web -m 64m -e COLOUR=blue --label team=shop lab/plain:58-develop`,
  );
  await system.write({
    [`units/${p}networks.compose.yaml`]: compose({ networks: { front: { name: `${p}front` } } }),
    ...Object.fromEntries(meddlings.map((meddling) => [`units/${p}${nameOf(meddling)}.service`, web])),
  });
  expectConverged(await step("the services are applied", () => system.apply()));
  const before = await system.containers();
  for (const meddling of meddlings) {
    const id = before.get(nameOf(meddling))?.Id ?? "";
    await step(`one is ${meddling.was} by hand`, () => meddling.meddle(system, id));
  }
  const planned = await step("the plan says what to repair", () => system.plan());
  const applied = await step("it is applied", () => system.apply());
  const after = await system.containers();
  proxy.forget();
  const again = await step("it is applied again", () => system.apply());
  return { system, before, planned, applied, after, again };
});

function expectRestored({ p }: System, web: InspectedContainer | undefined): void {
  expect(web?.State).toMatchObject({ Status: "running", Paused: false });
  expect(web?.HostConfig).toMatchObject({ Memory: 64 * 2 ** 20, RestartPolicy: { Name: "always" } });
  expect(web?.Config.Env).toContain("COLOUR=blue");
  expect(web?.Config.Labels["team"]).toBe("shop");
  expect(web?.NetworkSettings.Networks[`${p}front`]?.Aliases).toContain("web");
}

afterMeddling.for(meddlings)(
  "a workload that was $was by hand must be put right",
  (meddling, { repaired }) => {
    const { system, before, after, planned, applied } = repaired;
    const name = nameOf(meddling);
    expectRestored(system, after.get(name));
    if (meddling.survives === "same start") expect(identity(after)[name]).toBe(identity(before)[name]);
    if (meddling.survives !== "nothing") expect(after.get(name)?.Id).toBe(before.get(name)?.Id);
    expect(changeOf(system, planned, name).kind).toBe(meddling.kind);
    expect(outcomeOf(system, applied, name).outcome).toBe("done");
  },
);

afterMeddling("repairing must leave nothing behind and nothing to do", ({ repaired }) => {
  const { system, before, after, applied, again } = repaired;
  expect([...after.keys()]).toEqual([...before.keys()]);
  expectConverged(applied);
  expectNothingDone(system, again);
});

test("limits and the restart policy must change in place, without a restart", async ({ system }) => {
  const { step, p } = system;
  await system.write({ [`units/${p}web.service`]: unit("-m 64m --cpu-shares 512 lab/plain:58-develop") });
  expectConverged(await step("a service with limits is applied", () => system.apply()));
  const before = await system.containers();
  await step("memory, weight and restart policy change in the file", () =>
    system.write({
      [`units/${p}web.service`]: unit("-m 96m --cpu-shares 256 lab/plain:58-develop", {
        service: ["Restart=on-failure", "TimeoutStopSec=2"],
      }),
    }),
  );
  const planned = await system.plan();
  expectConverged(await step("it is applied", () => system.apply()));
  const after = await system.containers();
  expect(identity(after)).toEqual(identity(before));
  expect(after.get("web")?.HostConfig).toMatchObject({
    Memory: 96 * 2 ** 20,
    RestartPolicy: { Name: "on-failure" },
  });
  const change = changeOf(system, planned, "web");
  expect({ kind: change.kind, fields: change.fields.map(({ field }) => field).sort() }).toEqual({
    kind: "in-place",
    fields: ["cpu shares", "memory", "restart policy"],
  });
});

test("a limit that is no longer declared must go away", async ({ system }) => {
  const { step, p } = system;
  await system.write({ [`units/${p}web.service`]: unit("-m 64m lab/plain:58-develop") });
  expectConverged(await step("a service with a memory limit is applied", () => system.apply()));
  await system.write({ [`units/${p}web.service`]: unit("lab/plain:58-develop") });
  expectConverged(await step("it is applied without the limit", () => system.apply()));
  const containers = await system.containers();
  expect(containers.get("web")?.HostConfig.Memory).toBe(0);
  expectTidy(containers);
});
