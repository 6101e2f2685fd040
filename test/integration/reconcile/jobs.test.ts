/** One-off jobs run once for each spec; what waits for them waits for their success. */
import { expect } from "vitest";
import { expectConverged, expectNothingDone, expectUntouched, outcomeOf } from "../../support/checks.ts";
import { type System, test } from "../../support/scenario.ts";
import { compose, jobUnit, unit } from "../../support/texts.ts";

async function writeShop({ p, write }: System, job: { image: string; command?: string }): Promise<void> {
  await write({
    [`units/${p}shop.compose.yaml`]: compose({
      services: {
        migrate: { ...job, volumes: ["log:/tmp"] },
        api: {
          image: "lab/idle:1",
          restart: "always",
          stop_grace_period: "2s",
          environment: { SCHEMA: job.image },
          depends_on: { migrate: { condition: "service_completed_successfully" } },
        },
      },
      volumes: { log: {} },
    }),
  });
}

test("a job must run once, and once more only when its spec changes", async ({ system }) => {
  const { step, proxy } = system;
  await writeShop(system, { image: "lab/migrate:41" });
  expectConverged(await step("a migration and an api are applied", () => system.apply()));
  const first = await system.containers();
  expect(first.get("shop-migrate-1")?.State).toMatchObject({ Status: "exited", ExitCode: 0 });
  proxy.forget();
  expectNothingDone(system, await step("it is applied again", () => system.apply()));
  expectUntouched(first, await system.containers());
  await writeShop(system, { image: "lab/migrate:42" });
  expectConverged(await step("the migration gets the next build", () => system.apply()));
  const second = await system.containers();
  const [migrate, api] = [second.get("shop-migrate-1"), second.get("shop-api-1")];
  expect(migrate?.Config.Image).toBe("lab/migrate:42");
  expect(migrate?.State).toMatchObject({ Status: "exited", ExitCode: 0 });
  expect(String(api?.State.StartedAt) > String(migrate?.State.FinishedAt)).toBe(true);
});

test("a failing job must stop its dependents, and must be tried again", async ({ system }) => {
  const { step } = system;
  await writeShop(system, { image: "lab/migrate:41" });
  expectConverged(await step("a migration and an api are applied", () => system.apply()));
  const before = await system.containers();
  await writeShop(system, { image: "lab/migrate:42", command: "sh -c 'echo no such table; exit 7'" });
  const failed = await step("the next migration fails", () => system.apply());
  const after = await system.containers();
  expectUntouched(
    new Map([...before].filter(([name]) => name === "shop-api-1")),
    new Map([...after].filter(([name]) => name === "shop-api-1")),
  );
  expect(failed.exitCode).toBe(1);
  const migrate = outcomeOf(system, failed, "shop/migrate");
  expect(migrate.summary).toContain("the job exited with code 7");
  expect(migrate.failure?.details.join("\n")).toContain("no such table");
  expect(outcomeOf(system, failed, "shop/api").outcome).toBe("skipped");
  await writeShop(system, { image: "lab/migrate:42" });
  expectConverged(await step("the migration is put right", () => system.apply()));
  expect((await system.container("shop-api-1")).Config.Env).toContain("SCHEMA=lab/migrate:42");
});

test("a oneshot unit must be a job and its dependents must follow it", async ({ system }) => {
  const { step, p, proxy } = system;
  await system.write({
    [`units/${p}prepare.service`]: jobUnit(`-v ${p}data:/data lab/idle:1 sh -c 'echo ready > /data/state'`),
    [`units/${p}web.service`]: unit(`-v ${p}data:/data:ro lab/idle:1`, {
      unit: [`Requires=${p}prepare.service`, `After=${p}prepare.service`],
    }),
  });
  expectConverged(await step("a oneshot unit and a service are applied", () => system.apply()));
  expect((await system.container("prepare")).State).toMatchObject({ Status: "exited", ExitCode: 0 });
  expect((await system.engine.exec(`${p}web`, ["cat", "/data/state"])).output).toBe("ready\n");
  proxy.forget();
  expectNothingDone(system, await step("it is applied again", () => system.apply()));
});
