/**
 * The quick start's private Docker Engine: the machine's own `dockerd` in the machine's own network, so that
 * published ports are where the user looks for them. It goes on running after `npm start` and is ended by `npm stop`.
 *
 * Its data is kept in /var/lib, not in the clone: it survives `git clean`, its file system suits an Engine better
 * than wherever a clone may lie, and there is one such Engine a machine because there is one set of ports.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ensurePackages, type Report } from "../lab/apt.ts";
import { lastLines, runCommand } from "../lab/command.ts";
import { type EngineApi, engineApi, formatAddress } from "../lab/engine-api.ts";
import { answersPing, findEngine } from "../lab/find-engine.ts";
import { commandLineOf, endProcess, isRunning, waitUntil } from "../lab/waiting.ts";

const DATA_DIR = "/var/lib/mysysconfig-quickstart";
const RUN_DIR = "/run/mysysconfig-quickstart";
const EXEC_DIR = join(RUN_DIR, "exec");
const SOCKET = join(RUN_DIR, "docker.sock");
const PID_FILE = join(RUN_DIR, "docker.pid");
const LOG_FILE = join(DATA_DIR, "dockerd.log");

const READY_MS = 60_000;
/** dockerd gives its containers ten seconds each, several at a time. */
const STOP_MS = 120_000;

export interface QuickstartEngine {
  readonly api: EngineApi;
  readonly isPrivate: boolean;
  /** Where it is and how we came to it, for the user's eyes. */
  readonly description: string;
}

/** The Engine that a user of this machine would use, else the private one that runs already, else a new one. */
export async function findOrStartEngine(
  environment: NodeJS.ProcessEnv,
  report: Report,
): Promise<QuickstartEngine> {
  const found = await findUsable(environment, report);
  if (found !== undefined) return found;
  if (process.getuid?.() !== 0) {
    throw new Error(
      "no Docker Engine answers, and only root can start one: run it as root, or set DOCKER_HOST",
    );
  }
  if (!hasDaemon()) {
    await ensurePackages(["docker.io", "iptables", "iproute2"], report);
    // Where systemd runs, the package starts an Engine by itself.
    const installed = await findUsable(environment, report);
    if (installed !== undefined) return installed;
  }
  await startDaemon();
  return { api: privateApi(), isPrivate: true, description: `started a private one at unix://${SOCKET}` };
}

async function findUsable(
  environment: NodeJS.ProcessEnv,
  report: Report,
): Promise<QuickstartEngine | undefined> {
  const found = await findEngine(environment, report);
  if (found !== undefined) {
    const { api, origin } = found;
    // The next steps that we print set DOCKER_HOST to the private one.
    const isPrivate = formatAddress(api.address) === formatAddress(privateApi().address);
    return { api, isPrivate, description: `found at ${formatAddress(api.address)} (${origin})` };
  }
  if (!(await answersPing(privateApi()))) return undefined;
  return {
    api: privateApi(),
    isPrivate: true,
    description: `the private one at unix://${SOCKET} runs already`,
  };
}

/** Ends the private Engine with its containers; false when none runs. Its data stays unless `purge` is set. */
export async function stopPrivateEngine(purge: boolean): Promise<boolean> {
  // Containers outlive a killed Engine. A new one takes them over, and ends them in good order.
  if (privatePid() === undefined && hasLeftContainers()) await startDaemon();
  const pid = privatePid();
  if (pid !== undefined) {
    await endProcess(pid, STOP_MS);
    await rm(PID_FILE, { force: true });
  }
  await unmountBelow([DATA_DIR, RUN_DIR]);
  if (purge) for (const folder of [RUN_DIR, DATA_DIR]) await rm(folder, { recursive: true, force: true });
  return pid !== undefined;
}

export function privateDataDir(): string | undefined {
  return existsSync(DATA_DIR) ? DATA_DIR : undefined;
}

function privateApi(): EngineApi {
  return engineApi({ kind: "unix", path: SOCKET });
}

function hasDaemon(): boolean {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
  return folders.some((folder) => existsSync(join(folder, "dockerd")));
}

/** The pid of our dockerd. A pid file may be older than the process that has the number now. */
function privatePid(): number | undefined {
  if (!existsSync(PID_FILE)) return undefined;
  const pid = Number(readFileSync(PID_FILE, "utf8"));
  return isRunning(pid) && commandLineOf(pid).includes(`--data-root=${dataRoot()}`) ? pid : undefined;
}

function dataRoot(): string {
  return join(DATA_DIR, "data");
}

async function startDaemon(): Promise<void> {
  const alive = privatePid();
  // One that runs but does not answer: it is starting or ending. What it is still doing must end first.
  if (alive !== undefined) {
    if (await answersSoon()) return;
    await endProcess(alive, STOP_MS);
  }
  await rm(PID_FILE, { force: true });
  await forgetDeadContainerd();
  for (const folder of [dataRoot(), RUN_DIR]) await mkdir(folder, { recursive: true });
  const log = openSync(LOG_FILE, "a");
  const args = [
    `--data-root=${dataRoot()}`,
    `--exec-root=${EXEC_DIR}`,
    `--pidfile=${PID_FILE}`,
    `--host=unix://${SOCKET}`,
  ];
  const child = spawn("dockerd", args, {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/local/sbin:/usr/sbin:/sbin` },
  });
  closeSync(log);
  child.unref();
  let failure: Error | undefined;
  child.on("error", (error) => {
    failure = error;
  });
  await waitUntil("the private Docker Engine to answer", READY_MS, async () => {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null || child.signalCode !== null) {
      const said = lastLines(readFileSync(LOG_FILE, "utf8"), 8);
      throw new Error(`the private Docker Engine did not start (all of its words: ${LOG_FILE}):\n${said}`);
    }
    return (await answersPing(privateApi())) ? true : undefined;
  });
}

/**
 * dockerd waits in vain for a containerd whose pid file is left when the pid is taken, if only by the remains of that
 * very containerd that nobody has collected yet.
 */
async function forgetDeadContainerd(): Promise<void> {
  const pidFile = join(EXEC_DIR, "containerd", "containerd.pid");
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, "utf8"));
  const isAlive = isRunning(pid) && commandLineOf(pid).some((argument) => argument.startsWith(EXEC_DIR));
  if (!isAlive) await rm(pidFile, { force: true });
}

/** Each container has a shim whose command line names our containerd. */
function hasLeftContainers(): boolean {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.some((pid) =>
    commandLineOf(Number(pid)).includes(join(EXEC_DIR, "containerd", "containerd.sock")),
  );
}

/** What a killed Engine left mounted, the innermost first. */
async function unmountBelow(folders: readonly string[]): Promise<void> {
  const left = mountPoints().filter((path) => folders.some((folder) => path.startsWith(`${folder}/`)));
  for (const path of left.toReversed()) {
    try {
      await runCommand("umount", ["--lazy", path]);
    } catch (error) {
      // What the Engine was about to unmount itself is gone by now.
      if (mountPoints().includes(path)) throw error;
    }
  }
}

function mountPoints(): readonly string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "");
}

async function answersSoon(): Promise<boolean> {
  try {
    await waitUntil("the Engine", 15_000, async () => ((await answersPing(privateApi())) ? true : undefined));
    return true;
  } catch {
    return false;
  }
}
