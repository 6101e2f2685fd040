/**
 * One machine of a Swarm lab: an Engine in namespaces of its own with a cable to the lab's network. It can lose its
 * power and its cable, and it comes back with the data, the address and the socket that it had.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { lastLines } from "./command.ts";
import { type EngineApi, engineApi } from "./engine-api.ts";
import { answersPing } from "./find-engine.ts";
import { enterNamespaces, type Namespaces, removeCgroups } from "./namespaces.ts";
import { addressOf, enterNetwork, type SwarmNetwork } from "./swarm-network.ts";
import { waitUntil } from "./waiting.ts";

export interface MachineOptions {
  /** From 1 on; the last part of its address. */
  readonly number: number;
  /** Its host name, which need not be unique outside its own Swarm. */
  readonly name: string;
  readonly root: string;
  /** Holds its data and logs. */
  readonly dir: string;
  /** A folder with a short path and the same path for the Engine. */
  readonly sharedDir: string;
  /** Parent of its cgroups, relative to the top: unique among all Engines that run. */
  readonly cgroup: string;
  readonly network: SwarmNetwork;
  readonly daemonArgs: readonly string[];
}

export interface Machine {
  readonly name: string;
  readonly address: string;
  readonly socket: string;
  readonly api: EngineApi;
  readonly sharedDir: string;
  /** What dockerd has printed, over all its starts. */
  readonly logFile: string;
  /** A process in its network namespace; another one after each start. */
  netnsPid(): number;
  isRunning(): boolean;
  /** False while it is partitioned. */
  isConnected(): boolean;
  /** The command line that runs `argv` in its network, with this machine's files. */
  inNetwork(argv: readonly string[]): string[];
  /** Power loss: dockerd, containerd, the shims and all containers end at once, and its network is gone. */
  kill(): Promise<void>;
  /** Boots it again after `kill`; resolves when the Engine answers, which is before the Swarm counts on it. */
  restart(): Promise<void>;
  /** Takes its cable down: it goes on running and hears nobody. */
  partition(): Promise<void>;
  heal(): Promise<void>;
}

const READY_MS = 240_000;

export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { name, number, network, sharedDir } = options;
  const socket = join(sharedDir, "docker.sock");
  const logFile = join(options.dir, "dockerd.log");
  const api = engineApi({ kind: "unix", path: socket });
  let namespaces: Namespaces | undefined;
  let isConnected = true;

  const restart = async () => {
    if (namespaces !== undefined) throw new Error(`the machine "${name}" runs already`);
    namespaces = await boot(options);
    // The network comes first, as on a real machine: an Engine that cannot bind its address does not join again.
    await network.plugIn(number, namespaces.firstPid);
    if (!isConnected) await network.setCable(number, "down");
    await launchDaemon({ ...options, socket, logFile, api, pid: namespaces.firstPid });
  };
  const kill = async () => {
    await namespaces?.end();
    namespaces = undefined;
    await network.unplug(number);
    await removeCgroups(options.cgroup);
  };
  const netnsPid = () => {
    if (namespaces === undefined) throw new Error(`the machine "${name}" does not run`);
    return namespaces.firstPid;
  };
  const setConnected = async (wanted: boolean) => {
    isConnected = wanted;
    if (namespaces !== undefined) await network.setCable(number, wanted ? "up" : "down");
  };
  try {
    await restart();
  } catch (error) {
    await kill();
    throw error;
  }
  return {
    ...{ name, address: addressOf(number), socket, api, sharedDir, logFile, netnsPid, kill, restart },
    isRunning: () => namespaces !== undefined,
    isConnected: () => isConnected,
    inNetwork: (argv) => [...enterNetwork(netnsPid()), ...argv],
    partition: () => setConnected(false),
    heal: () => setConnected(true),
  };
}

async function boot({ root, dir, sharedDir, name }: MachineOptions): Promise<Namespaces> {
  const dataDir = join(dir, "data");
  // The socket and the pid file of a machine that lost its power mean nothing any more.
  await rm(sharedDir, { recursive: true, force: true });
  for (const folder of [dataDir, sharedDir]) await mkdir(folder, { recursive: true });
  return enterNamespaces({ root, dir, dataDir, sharedDir, name });
}

interface Daemon extends MachineOptions {
  readonly socket: string;
  readonly logFile: string;
  readonly api: EngineApi;
  /** The first process of its namespaces. */
  readonly pid: number;
}

async function launchDaemon(daemon: Daemon): Promise<void> {
  const enter = [`--target=${daemon.pid}`, "--mount", "--net", "--pid", "--ipc", "--uts", "--"];
  const argv = [
    "dockerd",
    "--data-root=/var/lib/docker",
    "--exec-root=/run/engine",
    `--pidfile=${join(daemon.sharedDir, "docker.pid")}`,
    `--host=unix://${daemon.socket}`,
    `--cgroup-parent=/${daemon.cgroup}`,
    ...daemon.daemonArgs,
  ];
  const log = openSync(daemon.logFile, "a");
  const child = spawn("nsenter", [...enter, ...argv], {
    stdio: ["ignore", log, log],
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
  });
  closeSync(log);
  child.unref();
  await waitUntil(`the Docker Engine of "${daemon.name}" to answer`, READY_MS, () =>
    whenAnswering(child, daemon),
  );
}

async function whenAnswering(child: ChildProcess, { name, api, logFile }: Daemon): Promise<true | undefined> {
  if (child.exitCode !== null || child.signalCode !== null) {
    const said = lastLines(readFileSync(logFile, "utf8"), 8);
    throw new Error(`the Docker Engine of "${name}" did not start:\n${said}`);
  }
  return (await answersPing(api)) ? true : undefined;
}
