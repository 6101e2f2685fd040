/**
 * From a commit of a service to a container, over the ready-made pipelines: the service's machine has one secret and no
 * way to the cluster, the configuration repository's bakes, and the cluster pulls and runs.
 */
import { expect } from "vitest";
import { expectReplacedOnly, expectTidy, expectUntouched } from "../support/checks.ts";
import { test } from "../support/scenario.ts";
import { unit } from "../support/texts.ts";
import { type CiMachine, gitToken, registryLogin, startCiMachine } from "./ci-machine.ts";
import {
  bakeBranch,
  checkRequest,
  deliver,
  type Journey,
  prepareJourney,
  runInCluster,
  runTool,
} from "./journey.ts";

test("a build must come from its commit to the cluster, go back with the older image, and be promoted", async ({
  system,
}) => {
  const { step } = system;
  await using ci = await step("a machine that builds", () => startCiMachine(system));
  const journey = await step("repositories, the tool and logins", () => prepareJourney(system, ci));
  await step("the first build", () => bringFirstBuild(journey));
  await step("the next build", () => bringNextBuild(journey));
  await step("back with the older image", () => goBack(journey));
  await step("promotion to a second environment", () => promote(journey));
  expectTidy(await system.containers());
  const said = system.trail.join("\n");
  for (const secret of [gitToken, registryLogin.password]) expect(said).not.toContain(secret);
});

/** Build 58 of the service, in build 112 of the configuration. */
async function bringFirstBuild(journey: Journey): Promise<void> {
  const { system, config, ci } = journey;
  const submitted = await deliver(journey, 58);
  expect(submitted.stdout).toContain(`Pushed: units/${system.p}myservice.service.`);
  expect(await config.git(["log", "-1", "--format=%s", "develop"])).toBe(
    `Updating ${system.p}myservice tag to '58-develop'\n`,
  );
  const baked = await bakeBranch(journey, 112, "develop");
  expect(baked.stdout).toMatch(/^Baked: .*2 workloads, 2 images locked, pushed\.$/m);
  const first = await runInCluster(journey, "develop");
  expect(first).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Converged: 2 changed/m) });
  await expectServed(journey, "58-develop");
  const { Config } = await system.container("myservice");
  expect(Config.Labels["mysysconfig.source"]).toBe(`${ci.gitUrl}/system.git`);
  await expectNoWay(ci, journey);
  system.proxy.forget();
  const again = await runInCluster(journey, "develop");
  expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Nothing to do/m) });
  expect(system.proxy.mutations()).toEqual([]);
}

/** Build 59 replaces one container. Meanwhile somebody asks for a change of another one. */
async function bringNextBuild(journey: Journey): Promise<void> {
  const { system, config } = journey;
  await config.git(["branch", "acceptance", "develop"]);
  const before = await system.containers();
  await deliver(journey, 59);
  expect(await requestComment(journey)).toMatch(/api[^\n]*64 MiB/);
  await bakeBranch(journey, 113, "develop");
  const result = await runInCluster(journey, "develop");
  expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Converged: 1 changed/m) });
  expectReplacedOnly(before, await system.containers(), ["myservice"]);
  await expectServed(journey, "59-develop");
}

/** A person asks for a change of another workload; the comment speaks of that one alone. */
async function requestComment(journey: Journey): Promise<string> {
  const { system, config, ci } = journey;
  const { p } = system;
  const change = { [`units/${p}api.service`]: unit(`-m 64m ${ci.registry}/lab/idle:1`) };
  await config.git(["branch", "more-memory", "develop"]);
  await config.commit(change, "More memory", "more-memory");
  const comment = await checkRequest(journey, "more-memory");
  expect(comment).not.toContain(`${p}myservice`);
  return comment;
}

/** The older image is the way back: newer runs respect it until a newer revision comes. */
async function goBack(journey: Journey): Promise<void> {
  const { system } = journey;
  const edited = await runTool(journey, [
    "set-image",
    `${system.p}myservice`,
    "58-develop",
    "--branch",
    "develop",
  ]);
  expect(edited.exitCode).toBe(6);
  const refused = await runInCluster(journey, "112-develop");
  expect(refused).toMatchObject({ exitCode: 6, stderr: expect.stringMatching(/older than/) });
  await expectServed(journey, "59-develop");
  expect(await runInCluster(journey, "112-develop", ["apply", "--rollback"])).toMatchObject({ exitCode: 0 });
  await expectServed(journey, "58-develop");
  const held = await system.containers();
  const timer = await runInCluster(journey, "develop");
  expect(timer.exitCode).toBe(0);
  expect(`${timer.stdout}${timer.stderr}`).toMatch(/held at \w+: .* went back from/);
  expectUntouched(held, await system.containers());
  await deliver(journey, 60);
  await bakeBranch(journey, 114, "develop");
  expect(await runInCluster(journey, "develop")).toMatchObject({ exitCode: 0 });
  await expectServed(journey, "60-develop");
}

/** The second environment has a machine of its own: the same one here, emptied. */
async function promote(journey: Journey): Promise<void> {
  const { system, config } = journey;
  const { engine, p } = system;
  const builds = await runTool(journey, ["builds", `${p}myservice`, "--branch", "develop"]);
  expect(builds).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/60-develop.*59-develop/s) });
  const promoted = await runTool(journey, ["promote", "--from", "develop", "--to", "acceptance"]);
  expect(promoted.exitCode).toBe(0);
  const path = `units/${p}myservice.service`;
  expect(await config.git(["show", `acceptance:${path}`])).toContain("myservice:60-develop");
  const composition = await runTool(journey, ["composition", "--branch", "acceptance"]);
  expect(composition).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("60-develop") });
  await bakeBranch(journey, 7, "acceptance");
  for (const { Id } of (await system.containers()).values()) await engine.remove(Id);
  expect(await runInCluster(journey, "acceptance")).toMatchObject({ exitCode: 0 });
  await expectServed(journey, "60-develop");
  const { Config } = await system.container("myservice");
  expect(Config.Labels["mysysconfig.environment"]).toBe("acceptance");
}

async function expectServed({ system, port }: Journey, build: string): Promise<void> {
  expect(await system.request(`http://127.0.0.1:${port}/`)).toContain(`myservice ${build} `);
}

/** What answers in the cluster does not where the pipelines run: no route, no port, no container. */
async function expectNoWay(ci: CiMachine, { system, port }: Journey): Promise<void> {
  const folder = ci.engine.sharedDir;
  const routes = await ci.run(["ip", "route"], folder);
  expect(routes.exitCode).toBe(0);
  expect(routes.stdout).not.toMatch(/default/);
  const url = `http://127.0.0.1:${port}/`;
  const asked = await ci.run(["busybox", "timeout", "5", "busybox", "wget", "-q", "-O-", url], folder);
  expect(asked.exitCode).not.toBe(0);
  const listed = await ci.run(["docker", "ps", "--all", "--format", "{{.Names}}"], folder);
  expect(listed).toMatchObject({ exitCode: 0 });
  expect(listed.stdout).not.toContain(system.p);
}
