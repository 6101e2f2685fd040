/** A bad build never takes a good one down: the old container serves on, and the report tells the story. */
import { expect } from "vitest";
import { changeOf, expectConverged, expectTidy, identity, outcomeOf } from "../../support/checks.ts";
import { type System, test } from "../../support/scenario.ts";
import { compose, unit } from "../../support/texts.ts";

async function writeWeb({ p, write }: System, tag: string, flags = ""): Promise<void> {
  await write({
    [`units/${p}networks.compose.yaml`]: compose({ networks: { front: { name: `${p}front` } } }),
    [`units/${p}web.service`]: unit(`--network ${p}front --network-alias web ${flags} lab/web:${tag}`),
    [`units/${p}api.service`]: unit(`-e BUILD_OF_WEB=${tag} lab/plain:58-develop`),
  });
}

/** What a client of the alias sees. */
async function pageOf({ engine, p }: System): Promise<string> {
  const client = await engine.run({ name: `${p}client`, image: "lab/idle:1", network: `${p}front` });
  const { output } = await engine.exec(client, ["timeout", "5", "wget", "-q", "-O-", "http://web/"]);
  await engine.remove(client);
  return output;
}

const builds = [
  {
    tag: "60-exits",
    does: "exits at once",
    reason: /exited with code 3|keeps restarting, last exit code 3|restarted while it was watched/,
    says: "Error: missing DATABASE_URL",
  },
  { tag: "61-sick", does: "never gets healthy", reason: /never became healthy/, says: "no database" },
] as const;

test.for(builds)(
  "a build that $does must leave the old one serving",
  async ({ tag, reason, says }, { system }) => {
    const { step } = system;
    await writeWeb(system, "58-develop");
    expectConverged(await step("a good build is applied", () => system.apply()));
    const before = await system.containers();
    await step("the next build is a bad one", () => writeWeb(system, tag));
    const failed = await step("it is applied", () => system.apply());

    const after = await system.containers();
    expectTidy(after);
    expect(identity(after)["web"]).toBe(identity(before)["web"]);
    expect(after.get("web")?.HostConfig.RestartPolicy.Name).toBe("always");
    expect(await pageOf(system)).toContain("web 58-develop on");
    expect(failed.exitCode).toBe(1);
    const report = outcomeOf(system, failed, "web");
    expect(report.outcome).toBe("rolled-back");
    expect(report.summary).toMatch(reason);
    expect(report.summary).toContain("58-develop still serves");
    expect(report.failure?.details.join("\n")).toContain(says);
    await step("its sibling was changed all the same", () => {
      expect(after.get("api")?.Id).not.toBe(before.get("api")?.Id);
      expect(outcomeOf(system, failed, "api").outcome).toBe("done");
    });
  },
);

test("a build that is healthy for a moment only must leave the old one serving", async ({ system }) => {
  const { step, p } = system;
  await system.write({
    "mysysconfig.yaml": `project: ${p}project\npolicy: {stability: 3s, retention: 0s}\n`,
  });
  await writeWeb(system, "58-develop");
  expectConverged(await step("a good build is applied", () => system.apply()));
  const before = await system.containers();
  await writeWeb(system, "62-fades");
  const failed = await step("a build that fades is applied", () => system.apply());
  expect(identity(await system.containers())["web"]).toBe(identity(before)["web"]);
  expect(failed.exitCode).toBe(1);
  expect(outcomeOf(system, failed, "web").summary).toContain("was healthy, then became unhealthy");
});

test("a bad build of a service with a fixed port must bring the old one back", async ({ system }) => {
  const { step } = system;
  const port = system.port();
  await writeWeb(system, "58-develop", `-p ${port}:80`);
  expectConverged(await step("a good build is applied", () => system.apply()));
  const before = await system.container("web");
  await writeWeb(system, "60-exits", `-p ${port}:80`);
  const planned = await system.plan();
  const failed = await step("a build that exits is applied", () => system.apply());
  const after = await system.container("web");
  expect({ id: after.Id, running: after.State.Running }).toEqual({ id: before.Id, running: true });
  expect(after.HostConfig.RestartPolicy.Name).toBe("always");
  expect(await system.request(`http://127.0.0.1:${port}/`)).toContain("web 58-develop on");
  expectTidy(await system.containers());
  expect(failed.exitCode).toBe(1);
  expect(outcomeOf(system, failed, "web")).toMatchObject({ outcome: "rolled-back" });
  expect(changeOf(system, planned, "web").rollout?.order).toBe("stop-first");
});

test("a build that cannot start at all must leave the old one serving", async ({ system }) => {
  const { step, p } = system;
  const api = (command: string) => unit(`lab/plain:58-develop ${command}`);
  await system.write({ [`units/${p}api.service`]: api("serve 80") });
  expectConverged(await step("a good command is applied", () => system.apply()));
  const before = await system.containers();
  await system.write({ [`units/${p}api.service`]: api("no-such-program") });
  const failed = await step("a command that does not exist is applied", () => system.apply());
  const after = await system.containers();
  expectTidy(after);
  expect(identity(after)).toEqual(identity(before));
  expect(failed.exitCode).toBe(1);
  expect(outcomeOf(system, failed, "api").summary).toContain("no-such-program");
});

test("who depends on a failed service must not be touched", async ({ system }) => {
  const { step, p } = system;
  const stack = (tag: string) =>
    compose({
      services: {
        db: { image: `lab/web:${tag}`, restart: "always", stop_grace_period: "2s" },
        api: {
          image: "lab/idle:1",
          restart: "always",
          stop_grace_period: "2s",
          environment: { DB_BUILD: tag },
          depends_on: { db: { condition: "service_healthy" } },
        },
      },
    });
  await system.write({ [`units/${p}shop.compose.yaml`]: stack("58-develop") });
  expectConverged(await step("a stack is applied", () => system.apply()));
  const before = await system.containers();
  await system.write({ [`units/${p}shop.compose.yaml`]: stack("61-sick") });
  const failed = await step("its database gets a bad build, and its api other variables", () =>
    system.apply(),
  );
  const after = await system.containers();
  expect(identity(after)).toEqual(identity(before));
  expect(failed.exitCode).toBe(1);
  expect(outcomeOf(system, failed, "shop/db").outcome).toBe("rolled-back");
  expect(outcomeOf(system, failed, "shop/api").outcome).toBe("skipped");
});
