/** What one workload needs and cannot get fails that workload alone, with the Engine's own words. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, inject } from "vitest";
import { pushImage, startRegistry } from "../../../deploy/lab/registry.ts";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import { expectConverged, expectTidy, identity, outcomeOf } from "../../support/checks.ts";
import { type Applied, type System, test } from "../../support/scenario.ts";
import { unit } from "../../support/texts.ts";

async function writeBeside({ p, write }: System, line: string): Promise<void> {
  await write({
    [`units/${p}web.service`]: unit(line),
    [`units/${p}sibling.service`]: unit(`-e LINE='${line.length}' lab/idle:1`),
  });
}

/** The sibling is fine, the run is not. */
async function expectAloneFailed(system: System, failed: Applied, words: RegExp): Promise<void> {
  expect((await system.container("sibling")).State.Running).toBe(true);
  expectTidy(await system.containers());
  expect(failed.exitCode).toBe(1);
  expect(failed.report?.converged).toBe(false);
  const { outcome, summary } = outcomeOf(system, failed, "web");
  expect(summary).toMatch(words);
  expect(["failed", "blocked", "rolled-back"]).toContain(outcome);
  expect(outcomeOf(system, failed, "sibling").outcome).toBe("done");
}

test("a port that a foreign container holds must fail that workload alone", async ({ system }) => {
  const { step, p, engine } = system;
  const port = system.port();
  const holder = await engine.run({ name: `${p}holder`, image: "lab/plain:58-develop", ports: { 80: port } });
  await writeBeside(system, `-p ${port}:80 lab/plain:58-develop`);
  const failed = await step("a service with the same port is applied", () => system.apply());
  expect((await engine.inspect(holder))?.State.Running).toBe(true);
  await expectAloneFailed(system, failed, new RegExp(`${port}.*${p}holder`));
});

test("a port that a process outside Docker holds must bring the old container back", async ({ system }) => {
  const { step } = system;
  const port = system.port();
  await writeBeside(system, "lab/plain:58-develop");
  expectConverged(await step("a service without ports is applied", () => system.apply()));
  const before = await system.containers();
  const [file = "", ...args] = system.options.networkPrefix;
  const holder = spawn(file, [...args, "busybox", "nc", "-ll", "-p", String(port), "-e", "true"], {
    stdio: "ignore",
  });
  try {
    await waitUntil("the port to be taken", 10_000, async () => {
      const { output } = await probePort(system, port);
      return output.includes("open") ? true : undefined;
    });
    await writeBeside(system, `-p ${port}:80 lab/plain:58-develop`);
    const failed = await step("the service gets a port that a process of the host holds", () =>
      system.apply(),
    );
    const after = await system.containers();
    expect(identity(after)["web"]).toBe(identity(before)["web"]);
    await expectAloneFailed(system, failed, new RegExp(`${port}`));
  } finally {
    holder.kill("SIGKILL");
  }
  await step("it is tried again when the port is free and somebody says so", async () =>
    expectConverged(await system.apply("--retry", `${system.p}web`)),
  );
  expect(await system.request(`http://127.0.0.1:${port}/`)).toContain("plain 58-develop");
});

/** Whether somebody listens, seen from a container in the host's network. */
async function probePort({ engine, p }: System, port: number) {
  const probe = await engine.create({
    name: `${p}probe`,
    image: "lab/idle:1",
    network: "host",
    command: ["sh", "-c", `nc -w 2 127.0.0.1 ${port} </dev/null && echo open`],
  });
  await engine.post(`/containers/${probe}/start`);
  await engine.waitForExit(probe);
  const output = await engine.logs(probe);
  await engine.remove(probe);
  return { output };
}

test("a missing network must fail that workload alone and say how to make it", async ({ system }) => {
  await writeBeside(system, `--network ${system.p}nowhere lab/plain:58-develop`);
  const failed = await system.step("a service in an undeclared network is applied", () => system.apply());
  expect(await system.engine.inspect(`${system.p}web`)).toBeUndefined();
  await expectAloneFailed(system, failed, /network ".*nowhere" does not exist.*docker network create/);
});

test("a registry that does not answer must leave the old container serving", async ({ system }) => {
  const { step } = system;
  await writeBeside(system, "lab/plain:58-develop");
  expectConverged(await step("a service is applied", () => system.apply()));
  const before = await system.containers();
  // Nobody listens on port 1, so that the answer is quick and the same everywhere.
  await writeBeside(system, "127.0.0.1:1/lab/plain:59-develop");
  const failed = await step("its next image is in a registry that is down", () => system.apply());
  expect(identity(await system.containers())["web"]).toBe(identity(before)["web"]);
  await expectAloneFailed(system, failed, /pull.*127\.0\.0\.1:1.*connection refused/s);
});

test("an image that the registry has not got must leave the old container serving", async ({ system }) => {
  const { step } = system;
  await using registry = await startOwnRegistry(system);
  await writeBeside(system, "lab/plain:58-develop");
  expectConverged(await step("a service is applied", () => system.apply()));
  const before = await system.containers();
  await writeBeside(system, `${registry.address}/lab/plain:1-absent`);
  const failed = await step("its next image does not exist", () => system.apply());
  expect(identity(await system.containers())["web"]).toBe(identity(before)["web"]);
  await expectAloneFailed(system, failed, /1-absent.*(?:not found|manifest unknown)/s);
});

test("a private registry must need its credentials and then be pulled from", async ({ system }) => {
  const { step, engine } = system;
  const credentials = { username: "reader", password: "correct horse" };
  await using registry = await startOwnRegistry(system, credentials);
  const image = await pushImage(engine.api, "lab/plain:58-develop", registry, credentials);
  await engine.api.call("DELETE", `/images/${image}`);
  await writeBeside(system, image);
  const refused = await step("it is applied without credentials", () => system.apply());
  expect(await engine.inspect(`${system.p}web`)).toBeUndefined();
  await expectAloneFailed(system, refused, /unauthorized|no basic auth credentials|authentication required/);

  const auth = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
  await system.write({ "docker/config.json": JSON.stringify({ auths: { [registry.address]: { auth } } }) });
  system.setEnvironment({ DOCKER_CONFIG: join(system.repository.dir, "docker") });
  const pulled = await step("it is applied with credentials", () => system.apply());
  expect((await system.container("web")).State.Running).toBe(true);
  expectConverged(pulled);
  expect(`${pulled.stdout}${pulled.stderr}`).not.toContain(credentials.password);
  expect(`${pulled.stdout}${pulled.stderr}`).not.toContain(auth);
  await engine.remove(`${system.p}web`);
  await engine.api.call("DELETE", `/images/${image}`);
});

function startOwnRegistry({ repository }: System, credentials?: { username: string; password: string }) {
  const inNetwork = (argv: readonly string[]) => [...inject("engine").networkPrefix, ...argv];
  const dir = join(repository.dir, ".registry");
  return startRegistry({ dir, engine: { inNetwork }, ...(credentials === undefined ? {} : { credentials }) });
}
