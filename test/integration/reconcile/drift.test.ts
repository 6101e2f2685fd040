/** What changed behind the program's back is put right with the smallest change that does it, or it is said. */
import { join } from "node:path";
import { expect, inject } from "vitest";
import { pushImage, startRegistry } from "../../../deploy/lab/registry.ts";
import {
  type Containers,
  changeOf,
  expectConverged,
  expectNothingDone,
  expectTidy,
  expectUntouched,
  identity,
} from "../../support/checks.ts";
import type { InspectedContainer } from "../../support/engine-client.ts";
import { type System, test } from "../../support/scenario.ts";
import { unit } from "../../support/texts.ts";
import {
  driftConfiguration,
  isOnFront,
  justCrashed,
  meddlings,
  movedImage,
  servesAs,
  subnetOf,
} from "./drift-meddlings.ts";
import { type DriftName, driftRows, driftTitle, type Response } from "./drift-rows.ts";

/** One workload for each row, in one configuration: the runs are shared, the findings are not. */
async function meddleWithAll(system: System) {
  const { p, step, engine } = system;
  await engine.deriveImage("lab/plain:58-develop", movedImage(p), "1-develop", servesAs("first"));
  await system.write(driftConfiguration(p));
  expectConverged(await step("one workload for each kind of drift is applied", () => system.apply()));
  const before = await system.containers();
  for (const [name, { container = name, meddle }] of Object.entries(meddlings))
    await step(`drift is made: ${name}`, () => meddle(system, before.get(container)?.Id ?? ""));
  await step("one crashes again and again", () => justCrashed(system));
  const planned = await step("the plan says what to do", () => system.plan());
  const applied = await step("it is applied", () => system.apply());
  const after = await system.containers();
  await step("it is applied again", () => system.apply());
  return { system, before, planned, applied, after, later: await system.containers() };
}

/** Done once, also when it fails: every test then fails with the same reason. */
let meddled: ReturnType<typeof meddleWithAll> | undefined;
const afterMeddling = test.extend("found", { scope: "file" }, async ({ openSystem }) => {
  meddled ??= openSystem().then(meddleWithAll);
  return await meddled;
});

for (const row of driftRows) {
  const { name, response } = row;
  if (name === "tag-in-registry") {
    test(driftTitle(row), async ({ system }) => moveTagInRegistry(system));
    continue;
  }
  afterMeddling(driftTitle(row), ({ found }) => {
    const { system, before, after, planned, applied } = found;
    const { container = name, change = (p) => `${p}${name}` } = meddlings[name];
    const [was, is] = [before.get(container), after.get(container)];
    expectLife[response](was, is);
    if (response === "removed") return;
    if (isOnFront(name)) expectAsDeclared(system, is, name === "setting" ? "green" : "blue");
    details[name]?.(is, system.p);
    const byKey = ({ key }: { readonly key: string }) => key === change(system.p);
    expect(verdicts[response].plan).toContain(planned.plan.changes.find(byKey)?.kind);
    expect(verdicts[response].report).toContain(applied.report?.changes.find(byKey)?.outcome);
  });
}

type Life = (was: InspectedContainer | undefined, is: InspectedContainer | undefined) => void;

const sameContainer: Life = (was, is) => expect(is?.Id).toBe(was?.Id);

/** What became of the container. */
const expectLife: Readonly<Record<Response, Life>> = {
  "in place": (was, is) => {
    sameContainer(was, is);
    expect(is?.State).toMatchObject({ Status: "running", Paused: false });
  },
  "new container": (was, is) => {
    expect(is).toBeDefined();
    expect(is?.Id).not.toBe(was?.Id);
  },
  removed: (_was, is) => expect(is).toBeUndefined(),
  reported: sameContainer,
  noted: sameContainer,
  "left alone": sameContainer,
};

const verdicts: Readonly<Record<Exclude<Response, "removed">, { plan: string[]; report: string[] }>> = {
  "in place": { plan: ["repair", "in-place"], report: ["done"] },
  "new container": { plan: ["replace", "create"], report: ["done"] },
  reported: { plan: ["repair", "blocked"], report: ["failed", "blocked"] },
  noted: { plan: ["unchanged"], report: ["unchanged"] },
  "left alone": { plan: ["unchanged"], report: ["unchanged"] },
};

function expectAsDeclared({ p }: System, web: InspectedContainer | undefined, colour: string): void {
  expect(web?.State).toMatchObject({ Status: "running", Paused: false });
  expect(web?.HostConfig).toMatchObject({
    Memory: 64 * 2 ** 20,
    CpuShares: 0,
    RestartPolicy: { Name: "always" },
  });
  expect(web?.Config.Env).toContain(`COLOUR=${colour}`);
  expect(web?.Config.Labels["team"]).toBe("shop");
  expect(web?.NetworkSettings.Networks[`${p}front`]?.Aliases).toContain("web");
}

/** What only one row shows. */
const details: Partial<Record<DriftName, (is: InspectedContainer | undefined, p: string) => void>> = {
  "other-address": (is, p) =>
    expect(is?.NetworkSettings.Networks[`${p}fixed`]?.IPAddress).toBe(`${subnetOf(p)}.10`),
  "further-network": (is, p) =>
    expect(Object.keys(is?.NetworkSettings.Networks ?? {})).toContain(`${p}further`),
  "network-renewed": (is, p) =>
    expect(is?.NetworkSettings.Networks[`${p}network-renewed`]?.NetworkID).toMatch(/^[0-9a-f]{64}$/),
  "tag-moved": (is) => expect(is?.Config.Labels["build"]).toBe("second"),
  "finished-job": (is) => expect(is?.State).toMatchObject({ Status: "exited", ExitCode: 0 }),
  "removed-job": (is) => expect(is?.State).toMatchObject({ Status: "exited", ExitCode: 0 }),
};

/** Changes that the Engine carries out on the living container. */
const withoutRestart: readonly DriftName[] = [
  "paused",
  "renamed",
  "memory-limit",
  "restart-policy",
  "detached",
  "without-alias",
  "other-address",
  "further-network",
  "network-renewed",
  "network-options",
  "volume-options",
  "volume-labels",
  "unhealthy",
];

afterMeddling("what can be put right without a restart must be", ({ found: { before, after } }) => {
  const [was, is] = [identity(before), identity(after)];
  expect(withoutRestart.filter((name) => is[name] === undefined || is[name] !== was[name])).toEqual([]);
});

afterMeddling("replicas beside one that was removed or added must stay", ({ found: { before, after } }) => {
  const others = ["replicas-removed-2", "replicas-added-1", "replicas-added-2"];
  const only = (all: Containers) => new Map([...all].filter(([name]) => others.includes(name)));
  expect([...only(before).keys()].sort()).toEqual([...others].sort());
  expectUntouched(only(before), only(after));
});

afterMeddling("putting right must leave nothing behind and nothing to do", ({ found }) => {
  const { before, after, later, applied } = found;
  expect([...after.keys()]).toEqual([...before.keys()]);
  expectTidy(after);
  expect([applied.exitCode, applied.report?.converged]).toEqual([1, false]);
  const others = (all: Containers) => new Map([...all].filter(([name]) => name !== "crash-loop"));
  expectUntouched(others(after), others(later));
});

/** Somebody else's machine pushes another build under the tag; the Engine keeps the one it has. */
async function moveTagInRegistry(system: System): Promise<void> {
  const { step, p, engine, proxy } = system;
  const inNetwork = (argv: readonly string[]) => [...inject("engine").networkPrefix, ...argv];
  const dir = join(system.repository.dir, ".registry");
  await using registry = await startRegistry({ dir, engine: { inNetwork } });
  const own = `lab/${p}own`;
  await engine.deriveImage("lab/plain:58-develop", own, "1-develop", servesAs("first"));
  const image = await pushImage(engine.api, `${own}:1-develop`, registry);
  await system.write({ [`units/${p}web.service`]: unit(image) });
  expectConverged(await step("a service is applied", () => system.apply()));
  const before = await system.containers();
  await step("another build is pushed under the same tag, from elsewhere", async () => {
    await engine.deriveImage("lab/plain:59-develop", own, "1-develop", servesAs("second"));
    await pushImage(engine.api, `${own}:1-develop`, registry);
    const [repo, tag] = [image.slice(0, image.lastIndexOf(":")), "1-develop"];
    await engine.post(`/images/${before.get("web")?.Image}/tag`, undefined, { repo, tag });
  });
  proxy.forget();
  expectNothingDone(system, await step("it is applied again", () => system.apply()));
  expectUntouched(before, await system.containers());
}

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
