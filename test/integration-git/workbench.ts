/** What all tests of Git repositories need: options, trees as texts, and what a run must not leave behind. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { GitCredentials, GitOptions } from "../../src/git/git-options.ts";
import type { ManifestTree } from "../../src/model/manifest-tree.ts";
import type { CommitEdit } from "../../src/ports.ts";

export const never = new AbortController().signal;

export const commitTime = new Date("2026-11-21T12:00:00Z");

/** Options with a folder for temporary files of its own, so that a test sees what is left in it. */
export function gitOptions(credentials: GitCredentials = {}, more: Partial<GitOptions> = {}): GitOptions {
  const tempDir = mkdtempSync(join(tmpdir(), "mysysconfig-test-temp-"));
  onTestFinished(() => rmSync(tempDir, { recursive: true, force: true }));
  return {
    credentials,
    environment: new Map([["PATH", process.env["PATH"] ?? ""]]),
    clock: {
      monotonicMs: () => performance.now(),
      now: () => commitTime,
      sleep: (ms, signal) => sleep(ms, undefined, { signal }),
    },
    random: Math.random,
    tempDir,
    ...more,
  };
}

export function textsOf(tree: ManifestTree): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...tree.values()].map(({ path, content }) => [path, Buffer.from(content).toString()]),
  );
}

/** An edit that writes the same files whatever the tip is. */
export function writing(files: Readonly<Record<string, string | undefined>>, tag?: string): CommitEdit {
  return () => ({
    message: "Updating web tag to '59-develop'",
    files: new Map(
      Object.entries(files).map(([path, text]) => [path, text === undefined ? undefined : Buffer.from(text)]),
    ),
    ...(tag === undefined ? {} : { tag }),
  });
}

/** Folders that a repository left in its folder for temporary files. */
export function leftFolders({ tempDir = "" }: GitOptions): readonly string[] {
  return readdirSync(tempDir);
}

/** Processes that still work in that folder, or worked in it when it was removed. */
export function leftProcesses({ tempDir = "" }: GitOptions): readonly string[] {
  return readdirSync("/proc").filter(
    (name) => /^\d+$/.test(name) && workingDirectory(name).startsWith(tempDir),
  );
}

function workingDirectory(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}

/** What was thrown; fails when nothing was. */
export async function failureOf(effect: Promise<unknown>): Promise<Error> {
  const outcome = await effect.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome;
  throw new Error("nothing was thrown");
}
