/** The units of `deploy/systemd` on a host that has booted with systemd, with the image that the Dockerfile makes. */
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, inject } from "vitest";
import { engineApi } from "../../deploy/lab/engine-api.ts";
import { buildProjectImage } from "../../deploy/lab/project-image.ts";
import { pushImage, type RunningRegistry, startRegistry } from "../../deploy/lab/registry.ts";
import { waitUntil } from "../../deploy/lab/waiting.ts";
import { startRelayIn } from "../support/relay.ts";
import { quickSettings, type System, test as systemTest } from "../support/scenario.ts";
import { createTempRepository } from "../support/temp-repository.ts";
import { unit } from "../support/texts.ts";
import { startSystemdHost } from "./systemd-host.ts";

/** One boot for all tests of this file; each installs units under a name of its own. */
const test = systemTest
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures it needs
  .extend("host", { scope: "file" }, async ({}, { onCleanup }) => {
    const host = await startSystemdHost(inject("engine"));
    onCleanup(() => host[Symbol.asyncDispose]());
    return host;
  });

const container = (name: string) => `${name}.service`;

/** Bakes a configuration: the files below units/, and settings that are quick unless they are given. */
async function bake(
  { p, engine }: System,
  image: string,
  units: Readonly<Record<string, string>>,
  settings = quickSettings(p),
): Promise<void> {
  const files = Object.entries(units).map(([name, content]) => [`units/${p}${name}`, content]);
  await using repository = await createTempRepository({
    Dockerfile:
      "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY units units\nCOPY mysysconfig.yaml mysysconfig.yaml\n",
    "mysysconfig.yaml": settings,
    ...Object.fromEntries(files),
  });
  const buildArgs = { BRANCH: "develop", REVISION: "0123456789abcdef" };
  const baseImage = inject("project").tool;
  await buildProjectImage(engine.api, { reference: image, baseImage, contextDir: repository.dir, buildArgs });
}

const webUnit = (tag: string) => ({ "web.service": unit(`lab/web:${tag}`) });

/** The image of the service's container, as soon as it is another one or for the first time there. */
async function waitForImage({ engine, p }: System, image: string): Promise<void> {
  await engine.waitFor(`${p}web`, `of ${image}`, ({ Config }) => Config.Image === image, 60_000);
}

test("the timer must apply what is pushed, and go on with the last image without the registry", async ({
  system,
  host,
}) => {
  const { step, engine, p, options } = system;
  const { networkPrefix, sharedDir } = options;
  const name = "mysysconfig";
  const inNetwork = (argv: readonly string[]) => [...networkPrefix, ...argv];
  await using registry = await startRegistry({ dir: join(sharedDir, `${p}registry`), engine: { inNetwork } });
  const image = `${registry.address}/${p}system:develop`;
  await step("a first build is pushed", () => publish(system, registry, "58-develop"));
  await host.configure(name, { MYSYSCONFIG_IMAGE: image });
  const quick = [
    "OnBootSec=",
    "OnBootSec=1s",
    "OnUnitInactiveSec=1s",
    "RandomizedDelaySec=0",
    "AccuracySec=1ms",
  ];
  await host.install(name, quick);
  await step("the timer is enabled", () => host.run(["systemctl", "enable", "--now", `${name}.timer`]));
  await waitForImage(system, "lab/web:58-develop");
  await step("the next build is pushed", () => publish(system, registry, "59-develop"));
  await waitForImage(system, "lab/web:59-develop");
  const said = await step("a run has nothing to do", () =>
    readUntil(() => host.journal(name), /^Nothing to do/m),
  );
  expect(said).toContain(image);
  expect(said).toMatch(/^Converged: 1 changed, 0 unchanged/m);
  expect(said).not.toContain("the pull failed");
  expect(said).not.toContain("Failed");

  await step("the registry goes away and somebody removes the container", async () => {
    await registry.stop();
    await engine.remove(`${p}web`);
  });
  await waitForImage(system, "lab/web:59-develop");
  const without = await step("a run has nothing to do", () =>
    readUntil(() => host.journal(name), /^the pull failed[\s\S]*^Nothing to do/m),
  );
  expect(without).toContain(`the pull failed: going on with the last ${image} of this host`);
  await host.run(["systemctl", "disable", "--now", `${name}.timer`]);
  expect(await host.waitForEnd(name)).toMatchObject({ result: "success" });
});

/** A push from elsewhere: this Engine has nothing under the name that it pulls. */
async function publish(system: System, registry: RunningRegistry, tag: string): Promise<void> {
  const { p, options } = system;
  const built = `${p}system:${tag}`;
  await bake(system, built, webUnit(tag));
  await pushImage(system.engine.api, built, registry);
  const path = join(options.sharedDir, `${p}registry.sock`);
  const port = Number(new URL(`http://${registry.address}`).port);
  await using _way = await startRelayIn(options.networkPrefix, { path }, { port });
  const api = engineApi({ kind: "unix", path });
  const type = "application/vnd.docker.distribution.manifest.v2+json";
  const manifests = `/v2/${p}system/manifests`;
  const manifest = await text(await api.open("GET", `${manifests}/${tag}`, { headers: { accept: type } }));
  const put = { stream: Readable.from([manifest]), headers: { "content-type": type } };
  await api.call("PUT", `${manifests}/develop`, put);
}

/** Reads until the text is there; answers all that was read. */
async function readUntil(read: () => Promise<string>, wanted: RegExp): Promise<string> {
  let all = "";
  return await waitUntil(`the journal to have ${wanted}`, 60_000, async () => {
    all += await read();
    return wanted.test(all) ? all : undefined;
  });
}

test("a build that never gets healthy must be a failed service, and one that does a good one", async ({
  system,
  host,
}) => {
  const { step, p } = system;
  const [name, image] = [`${p}sick`, `${p}sick:develop`];
  await host.install(name);
  await host.configure(name, { MYSYSCONFIG_IMAGE: image });
  await bake(system, image, webUnit("61-sick"));
  const failed = await step("the service runs", () => host.start(name));
  expect(failed).toEqual({ result: "exit-code", status: 1 });
  const said = await host.journal(name);
  expect(said).toMatch(/^Not converged: /m);
  expect(said).not.toMatch(/pull failed|no such host/);
  await bake(system, image, webUnit("58-develop"));
  const good = await step("the service runs again", () => host.start(name));
  expect(good).toEqual({ result: "success", status: 0 });
});

test("a stopped run must put back what is half done, leave no container, and not keep the next from converging", async ({
  system,
  host,
}) => {
  const { step, engine, p } = system;
  const [first, second, image] = [`${p}first`, `${p}second`, `${p}slow:develop`];
  for (const name of [first, second]) {
    await host.install(name);
    await host.configure(name, { MYSYSCONFIG_IMAGE: image });
  }
  const units = {
    ...webUnit("58-develop"),
    "api.service": unit("lab/idle:1", { unit: [`After=${p}web.service`] }),
  };
  const slow = quickSettings(p).replace("stability: 300ms", "stability: 10m\n  lockExpiry: 10s");
  await bake(system, image, units, slow);
  const begin = async (name: string) => {
    await host.run(["systemctl", "start", "--no-block", name]);
    await engine.waitFor(`${p}web`, "running", ({ State }) => State.Running);
  };

  await step("a run is at its gate", () => begin(first));
  expect(await engine.inspect(container(first))).toMatchObject({ HostConfig: { ReadonlyRootfs: true } });
  const busy = await step("another one finds it at work", () => host.start(second));
  expect(busy).toEqual({ result: "success", status: 3 });
  // A stand-in for the host's Engine: what counts is what systemd does to the units that are part of it.
  await step("docker.service restarts", async () => {
    await host.run(["systemctl", "restart", "docker.service"]);
    expect(await host.journal(first)).toMatch(/^Interrupted, not converged/m);
    await engine.waitFor(`${p}web`, "running again", ({ State }) => State.Running);
  });
  await step("the first is stopped", () => host.run(["systemctl", "stop", first]));
  expect(await host.waitForEnd(first)).toEqual({ result: "exit-code", status: 1 });
  expect(await host.journal(first)).toMatch(/^Interrupted, not converged/m);
  expect(await engine.inspect(container(first))).toBeUndefined();
  expect(await engine.inspect(`${p}web`)).toBeUndefined();

  await step("a run is at its gate again", () => begin(first));
  await step("its docker client is killed", () =>
    host.run(["systemctl", "kill", "--kill-whom=main", "--signal=KILL", first]),
  );
  expect(await host.waitForEnd(first)).toMatchObject({ result: "signal", status: 9 });
  expect(await host.journal(first)).toMatch(/^ending a run that was left behind$/m);
  expect(await engine.inspect(container(first))).toBeUndefined();
  expect(await engine.inspect(`${p}web`)).toBeUndefined();

  await bake(system, image, units);
  const next = await step("the next run has the time it needs", () => host.start(first));
  expect(next).toEqual({ result: "success", status: 0 });
  expect([...(await system.containers()).keys()].sort()).toEqual(["api", "web"]);
});

test("a service without an image must fail, and never look for one on a public registry", async ({
  system,
  host,
}) => {
  const name = `${system.p}none`;
  await host.install(name);
  expect(await host.start(name)).toMatchObject({ result: "exit-code" });
  expect(await host.journal(name)).toContain(`set MYSYSCONFIG_IMAGE in /etc/mysysconfig/${name}.env`);
  await host.configure(name, { MYSYSCONFIG_IMAGE: `${name}:develop` });
  expect(await host.start(name)).toEqual({ result: "exit-code", status: 125 });
  const said = await host.journal(name);
  expect(said).toMatch(/No such image/);
  // What docker says before it looks for an image on Docker Hub.
  expect(said).not.toMatch(/Unable to find image/);
});
