/**
 * The namespaces (mount, network, pid, ipc, host name) that a private Engine lives in. One process holds them open
 * and dies with the process that asked for them; the kernel then ends everything inside.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { readdir, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { childrenOf, commandLineOf, isRunning, signalProcess, waitForExit, waitUntil } from "./waiting.ts";

const READY_MS = 30_000;
const END_MS = 60_000;

export interface NamespaceOptions {
  /** Becomes the root folder inside. */
  readonly root: string;
  /** Visible inside under the same path. */
  readonly sharedDir: string;
  /** Visible inside as /var/lib/docker. */
  readonly dataDir: string;
  /** The host name inside, and the name of the cgroups that are removed at the end. */
  readonly name: string;
  /** Keeps the pid and the log, so that the next start finds what a killed one left. */
  readonly dir: string;
}

export interface Namespaces {
  /** The first process inside, by the pid that it has outside. */
  readonly firstPid: number;
  /** Ends everything inside at once. */
  end(): Promise<void>;
}

export async function enterNamespaces(options: NamespaceOptions): Promise<Namespaces> {
  const { root, sharedDir, dataDir, name, dir } = options;
  const logFile = join(dir, "namespaces.log");
  const pidFile = pidFileIn(dir);
  const script = join(import.meta.dirname, "enter-engine-root.sh");
  const unshare = ["unshare", "--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child"];
  const log = openSync(logFile, "w");
  // Killed with us: a test run that is killed leaves nothing running.
  const child = spawn(
    "setpriv",
    ["--pdeathsig", "KILL", ...unshare, script, root, sharedDir, dataDir, name],
    { stdio: ["ignore", "pipe", log] },
  );
  closeSync(log);
  const output = child.stdout as Readable;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const fail = (cause: unknown) => {
    const said = readFileSync(logFile, "utf8").trim();
    reject(new Error(`the namespaces of the private Engine "${name}" could not be made: ${said}`, { cause }));
  };
  child.on("error", fail).on("exit", fail);
  const lines = createInterface({ input: output }).on("line", (line) => {
    const pid = /^ready (\d+)$/.exec(line)?.[1];
    if (pid !== undefined) resolve(Number(pid));
  });
  const deadline = setTimeout(() => fail("not ready in time"), READY_MS);
  try {
    const [firstPid, holderPid] = [await promise, child.pid ?? 0];
    await writeFile(pidFile, `${holderPid}\n`);
    const end = async () => {
      signalProcess(holderPid, "SIGKILL");
      await waitForExit(firstPid, END_MS);
      await removeCgroups(name);
      await rm(pidFile, { force: true });
    };
    return { firstPid, end };
  } finally {
    clearTimeout(deadline);
    lines.close();
    output.destroy();
    child.unref();
  }
}

/** Ends an Engine of the same folder that was left behind; makes sure first that the pid is still one of ours. */
export async function endLeftover(dir: string): Promise<void> {
  const file = pidFileIn(dir);
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, "utf8"));
  if (commandLineOf(pid).some((argument) => argument.startsWith(`${dir}/`))) {
    const inside = childrenOf(pid);
    signalProcess(pid, "SIGKILL");
    for (const one of [pid, ...inside].filter(isRunning)) await waitForExit(one, END_MS);
  }
  await rm(file, { force: true });
}

function pidFileIn(dir: string): string {
  return join(dir, "namespaces.pid");
}

/** The cgroups of killed containers are empty but stay until somebody removes them, the innermost first. */
export async function removeCgroups(name: string): Promise<void> {
  const base = "/sys/fs/cgroup";
  const tops = ["", ...(await readdir(base))].map((hierarchy) => join(base, hierarchy, name));
  for (const top of tops.filter((path) => existsSync(path))) {
    const groups = await groupsIn(top);
    // Longer paths lie deeper. A group that stays busy is left: an empty cgroup does no harm.
    for (const group of [top, ...groups].sort((a, b) => b.length - a.length)) {
      await waitUntil(`${group} to be empty`, 5_000, () => removeGroup(group)).catch(() => {});
    }
  }
}

/** Two runs may clear up what a third one left: what goes meanwhile is as wanted. */
async function groupsIn(top: string): Promise<readonly string[]> {
  const found = await readdir(top, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENODEV") return [];
    throw error;
  });
  const groups = found.filter((entry) => entry.isDirectory()).map(({ name }) => join(top, name));
  return [...groups, ...(await Promise.all(groups.map(groupsIn))).flat()];
}

async function removeGroup(group: string): Promise<true | undefined> {
  try {
    await rmdir(group);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? true : undefined;
  }
}
