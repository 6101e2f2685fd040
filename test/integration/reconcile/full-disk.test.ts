/** A full disk of the Engine stops no service that runs. */
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { expect, test } from "vitest";
import { runCommand } from "../../../deploy/lab/command.ts";
import { expectConverged, expectTidy, identity } from "../../support/checks.ts";
import { ownEngineDir, startOwnEngine, systemOptionsOf } from "../../support/own-engine.ts";
import { createSystem } from "../../support/scenario.ts";
import { unit } from "../../support/texts.ts";

test("a full disk must leave the old container serving and be named in the report", async () => {
  const dir = ownEngineDir("disk");
  await using disk = await mountSmallDisk(dir);
  await using engine = await startOwnEngine(dir, { keepData: true });
  await using system = await createSystem(systemOptionsOf(engine));
  const { step, p } = system;
  await system.write({ [`units/${p}web.service`]: unit("-e COLOUR=blue lab/plain:58-develop") });
  expectConverged(await step("a service is applied", () => system.apply()));
  const before = await system.containers();
  const release = await step("the Engine's disk fills up", () => disk.fill());
  await system.write({ [`units/${p}web.service`]: unit("-e COLOUR=red lab/plain:58-develop") });
  const failed = await step("the next version is applied", () => system.apply());
  const after = await system.containers();
  expect(identity(after)).toEqual(identity(before));
  expectTidy(after);
  expect(failed.exitCode).toBe(1);
  // Not even the lock of the run has room: nothing is begun, and the Engine's own words say why.
  expect(JSON.parse(failed.stdout)).toMatchObject({
    error: { code: "no-space", message: expect.stringContaining("no space left on device") },
  });
  await release();
  expectConverged(await step("it is applied again when there is room", () => system.apply()));
  expect((await system.container("web")).Config.Env).toContain("COLOUR=red");
});

interface SmallDisk extends AsyncDisposable {
  /** Takes all the room; the function that it answers gives it back. */
  fill(): Promise<() => Promise<void>>;
}

/** A file system in memory for an Engine's data, large enough for a few small images. */
async function mountSmallDisk(dir: string): Promise<SmallDisk> {
  const path = join(dir, "data");
  await mkdir(path, { recursive: true });
  await runCommand("mount", ["-t", "tmpfs", "-o", "size=96m", "tmpfs", path]);
  return {
    async fill() {
      const file = join(path, "ballast");
      const block = Buffer.alloc(64 * 1024);
      const endless = function* () {
        for (;;) yield block;
      };
      // It ends when there is no room for another block.
      await pipeline(endless, createWriteStream(file)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOSPC") throw error;
      });
      return () => rm(file);
    },
    async [Symbol.asyncDispose]() {
      await runCommand("umount", ["-l", path]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
