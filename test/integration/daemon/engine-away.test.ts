/** The Engine goes away under a running daemon: it comes back, or it comes back where the daemon cannot reach it. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test as plainTest } from "vitest";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import { expectTidy } from "../../support/checks.ts";
import { isConverged, startDaemonProcess, statusOf } from "../../support/daemon-process.ts";
import { once } from "../../support/newest-engine.ts";
import { ownEngineDir, startOwnEngine, systemOptionsOf } from "../../support/own-engine.ts";
import { startRelay } from "../../support/relay.ts";
import { createSystem, type System } from "../../support/scenario.ts";
import { unit } from "../../support/texts.ts";

const writeWeb = ({ p, write }: System) =>
  write({ [`units/${p}web.service`]: unit("lab/idle:1"), [`units/${p}api.service`]: unit("lab/idle:1") });

const ids = async (system: System) =>
  Object.fromEntries([...(await system.containers())].map(([name, { Id }]) => [name, Id]));

plainTest(
  "an Engine that is killed and comes back must be followed again, and nothing be recreated",
  async () => {
    await using engine = await startOwnEngine(ownEngineDir("away"));
    await using system = await createSystem(systemOptionsOf(engine));
    await writeWeb(system);
    await using daemon = startDaemonProcess({
      args: ["--config", system.repository.dir],
      environment: { DOCKER_HOST: `unix://${engine.socket}` },
    });
    await daemon.line("the first run", isConverged);
    await daemon.ready();
    const before = await ids(system);
    const since = daemon.lines.length;
    await engine.kill();
    await daemon.line("to notice", ({ msg }) => msg === "events of the Engine are not followed", since);
    await daemon.line("a run that cannot look", ({ msg }) => msg === "run failed", since);
    expect(await statusOf(`${await daemon.url()}/readyz`)).toBe(503);
    expect(await statusOf(`${await daemon.url()}/healthz`)).toBe(200);
    await engine.start();
    await daemon.line("to follow again", ({ msg }) => msg === "events of the Engine are followed", since);
    await daemon.ready();
    await waitUntil("both to run", 60_000, async () =>
      [...(await system.containers()).values()].every(({ State }) => State.Running) ? true : undefined,
    );
    expect(await ids(system)).toEqual(before);
    const later = daemon.lines.length;
    await system.engine.remove(`${system.p}web`);
    await daemon.line("to heal by what it hears", isConverged, later);
    const after = await system.containers();
    expectTidy(after);
    expect(after.get("web")?.State.Running).toBe(true);
    expect(after.get("api")?.Id).toBe(before["api"]);
    expect(await daemon.stop()).toBe(0);
  },
);

/** Nothing of it depends on the Engine. */

once(
  "a socket that was replaced on the host must end the daemon with 5 and what to do",
  async ({ system }) => {
    const { options, p } = system;
    await writeWeb(system);
    const host = join(options.sharedDir, `${p}host.sock`);
    const mounted = join(options.sharedDir, `${p}mount.sock`);
    await writeFile(mounted, "");
    const relay = await startRelay({ path: host }, { path: options.socket });
    // As with `-v host.sock:mount.sock`: what is mounted is the file, not its name.
    const prefix = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" "$1"; shift; exec "$@"', host, mounted];
    await using daemon = startDaemonProcess({
      prefix,
      args: ["--config", system.repository.dir],
      environment: { DOCKER_HOST: `unix://${mounted}` },
      trail: system.trail,
    });
    await daemon.line("the first run", isConverged);
    await relay[Symbol.asyncDispose]();
    await using _again = await startRelay({ path: host }, { path: options.socket });
    const line = await daemon.line("to see it", ({ msg }) => msg === "the Engine cannot come back");
    expect(line["why"]).toMatch(/was replaced on the host/);
    expect(await daemon.exited).toBe(5);
    const containers = await system.containers();
    expect([...containers.values()].map(({ State }) => State.Running)).toEqual([true, true]);
    await rm(mounted, { force: true });
  },
);
