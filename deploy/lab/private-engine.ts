/**
 * A private Docker Engine for tests: its own root, network, processes and data. Several run side by side and beside
 * the machine's own. It ends with the process that started it, whatever happens to that one.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ensurePackages, type Report } from "./apt.ts";
import { lastLines } from "./command.ts";
import { type EngineApi, engineApi } from "./engine-api.ts";
import { type EngineRelease, ensureEngineRoot } from "./engine-root.ts";
import { answersPing, engineVersion } from "./find-engine.ts";
import { endLeftover, enterNamespaces, removeCgroups } from "./namespaces.ts";
import { shortRunDir } from "./paths.ts";
import { childrenOf, signalProcess, waitForExit, waitUntil } from "./waiting.ts";

export interface EngineOptions {
  readonly version: EngineRelease;
  /** Holds the data and the logs. One Engine at a time uses it; a living one that was left behind is ended. */
  readonly dir: string;
  /** The Engine's host name, also the parent of its cgroups: unique among the Engines that run. */
  readonly name: string;
  /** Keep the images, containers and volumes that are in `dir`. By default they are deleted at the start. */
  readonly keepData?: boolean;
  readonly daemonArgs?: readonly string[];
  readonly report?: Report;
}

export interface RunningEngine extends AsyncDisposable {
  readonly name: string;
  readonly api: EngineApi;
  readonly socket: string;
  readonly version: string;
  readonly apiVersion: string;
  /** The pid of dockerd; another one after each restart. */
  readonly pid: number;
  /** A process in the Engine's network namespace, where its published ports are. */
  readonly netnsPid: number;
  /** A folder with the same path on both sides: for bind mounts, and where the socket is. */
  readonly sharedDir: string;
  /** What dockerd has printed. */
  readonly logFile: string;
  /** The command line that runs `argv` in the Engine's network namespace, with this machine's files. */
  inNetwork(argv: readonly string[]): string[];
  /** SIGKILL to dockerd alone: its containers go on running, as they do when a real one dies. */
  kill(): Promise<void>;
  /** Starts dockerd again after `kill`. */
  start(): Promise<void>;
  /** Stops dockerd in good order (it stops its containers) and starts it again. */
  restart(): Promise<void>;
  /** Ends the Engine and everything in it at once. The data stays in `dir`. */
  stop(): Promise<void>;
}

const READY_MS = 240_000;
const STOP_MS = 120_000;

export async function startEngine(options: EngineOptions): Promise<RunningEngine> {
  const report = options.report ?? (() => {});
  const { name } = options;
  if (process.getuid?.() !== 0) throw new Error("only root can start a private Docker Engine");
  await ensurePackages(["iproute2", "util-linux"], report);
  const root = await ensureEngineRoot(options.version, report);
  const dir = resolve(options.dir);
  const [dataDir, sharedDir] = [join(dir, "data"), shortRunDir(dir)];
  await endLeftover(dir);
  if (options.keepData !== true) await rm(dataDir, { recursive: true, force: true });
  await rm(sharedDir, { recursive: true, force: true });
  for (const folder of [dataDir, sharedDir]) await mkdir(folder, { recursive: true });

  const namespaces = await enterNamespaces({ root, sharedDir, dataDir, name, dir });
  const netnsPid = namespaces.firstPid;
  const [socket, pidFile] = [join(sharedDir, "docker.sock"), join(sharedDir, "docker.pid")];
  const logFile = join(dir, "dockerd.log");
  const api = engineApi({ kind: "unix", path: socket });
  const daemon = { name, netnsPid, socket, pidFile, logFile, api, daemonArgs: options.daemonArgs ?? [] };
  let pid = 0;
  const start = async () => {
    pid = await launchDaemon(daemon);
  };
  const end = async (signal: NodeJS.Signals) => {
    signalProcess(pid, signal);
    await waitForExit(pid, STOP_MS);
    await rm(pidFile, { force: true });
  };
  const stop = async () => {
    await namespaces.end();
    await rm(sharedDir, { recursive: true, force: true });
  };
  try {
    await start();
    return {
      ...(await engineVersion(api)),
      ...{ name, api, socket, netnsPid, sharedDir, logFile, start, stop },
      get pid() {
        return pid;
      },
      inNetwork: (argv) => ["nsenter", `--target=${netnsPid}`, "--net", "--", ...argv],
      kill: () => end("SIGKILL"),
      async restart() {
        await end("SIGTERM");
        await start();
      },
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Removes all that an Engine whose starter was killed left on the machine, its data included. */
export async function removeEngine({ dir, name }: Pick<EngineOptions, "dir" | "name">): Promise<void> {
  await endLeftover(resolve(dir));
  await removeCgroups(name);
  for (const folder of [shortRunDir(dir), dir]) await rm(folder, { recursive: true, force: true });
}

interface Daemon {
  readonly name: string;
  readonly netnsPid: number;
  readonly socket: string;
  readonly pidFile: string;
  readonly logFile: string;
  readonly api: EngineApi;
  readonly daemonArgs: readonly string[];
}

/** Starts dockerd in the namespaces, waits until it answers, and gives its pid. */
async function launchDaemon(daemon: Daemon): Promise<number> {
  const enter = [`--target=${daemon.netnsPid}`, "--mount", "--net", "--pid", "--ipc", "--uts", "--"];
  const argv = [
    "dockerd",
    "--data-root=/var/lib/docker",
    "--exec-root=/run/engine",
    `--pidfile=${daemon.pidFile}`,
    `--host=unix://${daemon.socket}`,
    `--cgroup-parent=/${daemon.name}`,
    ...daemon.daemonArgs,
  ];
  const log = openSync(daemon.logFile, "a");
  const child = spawn("nsenter", [...enter, ...argv], {
    stdio: ["ignore", log, log],
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
  });
  closeSync(log);
  child.unref();
  await waitUntil(`the Docker Engine "${daemon.name}" to answer`, READY_MS, () =>
    whenAnswering(child, daemon),
  );
  const pid = childrenOf(child.pid ?? 0)[0];
  if (pid === undefined) throw new Error(`the Docker Engine "${daemon.name}" ended right after its start`);
  return pid;
}

async function whenAnswering(child: ChildProcess, { name, api, logFile }: Daemon): Promise<true | undefined> {
  if (child.exitCode !== null || child.signalCode !== null) {
    const said = lastLines(readFileSync(logFile, "utf8"), 8);
    throw new Error(`the Docker Engine "${name}" did not start:\n${said}`);
  }
  return (await answersPing(api)) ? true : undefined;
}
