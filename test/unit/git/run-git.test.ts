import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GitExit, OutputTooLarge, runGit, runGitForBytes } from "../../../src/git/run-git.ts";
import type { Workplace } from "../../../src/git/workplace.ts";

const never = new AbortController().signal;
const run = { timeoutMs: 20_000 };
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mysysconfig-run-git-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function place(path = process.env["PATH"] ?? ""): Workplace {
  return {
    repositoryDir: dir,
    environment: { PATH: path, HOME: dir, LC_ALL: "C", GIT_CONFIG_NOSYSTEM: "1" },
    secrets: [],
    endLeftovers: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

describe("a git command", () => {
  test("must fail on any exit code but 0, also when git says nothing", async () => {
    await runGit(place(), ["init", "-q", "--bare", "."], run, never);
    // Exits 1 without a word.
    const silent = runGit(place(), ["show-ref", "--verify", "--quiet", "refs/heads/none"], run, never);
    const failure = await silent.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(GitExit);
    expect(failure).toMatchObject({ exitCode: 1, stderr: "" });
    expect(JSON.stringify(failure)).not.toContain("refs/heads/none");
  });

  test("must give all that was printed, also what arrives after git has ended", async () => {
    // The real git behind a slow pipe, as on a machine that is too busy to read.
    const slow = `#!/bin/sh\n/usr/bin/git "$@" | { sleep 0.3; cat; } &\nexit 0\n`;
    writeFileSync(join(dir, "git"), slow, { mode: 0o755 });
    const answer = await runGit(place(`${dir}:${process.env["PATH"]}`), ["--version"], run, never);
    expect(answer).toMatch(/^git version/);
  });

  test("must be ended when it prints more than the caller keeps", async () => {
    await runGit(place(), ["init", "-q", "--bare", "."], run, never);
    const printed = runGitForBytes(place(), ["config", "--list"], { ...run, maxBytes: 10 }, never);
    await expect(printed).rejects.toBeInstanceOf(OutputTooLarge);
  });
});
