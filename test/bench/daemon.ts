/** The daemon: what it costs to have it, how soon a hook is heard, and how soon a container is back. */
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { runCommand } from "../../deploy/lab/command.ts";
import { endProcess, waitUntil } from "../../deploy/lab/waiting.ts";
import { unit } from "../support/texts.ts";
import type { BenchLab } from "./lab.ts";
import { type Command, median, run } from "./measure.ts";
import { type Finding, mb, ms } from "./report.ts";
import { settings } from "./settings.ts";
import { type StandInEngine, startStandInEngine, workloadName } from "./stand-in-engine.ts";

const workloads = 1_000;
const idleBarMb = 90;
const idleBarShare = 0.01;
const hookBarMs = 100;
const healBarMs = 1_000;
const idleMs = 20_000;
/** The default schedule. */
const everyMs = 300_000;
/** So many hooks of one endpoint in a minute lead to a look at once. */
const hookRounds = 4;
const burst = 1_000;
const senders = 20;
const burstBarMs = 250;
const burstBarMb = 50;
const secret = "a-secret-of-the-benchmark";

export async function measureDaemon(lab: BenchLab): Promise<Finding[]> {
  return [...(await measureIdle(lab)), await measureHealing(lab)];
}

const line = (name: string) => unit(`--name ${name} lab/idle:1`);
const hooks = "secrets: [HOOK]\nwebhooks: {any: {provider: hmac, secret: HOOK}}\n";

/** Between two looks it does nothing, so that the share of a core is what a look costs, spread over the default schedule. */
async function measureIdle(lab: BenchLab): Promise<Finding[]> {
  const one = await lab.writeRepository("daemon-one", {
    "mysysconfig.yaml": settings("idle"),
    "units/template-of-all.service": line("template-of-all"),
  });
  await run(lab.program("apply", "--config", one));
  const template = { name: "template-of-all", engine: lab.engine };
  await using engine = await startStandInEngine(join(lab.dir, "stand-in.sock"), template, workloads);
  await lab.engine.remove("template-of-all");
  const names = Array.from({ length: workloads }, (_, index) => workloadName(index + 1));
  const all = await lab.writeRepository("daemon-all", {
    "mysysconfig.yaml": `${settings("idle")}${hooks}`,
    ...Object.fromEntries(names.map((name) => [`units/${name}.service`, line(name)])),
  });
  await commitAll(all);
  const from = ["--repo", `file://${all}`, "--branch", "develop", "--allow-file-protocol"];
  const command = lab.daemon(...from, "--listen", "127.0.0.1:0");
  const env = { ...command.env, DOCKER_HOST: `unix://${engine.socket}` };
  await using daemon = await startDaemon({ ...command, env });
  const idle = cpuMs(daemon.pid);
  await delay(idleMs);
  const [between, memory] = [cpuMs(daemon.pid) - idle, residentMb(daemon.pid)];
  const working = cpuMs(daemon.pid);
  const heard = await measureHooks(daemon, engine);
  const look = (cpuMs(daemon.pid) - working) / hookRounds;
  const burst = await measureBurst(daemon);
  const share = between / idleMs + look / everyMs;
  return [
    {
      bar: `daemon with ${workloads} workloads, idle: ${idleBarMb} MB`,
      measured: `${mb(memory)} resident; ${readdirSync(`/proc/${daemon.pid}/fd`).length} files open`,
      kept: memory <= idleBarMb,
    },
    {
      bar: `daemon with ${workloads} workloads on the default schedule: 1 % of a core`,
      measured: `${(share * 100).toFixed(2)} %: ${ms(look)} of processor time for a look, ${ms(between)} in ${idleMs / 1000} s without`,
      kept: share <= idleBarShare,
    },
    {
      bar: `from a hook to the first call to the Engine: ${hookBarMs} ms, without the fetch`,
      measured: ms(heard),
      kept: heard <= hookBarMs,
    },
    burst,
  ];
}

async function commitAll(folder: string): Promise<void> {
  const git = (...args: readonly string[]) => runCommand("git", ["-C", folder, ...args]);
  await git("init", "--quiet", "-b", "develop");
  await git("add", ".");
  const author = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"];
  await git(...author, "commit", "--quiet", "-m", "All of it");
}

/** Each says that the followed branch has moved. */
async function measureHooks(daemon: RunningDaemon, engine: StandInEngine): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < hookRounds; round += 1) {
    const called = engine.nextRequest();
    const sentMs = performance.now();
    await sendHook(daemon, { branch: "develop", id: `${round}` });
    times.push((await called) - sentMs);
    await daemon.settled();
  }
  return median(times);
}

/** About a branch that nobody follows, so that it is the receiver alone that is measured. */
async function measureBurst(daemon: RunningDaemon): Promise<Finding> {
  const before = residentMb(daemon.pid);
  const latencies: number[] = [];
  let sent = 0;
  const sender = async () => {
    while (sent < burst) {
      sent += 1;
      const sentMs = performance.now();
      await sendHook(daemon, { branch: "elsewhere", id: `burst ${sent}` });
      latencies.push(performance.now() - sentMs);
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: senders }, sender));
  const tookMs = performance.now() - startedMs;
  const p99 = latencies.toSorted((a, b) => a - b)[Math.floor(burst * 0.99)] ?? Number.NaN;
  const grown = residentMb(daemon.pid) - before;
  return {
    bar: `${burst} hooks at once: p99 ${burstBarMs} ms, ${burstBarMb} MB more`,
    measured: `p99 ${ms(p99)}, all in ${ms(tookMs)} by ${senders} senders, ${mb(grown)} more`,
    kept: p99 <= burstBarMs && grown <= burstBarMb,
  };
}

async function sendHook(daemon: RunningDaemon, content: Readonly<Record<string, string>>): Promise<void> {
  const body = JSON.stringify(content);
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  const headers = { "content-type": "application/json", "x-signature": `sha256=${signature}` };
  const answer = await fetch(`http://${daemon.address}/hook/any`, { method: "POST", headers, body });
  await answer.text();
  if (answer.status !== 202) throw new Error(`the hook was answered ${answer.status}`);
}

/** Against what the Engine itself needs to create and start such a container. */
async function measureHealing(lab: BenchLab): Promise<Finding> {
  const { engine } = lab;
  const repository = await lab.writeRepository("daemon-heal", {
    "mysysconfig.yaml": `${settings("heal")}${hooks}`,
    "units/healed.service": line("healed"),
  });
  await using daemon = await startDaemon(lab.daemon("--config", repository, "--listen", "127.0.0.1:0"));
  const [healed, floor]: [number[], number[]] = [[], []];
  // More rounds would be taken for a rival that undoes what is repaired.
  for (let round = 0; round < 2; round += 1) {
    const old = await engine.inspect("healed");
    const startedMs = performance.now();
    await engine.remove("healed");
    await waitUntil("the container to be back", 60_000, async () => {
      const found = await engine.inspect("healed");
      return found?.State.Running === true && found.Id !== old?.Id ? true : undefined;
    });
    healed.push(performance.now() - startedMs);
    await daemon.settled();
    const bareMs = performance.now();
    await engine.run({ name: "healed-bare", image: "lab/idle:1" });
    floor.push(performance.now() - bareMs);
    await engine.remove("healed-bare");
  }
  await engine.remove("healed");
  const over = median(healed) - median(floor);
  return {
    bar: `a container removed by hand is back: 1 s plus its own start`,
    measured: `${ms(over)} plus ${ms(median(floor))} for creating and starting it`,
    kept: over <= healBarMs,
  };
}

interface RunningDaemon extends AsyncDisposable {
  readonly pid: number;
  readonly address: string;
  /** Resolves when no run is under way. */
  settled(): Promise<void>;
}

async function startDaemon({ file, args, env }: Command): Promise<RunningDaemon> {
  const child = spawn(file, args, {
    env: { ...env, MYSYSCONFIG_SECRET_HOOK: secret },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let log = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const pid = child.pid ?? 0;
  const address = await waitUntil("the daemon to listen", 30_000, () => {
    if (child.exitCode !== null) throw new Error(`the daemon exited ${child.exitCode}:\n${log}`);
    return /"address":"([^"]+)"/.exec(log)?.[1];
  });
  const runs = async () => {
    const text = await (await fetch(`http://${address}/metrics`)).text();
    const counts = [...text.matchAll(/^mysysconfig_runs_total\{[^}]*\} (\d+)$/gm)];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  };
  let known = 0;
  const settled = async () => {
    known = await waitUntil("a run to end", 60_000, async () => {
      const now = await runs();
      return now > known ? now : undefined;
    });
  };
  // The start and the opening of the stream of events are a run each.
  await settled();
  await settled();
  return {
    ...{ pid, address, settled },
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      await endProcess(pid, 10_000);
      await ended;
    },
  };
}

/** Processor time of a process so far. Linux counts in hundredths of a second (proc(5)). */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function residentMb(pid: number): number {
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kb ?? 0) / 1024;
}
