/** The main job: files in, running containers out, and a second run that has nothing to do. */
import { expect } from "vitest";
import {
  expectConverged,
  expectNothingDone,
  expectReplacedOnly,
  expectTidy,
  expectUntouched,
} from "../../support/checks.ts";
import { type System, test } from "../../support/scenario.ts";
import { compose, jobUnit, unit } from "../../support/texts.ts";

/** A system with one of everything: units, a template unit, a stack, templates, files, jobs, dependencies. */
async function writeEverything({ p, write }: System): Promise<void> {
  await write({
    "mysysconfig.yaml": `
project: ${p}project
policy: {stability: 300ms, retention: 0s}
values: {greeting: hello, queue: orders}
instances: {${p}worker: [1, 2]}
`,
    [`units/${p}networks.compose.yaml`]: compose({ networks: { front: { name: `${p}front` } } }),
    [`units/${p}web.service`]: unit(
      `--network ${p}front --network-alias web -e GREETING=hello lab/web:58-develop`,
    ),
    [`units/${p}proxy.service`]: unit(
      `--network ${p}front -v ./proxy.conf:/etc/proxy/proxy.conf:ro lab/idle:1`,
      { unit: [`After=${p}web.service`, `Requires=${p}web.service`] },
    ),
    "units/proxy.conf.hbs": "# {{greeting}}\n/web http://web/\n",
    [`units/${p}worker@.service.hbs`]:
      "[Service]\n{{> common}}\nExecStart=/usr/bin/docker run -e WORKER=%i -e QUEUE={{queue}} lab/idle:1\n",
    "templates/common.hbs": "Restart=always\nTimeoutStopSec=2\n",
    [`units/${p}once.service`]: jobUnit("lab/migrate:41"),
    [`units/${p}shop.compose.yaml`]: compose({
      services: {
        db: { image: "lab/db:12", restart: "always", stop_grace_period: "2s", volumes: ["data:/var/lib/db"] },
        migrate: {
          image: "lab/migrate:41",
          environment: { DATABASE_HOST: "db" },
          depends_on: { db: { condition: "service_healthy" } },
        },
        api: {
          image: "lab/plain:58-develop",
          restart: "always",
          stop_grace_period: "2s",
          depends_on: { migrate: { condition: "service_completed_successfully" } },
          networks: { default: {}, front: { aliases: ["api"] } },
        },
      },
      networks: { front: { name: `${p}front` } },
      volumes: { data: {} },
    }),
  });
}

test("an apply must bring up everything that the files name", async ({ system }) => {
  const { step, p } = system;
  await step("a system with one of everything is written", () => writeEverything(system));
  const first = await step("it is applied", () => system.apply());
  expectConverged(first);
  const containers = await system.containers();
  expect([...containers.keys()]).toEqual([
    "once",
    "proxy",
    "shop-api-1",
    "shop-db-1",
    "shop-migrate-1",
    "web",
    "worker-1",
    "worker-2",
  ]);
  const states = Object.fromEntries([...containers].map(([name, { State }]) => [name, State.Status]));
  expect(states).toMatchObject({
    once: "exited",
    "shop-migrate-1": "exited",
    web: "running",
    "worker-2": "running",
  });
  await step("the api started only after the migration had run on the healthy database", async () => {
    const [db, migrate, api] = ["shop-db-1", "shop-migrate-1", "shop-api-1"].map((name) =>
      containers.get(name),
    );
    expect(db?.State.Health?.Status).toBe("healthy");
    expect(migrate?.State.ExitCode).toBe(0);
    expect(String(migrate?.State.StartedAt) > String(db?.State.StartedAt)).toBe(true);
    expect(String(api?.State.StartedAt) > String(migrate?.State.FinishedAt)).toBe(true);
  });
  await step("the migration found the database by its name", async () => {
    const rows = await system.engine.exec(`${p}shop-db-1`, ["cat", "/var/lib/db/rows"]);
    expect(rows.output).toBe("schema 41\n");
  });
  await step("the services answer by their aliases", async () => {
    const page = await system.engine.exec(`${p}proxy`, ["wget", "-q", "-O-", "http://web/", "http://api/"]);
    expect(page.output).toContain("web 58-develop on");
  });
  await step("the rendered file of the repository is in the container", async () => {
    const file = await system.engine.exec(`${p}proxy`, ["cat", "/etc/proxy/proxy.conf"]);
    expect(file.output).toBe("# hello\n/web http://web/\n");
  });
});

test("a second apply must make no mutating call and restart nothing", async ({ system }) => {
  const { step, proxy } = system;
  await writeEverything(system);
  expectConverged(await step("a system with one of everything is applied", () => system.apply()));
  const before = await system.containers();
  proxy.forget();
  const again = await step("it is applied again", () => system.apply());
  expectUntouched(before, await system.containers());
  expectNothingDone(system, again);
  expect(again.report?.verdict).toMatch(/^Nothing to do/);
  const text = await system.run("plan");
  expect({ exitCode: text.exitCode, said: text.stdout.includes("Nothing to do") }).toEqual({
    exitCode: 0,
    said: true,
  });
});

test("one changed build tag must replace exactly that one container", async ({ system }) => {
  const { step, p } = system;
  await writeEverything(system);
  expectConverged(await step("a system with one of everything is applied", () => system.apply()));
  const before = await system.containers();
  await step("the tag of web goes from 58 to 59", () =>
    system.write({
      [`units/${p}web.service`]: unit(
        `--network ${p}front --network-alias web -e GREETING=hello lab/web:59-develop`,
      ),
    }),
  );
  const planned = await step("the plan names the field, old and new, and what it costs", () => system.plan());
  expect(planned.exitCode).toBe(2);
  const change = planned.plan.changes.find(({ kind }) => kind !== "unchanged");
  expect(change).toMatchObject({
    key: `${p}web`,
    kind: "replace",
    fields: [{ field: "image", before: "lab/web:58-develop", after: "lab/web:59-develop" }],
    rollout: { order: "start-first", downtimeMs: 0 },
  });
  expect(planned.plan.changes.filter(({ kind }) => kind !== "unchanged")).toHaveLength(1);
  expectConverged(await step("it is applied", () => system.apply()));
  const after = await system.containers();
  expectReplacedOnly(before, after, ["web"]);
  expectTidy(after);
  expect(after.get("web")?.Config.Image).toBe("lab/web:59-develop");
  system.proxy.forget();
  expectNothingDone(system, await step("it is applied again", () => system.apply()));
});
