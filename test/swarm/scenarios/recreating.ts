/** Services that cannot be changed on the spot: another mode, another name, another owner. */
import { expect } from "vitest";
import type { ServiceAnswer } from "../../../src/docker/swarm/answers.ts";
import { unit } from "../../support/texts.ts";
import type { ClusterSystem } from "../cluster-system.ts";
import { better, expectConverged, expectExit, good, outcomeOf, web, writeStack } from "./config.ts";
import { applyRecorded, expectNothingLeft } from "./observing.ts";

const modeOf = ({ Spec }: ServiceAnswer) => Object.keys(Spec.Mode ?? {});

async function expectBlocked(system: ClusterSystem, words: RegExp): Promise<void> {
  const told = await applyRecorded(system);
  expectExit(told, 1, words);
  expect(told.mutations).toEqual([]);
}

export async function changedMode(system: ClusterSystem): Promise<void> {
  const key = `${system.stack}/app`;
  const app = (build: string, mode: string) => ({
    app: { image: web(build), deploy: { mode } },
    other: { image: "lab/idle:1" },
  });
  await writeStack(system, app(good, "replicated"));
  expectConverged(await system.apply());
  const first = await system.service("app");

  await writeStack(system, app(good, "global"));
  await expectBlocked(system, new RegExp(`--recreate ${key}`));
  expect((await system.service("app")).ID).toBe(first.ID);

  expectConverged(await system.apply(undefined, "--recreate", key));
  const second = await system.service("app");
  expect({ isSame: second.ID === first.ID, mode: modeOf(second) }).toEqual({
    isSame: false,
    mode: ["Global"],
  });
  await expectNothingLeft(system);

  await writeStack(system, app("61-sick", "replicated"));
  const failed = await system.apply(undefined, "--recreate", key);
  expectExit(failed, 1, /unhealthy/);
  expect(outcomeOf(failed, "app").outcome).toBe("rolled-back");
  expect(modeOf(await system.service("app"))).toEqual(["Global"]);
  expect(await system.serving()).toEqual([`app ${web(good)} x1`, "other lab/idle:1 x1"]);

  await writeStack(system, app(better, "global"));
  expectConverged(await system.apply());
  expect(await system.serving()).toEqual([`app ${web(better)} x1`, "other lab/idle:1 x1"]);
}

export async function changedName(system: ClusterSystem): Promise<void> {
  const { stack } = system;
  const path = `units/${stack}-app.service`;
  const named = (name: string, build: string) => unit(`--name ${stack}-${name} ${web(build)}`);
  await writeStack(system, { other: { image: "lab/idle:1" } });
  await system.write({ [path]: named("one", good) });
  expectConverged(await system.apply());
  await system.write({ [path]: named("two", good) });
  await expectBlocked(
    system,
    new RegExp(`is named .*${stack}-one.* instead of .*${stack}-two.*--recreate ${stack}-app`),
  );
  expect([...(await system.services()).keys()].toSorted()).toEqual(["other", `${stack}-one`].toSorted());
  expectConverged(await system.apply(undefined, "--recreate", `${stack}-app`));
  expect([...(await system.services()).keys()].toSorted()).toEqual(["other", `${stack}-two`].toSorted());
  await expectNothingLeft(system);

  await system.write({ [path]: named("three", "60-exits") });
  const failed = await system.apply(undefined, "--recreate", `${stack}-app`);
  expectExit(failed, 1, /exit/);
  expect(outcomeOf(failed, `${stack}-app`).outcome).toBe("rolled-back");
  expect((await system.serving()).toSorted()).toEqual(
    ["other lab/idle:1 x1", `${stack}-two ${web(good)} x1`].toSorted(),
  );
}

export async function foreignHolder(system: ClusterSystem): Promise<void> {
  const Name = `${system.stack}_app`;
  const find = () => system.ask<ServiceAnswer>("GET", `/services/${Name}`);
  await system.ask("POST", "/services/create", {
    ...{ Name, Labels: { "com.docker.stack.namespace": "theirs" }, EndpointSpec: { Mode: "dnsrr" } },
    TaskTemplate: { ContainerSpec: { Image: "lab/idle:2" } },
  });
  const theirs = await find();
  try {
    const other = { image: "lab/idle:1" };
    await writeStack(system, { other });
    expectConverged(await system.apply());
    await writeStack(system, { app: { image: web(good) }, other });
    const key = `${system.stack}/app`;
    await expectBlocked(system, new RegExp(`held by service .*theirs.*--adopt ${key}`));
    expect(await find()).toEqual(theirs);
    expectConverged(await system.apply(undefined, "--adopt", key));
    const ours = await find();
    expect(ours.ID).toBe(theirs.ID);
    expect(ours.Spec.Labels).toMatchObject({ "mysysconfig.project": system.project });
    expect(await system.serving()).toEqual([`app ${web(good)} x1`, "other lab/idle:1 x1"]);
    await expectNothingLeft(system);
  } finally {
    if (!(await system.services()).has("app")) await system.ask("DELETE", `/services/${theirs.ID}`);
  }
}
