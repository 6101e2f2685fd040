/** What runs leave for later ones: retained containers, holds, failed builds, the history and the lock. */
import { join } from "node:path";
import { expect } from "vitest";
import {
  expectConverged,
  expectNothingDone,
  expectReplacedOnly,
  expectUntouched,
  identity,
  outcomeOf,
} from "../../support/checks.ts";
import { type System, test } from "../../support/scenario.ts";
import { compose, unit } from "../../support/texts.ts";

const day = (p: string) =>
  `project: ${p}project\npolicy: {stability: 300ms, settle: 0s, retention: 24h, lockExpiry: 10s}\n`;

async function writeWeb({ p, write }: System, tag: string, flags = ""): Promise<void> {
  await write({
    "mysysconfig.yaml": day(p),
    [`units/${p}networks.compose.yaml`]: compose({ networks: { front: { name: `${p}front` } } }),
    [`units/${p}web.service`]: unit(`--network ${p}front --network-alias web ${flags} lab/web:${tag}`),
    [`units/${p}other.service`]: unit("lab/plain:58-develop"),
  });
}

async function pageOf({ engine, p }: System): Promise<string> {
  const client = await engine.run({ name: `${p}client`, image: "lab/idle:1", network: `${p}front` });
  const { output } = await engine.exec(client, ["timeout", "5", "wget", "-q", "-O-", "http://web/"]);
  await engine.remove(client);
  return output;
}

const retained = async (system: System) =>
  [...(await system.containers())].filter(([name]) => name.includes(".prev-")).map(([, found]) => found);

test("a rollback must bring the retained container back at once, and later runs must respect it", async ({
  system,
}) => {
  const { step, p, proxy } = system;
  await writeWeb(system, "58-develop");
  expectConverged(await step("build 58 is applied", () => system.apply()));
  await writeWeb(system, "59-develop");
  expectConverged(await step("build 59 is applied", () => system.apply()));
  const [previous] = await retained(system);
  expect(previous?.Config.Image).toBe("lab/web:58-develop");
  expect(previous?.State.Running).toBe(false);
  expect(previous?.HostConfig.RestartPolicy.Name).toBe("no");
  const back = await step("web is rolled back", () =>
    system.run("rollback", `${p}web`, "--reason", "too slow"),
  );
  expect([back.exitCode, back.stderr.includes("create")]).toEqual([0, false]);
  const web = await system.container("web");
  expect([web.Id, web.HostConfig.RestartPolicy.Name]).toEqual([previous?.Id, "always"]);
  expect(await pageOf(system)).toContain("web 58-develop on");
  proxy.forget();
  expectNothingDone(system, await step("build 59 is applied again", () => system.apply()));
  await step("status and explain say who holds it and why", async () => {
    const status = await system.run("status");
    expect(status.stdout).toMatch(new RegExp(`= ${p}web .*held by .*too slow`));
    const story = await system.run("explain", `${p}web`);
    expect(story.stdout).toMatch(/replaced by rollback of .* because image lab\/web:59-develop → 58-develop/);
    expect(story.stdout).toMatch(
      /replaced by revision .* because image lab\/web:58-develop → 59-develop.*gate passed in/,
    );
  });
  await writeWeb(system, "58-develop", "-e ROUND=2");
  expectConverged(await step("the next commit ends the hold", () => system.apply()));
  expect((await system.container("web")).Config.Env).toContain("ROUND=2");
});

test("an earlier revision must come back as a whole, and stay until a newer one comes", async ({
  system,
}) => {
  const { step, proxy } = system;
  await writeWeb(system, "58-develop");
  expectConverged(await step("the first revision is applied", () => system.apply()));
  const history = JSON.parse((await system.run("history", "--json")).stdout) as {
    runs: { revision: { id: string } }[];
  };
  const first = history.runs[0]?.revision.id ?? "";
  await writeWeb(system, "59-develop");
  expectConverged(await step("the second one is applied", () => system.apply()));
  const back = await step("the environment goes back", () =>
    system.run("rollback", "--to", first.slice(0, 7)),
  );
  expect(back.exitCode, back.stderr + back.stdout).toBe(0);
  expect(await pageOf(system)).toContain("web 58-develop on");
  proxy.forget();
  const again = await step("the second revision is applied again", () => system.run("apply"));
  expectNothingDone(system, again);
  expect(again.stdout).toContain(`held at ${first.slice(0, 7)}`);
  expect((await step("it is released", () => system.run("release", "--all"))).exitCode).toBe(0);
  expectConverged(await step("and applied", () => system.apply()));
  expect(await pageOf(system)).toContain("web 59-develop on");
});

test("a held workload must stay as it is, and the others follow the configuration", async ({ system }) => {
  const { step, p } = system;
  await writeWeb(system, "58-develop");
  expectConverged(await step("build 58 is applied", () => system.apply()));
  expect((await step("web is held", () => system.run("hold", `${p}web`, "--for", "2h"))).exitCode).toBe(0);
  const before = await system.containers();
  await writeWeb(system, "59-develop");
  await system.write({ [`units/${p}other.service`]: unit("-e ROUND=2 lab/plain:58-develop") });
  const applied = await step("everything changes", () => system.apply());
  expect(applied.exitCode).toBe(0);
  expect(identity(await system.containers())["web"]).toBe(identity(before)["web"]);
  expect(outcomeOf(system, applied, "other").outcome).toBe("done");
  await step("web is released and follows", async () => {
    expect((await system.run("release", `${p}web`)).exitCode).toBe(0);
    expectConverged(await system.apply());
  });
  expect((await system.container("web")).Config.Image).toBe("lab/web:59-develop");
});

test("a failed build must be left alone by the next run, without a call, until a person asks", async ({
  system,
}) => {
  const { step, p, proxy } = system;
  await writeWeb(system, "58-develop");
  expectConverged(await step("build 58 is applied", () => system.apply()));
  const before = await system.containers();
  await writeWeb(system, "60-exits");
  expect((await step("a bad build is applied", () => system.apply())).exitCode).toBe(1);
  proxy.forget();
  const next = await step("and once more", () => system.apply());
  expect(proxy.mutations()).toEqual([]);
  expect(next.exitCode).toBe(1);
  expect(outcomeOf(system, next, "web")).toMatchObject({ outcome: "set-aside" });
  expect((await system.run("plan")).exitCode).toBe(1);
  const asked = await step("a person asks for it", () => system.apply("--retry", `${p}web`));
  expect(outcomeOf(system, asked, "web").outcome).toBe("rolled-back");
  expectUntouched(before, await system.containers());
});

test("finish must give the retained container up", async ({ system }) => {
  const { step, p } = system;
  await writeWeb(system, "58-develop");
  expectConverged(await step("build 58 is applied", () => system.apply()));
  await writeWeb(system, "59-develop");
  expectConverged(await step("build 59 is applied", () => system.apply()));
  expect((await step("web is finished", () => system.run("finish", `${p}web`))).exitCode).toBe(0);
  expect(await retained(system)).toEqual([]);
  const back = await step("then a rollback makes the earlier build anew", () =>
    system.run("rollback", `${p}web`),
  );
  expect(back.exitCode, back.stderr).toBe(0);
  expect(await pageOf(system)).toContain("web 58-develop on");
});

test("a saved plan must be carried out only while the Engine is as it was", async ({ system }) => {
  const { step, p, engine } = system;
  await writeWeb(system, "58-develop");
  expectConverged(await step("build 58 is applied", () => system.apply()));
  await writeWeb(system, "59-develop");
  const file = join(system.repository.dir, "..", `${p}plan.json`);
  expect((await step("a plan is saved", () => system.run("plan", "--out", file))).exitCode).toBe(2);
  await step("somebody removes a container meanwhile", async () =>
    engine.remove((await system.container("other")).Id),
  );
  const before = await system.containers();
  const stale = await step("the plan is applied", () => system.run("apply", file));
  expect([stale.exitCode, stale.stderr]).toEqual([6, expect.stringContaining("no longer holds")]);
  expectUntouched(before, await system.containers());
  expect((await step("a new plan is saved", () => system.run("plan", "--out", file))).exitCode).toBe(2);
  expect((await step("and applied", () => system.run("apply", file))).exitCode).toBe(0);
  expect((await system.container("web")).Config.Image).toBe("lab/web:59-develop");
});

test("of two runs at once one must wait for the other, and both end with what is wanted", async ({
  system,
}) => {
  const { step } = system;
  await writeWeb(system, "58-develop");
  expectConverged(await step("build 58 is applied", () => system.apply()));
  const before = await system.containers();
  await writeWeb(system, "59-develop");
  const results = await step("two runs at once", () =>
    Promise.all([system.run("apply"), system.run("apply")]),
  );
  expect(results.map(({ exitCode }) => exitCode).every((code) => code === 0 || code === 3)).toBe(true);
  expect(results.some(({ exitCode }) => exitCode === 0)).toBe(true);
  const after = new Map([...(await system.containers())].filter(([name]) => !name.includes(".prev-")));
  expectReplacedOnly(before, after, ["web"]);
  expect((await retained(system)).length).toBe(1);
});
