/** Paths of the host are mounted as they are written. */
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { expectConverged, expectNothingDone } from "../../support/checks.ts";
import { test } from "../../support/scenario.ts";
import { unit } from "../../support/texts.ts";

test("72: a path of the host that is a link must be mounted, and be no difference in later runs", async ({
  system,
}) => {
  const { step, p, proxy, repository, engine } = system;
  const folder = join(repository.dir, ".host", "real");
  await mkdir(folder, { recursive: true });
  const link = join(repository.dir, ".host", "link");
  await symlink(folder, link);
  await system.write({ [`units/${p}web.service`]: unit(`-v ${link}:/data/ lab/idle:1`) });
  expectConverged(await step("a service mounts a link", () => system.apply()));
  await engine.exec(`${p}web`, ["sh", "-c", "echo here > /data/row"]);
  const before = await system.containers();
  proxy.forget();
  expectNothingDone(system, await step("it is applied again", () => system.apply()));
  await engine.post(`/containers/${p}web/restart`);
  expectNothingDone(system, await step("and after a restart", () => system.apply()));
  expect((await system.container("web")).Id).toBe(before.get("web")?.Id);
  expect((await engine.exec(`${p}web`, ["cat", "/data/row"])).output).toBe("here\n");
});
