import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "../../../deploy/lab/command.ts";
import { createApp } from "../../../src/app.ts";
import { readSettings } from "../../../src/settings.ts";

const never = new AbortController().signal;

test("a clone must be called by its repository's URL, never by its folder", async () => {
  const dir = await mkdtemp(join(tmpdir(), "mysysconfig-test-clone-"));
  try {
    const git = (...args: string[]) =>
      runCommand("git", ["-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.org", ...args]);
    await writeFile(join(dir, "mysysconfig.yaml"), "project: shop\n");
    await git("init", "--quiet");
    await git("add", ".");
    await git("commit", "--quiet", "-m", "The first commit");
    const revisionWith = async (variables: Readonly<Record<string, string>>) => {
      const environment = { PATH: process.env["PATH"], ...variables };
      const app = await createApp(
        { config: dir, json: false, showValues: false },
        readSettings(environment),
        () => {},
      );
      return await (await app.committed())?.resolveRevision(never);
    };
    const source = "https://git.example.com/ops/system.git";
    expect(await revisionWith({ MYSYSCONFIG_SOURCE: source })).toMatchObject({
      source,
      subject: "The first commit",
    });
    expect(await revisionWith({})).not.toHaveProperty("source");
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
