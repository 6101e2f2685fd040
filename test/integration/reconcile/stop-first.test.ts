/** Where two containers cannot run at once the old one stops first: that is announced, bounded, and measured. */
import { expect } from "vitest";
import { changeOf, expectConverged, expectTidy, outcomeOf } from "../../support/checks.ts";
import { startHostLoad } from "../../support/load-probe.ts";
import { test } from "../../support/scenario.ts";
import { compose, unit } from "../../support/texts.ts";

test("the downtime of a fixed port must be announced and must stay within what was announced", async ({
  system,
}) => {
  const { step, p } = system;
  const port = system.port();
  const web = (tag: string) => ({ [`units/${p}web.service`]: unit(`-p ${port}:80 lab/web:${tag}`) });
  await system.write(web("58-develop"));
  expectConverged(await step("a service with a fixed port is applied", () => system.apply()));
  await system.write(web("59-develop"));
  const planned = await step("the next build is planned", () => system.plan());
  const rollout = changeOf(system, planned, "web").rollout;
  expect(rollout).toMatchObject({
    order: "stop-first",
    reason: expect.stringContaining(`host port ${port}`),
  });
  const announcedMs = rollout?.downtimeMs ?? 0;
  expect(announcedMs).toBeGreaterThan(0);

  const url = `http://127.0.0.1:${port}/`;
  const load = await step("clients ask the port all the time", () =>
    startHostLoad(system, { url, clients: 2, pauseMs: 5 }),
  );
  const applied = await step("it is applied", () => system.apply());
  const seen = await load.stop();
  expectConverged(applied);
  expectTidy(await system.containers());
  expect(Object.keys(seen.answers).map((page) => page.replace(/ on .*/, ""))).toEqual([
    "web 58-develop",
    "web 59-develop",
  ]);
  expect(seen.longestGapMs).toBeLessThanOrEqual(announcedMs);
  const reportedMs = outcomeOf(system, applied, "web").downtimeMs ?? 0;
  expect(reportedMs).toBeGreaterThan(0);
  expect(reportedMs).toBeLessThanOrEqual(announcedMs);
  const text = await system.run("plan");
  expect(text.stdout).toContain("Nothing to do");
});

test("a volume that is written must never have two writers", async ({ system }) => {
  const { step, p } = system;
  const stack = (colour: string) =>
    compose({
      services: {
        db: {
          image: "lab/db:12",
          restart: "always",
          stop_grace_period: "2s",
          environment: { COLOUR: colour },
          volumes: ["data:/var/lib/db"],
        },
      },
      volumes: { data: {} },
    });
  await system.write({ [`units/${p}shop.compose.yaml`]: stack("blue") });
  expectConverged(await step("a database is applied", () => system.apply()));
  await system.engine.exec(`${p}shop-db-1`, ["sh", "-c", "echo put row | nc -w 2 127.0.0.1 5432"]);
  const before = await system.container("shop-db-1");
  await system.write({ [`units/${p}shop.compose.yaml`]: stack("red") });
  const planned = await system.plan();
  expectConverged(await step("it is replaced", () => system.apply()));
  const after = await system.container("shop-db-1");
  const rows = await system.engine.exec(`${p}shop-db-1`, ["cat", "/var/lib/db/rows"]);
  expect(rows.output).toBe("row\n");
  expect(await system.engine.logs(`${p}shop-db-1`)).toContain("opens /var/lib/db with 1 rows");
  expect(after.Id).not.toBe(before.Id);
  expect(changeOf(system, planned, "shop/db").rollout).toMatchObject({
    order: "stop-first",
    reason: expect.stringContaining(`read-write volume ${p}shop_data`),
  });
});

test("a port that moves from one service to another must be free before the other one starts", async ({
  system,
}) => {
  const { step, p } = system;
  const port = system.port();
  const units = (holder: string) =>
    Object.fromEntries(
      ["blue", "green"].map((name) => [
        `units/${p}${name}.service`,
        unit(`${name === holder ? `-p ${port}:80` : ""} -e NAME=${name} lab/plain:58-develop`),
      ]),
    );
  await system.write(units("blue"));
  expectConverged(await step("blue holds the port", () => system.apply()));
  await system.write(units("green"));
  expectConverged(await step("the port moves to green", () => system.apply()));
  expectTidy(await system.containers());
  const green = await system.container("green");
  expect(await system.request(`http://127.0.0.1:${port}/`)).toContain(green.Id.slice(0, 12));
});
