/** Replicas of a service are replaced a few at a time, with a pause between the batches. */
import { expect } from "vitest";
import { expectConverged, expectNothingDone, expectTidy, expectUntouched } from "../../support/checks.ts";
import { type System, test } from "../../support/scenario.ts";
import { compose } from "../../support/texts.ts";

const delayMs = 1500;

async function writeReplicas({ p, write }: System, tag: string, replicas: number): Promise<void> {
  await write({
    [`units/${p}shop.compose.yaml`]: compose({
      services: {
        api: {
          image: `lab/plain:${tag}`,
          restart: "always",
          stop_grace_period: "2s",
          deploy: {
            replicas,
            update_config: { parallelism: 2, delay: `${delayMs}ms`, order: "start-first" },
          },
        },
      },
    }),
  });
}

test("replicas must be replaced in batches with an interval between them", async ({ system }) => {
  const { step } = system;
  await writeReplicas(system, "58-develop", 4);
  expectConverged(await step("four replicas are applied", () => system.apply()));
  const before = await system.containers();
  expect([...before.keys()]).toEqual(["shop-api-1", "shop-api-2", "shop-api-3", "shop-api-4"]);
  await writeReplicas(system, "59-develop", 4);
  expectConverged(await step("they get the next build", () => system.apply()));
  const after = await system.containers();
  expectTidy(after);
  const starts = [...after.values()].map(({ State }) => Date.parse(State.StartedAt)).sort((a, b) => a - b);
  expect([...after.values()].map(({ Config }) => Config.Image)).toEqual(
    Array(4).fill("lab/plain:59-develop"),
  );
  const [first = 0, second = 0, third = 0, fourth = 0] = starts;
  expect(third - second).toBeGreaterThanOrEqual(delayMs);
  expect(second - first).toBeLessThan(delayMs);
  expect(fourth - third).toBeLessThan(delayMs);
});

test("scaling must add the missing and remove the last, and leave the others alone", async ({ system }) => {
  const { step, proxy } = system;
  await writeReplicas(system, "58-develop", 2);
  expectConverged(await step("two replicas are applied", () => system.apply()));
  const two = await system.containers();
  await writeReplicas(system, "58-develop", 3);
  expectConverged(await step("a third one is asked for", () => system.apply()));
  const three = await system.containers();
  expect([...three.keys()]).toEqual(["shop-api-1", "shop-api-2", "shop-api-3"]);
  expectUntouched(two, new Map([...three].filter(([name]) => name !== "shop-api-3")));
  await step("the second one is removed by hand", () => system.engine.remove(`${system.p}shop-api-2`));
  expectConverged(await system.apply());
  expect((await system.containers()).get("shop-api-3")?.Id).toBe(three.get("shop-api-3")?.Id);
  await writeReplicas(system, "58-develop", 1);
  expectConverged(await step("one replica is enough", () => system.apply("--yes")));
  const one = await system.containers();
  expect([...one.keys()]).toEqual(["shop-api-1"]);
  expect(one.get("shop-api-1")?.Id).toBe(two.get("shop-api-1")?.Id);
  proxy.forget();
  expectNothingDone(system, await system.apply());
});

test("a bad build must stop at its first batch", async ({ system }) => {
  const { step } = system;
  const { p, write } = system;
  const stack = (command: string) =>
    compose({
      services: {
        api: {
          image: "lab/plain:58-develop",
          command,
          restart: "always",
          stop_grace_period: "2s",
          deploy: { replicas: 3, update_config: { parallelism: 1, order: "start-first" } },
        },
      },
    });
  await write({ [`units/${p}shop.compose.yaml`]: stack("serve 80") });
  expectConverged(await step("three replicas are applied", () => system.apply()));
  const before = await system.containers();
  await write({ [`units/${p}shop.compose.yaml`]: stack("false") });
  const failed = await step("their next build exits at once", () => system.apply());
  const after = await system.containers();
  expectTidy(after);
  expectUntouched(before, after);
  expect(failed.exitCode).toBe(1);
  const outcomes = failed.report?.changes
    .filter(({ key }) => key.startsWith(`${p}shop/api`))
    .map(({ outcome }) => outcome);
  expect(outcomes).toEqual(["rolled-back", "skipped", "skipped"]);
});
