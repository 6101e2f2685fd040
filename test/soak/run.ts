/**
 * `npm run test:soak [-- MINUTES]`: the daemon on a private Engine, kept busy: containers removed by hand, tags that
 * move, hooks, a source that goes away. Memory, file handles and timers have to stay flat; exit 1 when one of them grows.
 */
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { rename } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { endProcess, waitUntil } from "../../deploy/lab/waiting.ts";
import { type BenchLab, openLab } from "../bench/lab.ts";
import { median } from "../bench/measure.ts";
import { unit } from "../support/texts.ts";

const secret = "a-secret-of-the-soak";
const workloads = 40;
const betweenMs = 3_000;

interface Sample {
  readonly residentMb: number;
  readonly files: number;
  readonly timers: number;
}

/** How much the last quarter may be over the second one; the first is the time of warming up. */
const allowed: Readonly<Record<keyof Sample, number>> = { residentMb: 8, files: 4, timers: 4 };

const say = (line: string) => process.stderr.write(`${line}\n`);
const minutes = Number(process.argv[2] ?? 10);

async function soak(place: BenchLab, forMs: number): Promise<readonly Sample[]> {
  const folder = await place.writeRepository("soak", repository(0));
  const { file, args, env } = place.daemon("--config", folder, "--listen", "127.0.0.1:0");
  const child = spawn(file, args, {
    env: { ...env, MYSYSCONFIG_SECRET_HOOK: secret },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let log = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    log = `${log}${text}`.slice(-20_000);
  });
  try {
    const address = await waitUntil("the daemon to listen", 30_000, () => {
      if (child.exitCode !== null) throw new Error(`the daemon exited ${child.exitCode}:\n${log}`);
      return /"address":"([^"]+)"/.exec(log)?.[1];
    });
    const isReady = async () => ((await fetch(`http://${address}/readyz`)).ok ? true : undefined);
    await waitUntil("the daemon to be ready", 120_000, isReady);
    const samples: Sample[] = [];
    const end = performance.now() + forMs;
    for (let turn = 0; performance.now() < end; turn += 1) {
      await disturb(place, { address, folder, turn });
      await delay(betweenMs);
      if (child.exitCode !== null) throw new Error(`the daemon exited ${child.exitCode}:\n${log}`);
      samples.push(await sampleOf(address));
      if (turn % 20 === 0) say(`${turn}: ${JSON.stringify(samples.at(-1))}`);
    }
    return samples;
  } finally {
    const ended = once(child, "exit");
    await endProcess(child.pid ?? 0, 15_000);
    await ended;
  }
}

const name = (index: number) => `soak${String(index).padStart(2, "0")}x`;

function repository(turn: number): Readonly<Record<string, string>> {
  const tag = (index: number) => (index === turn % workloads && turn % 8 === 0 ? 2 : 1);
  const settings = [
    "project: soak",
    "policy: {stability: 0s, retention: 0s}",
    "secrets: [HOOK]",
    "webhooks: {any: {provider: hmac, secret: HOOK}}",
    'schedules: {reconcile: "*/10 * * * * *"}',
  ];
  return {
    "mysysconfig.yaml": `${settings.join("\n")}\n`,
    ...Object.fromEntries(
      Array.from({ length: workloads }, (_, index) => [
        `units/${name(index)}.service`,
        unit(`--name ${name(index)} lab/idle:${tag(index)}`),
      ]),
    ),
  };
}

interface Turn {
  readonly address: string;
  readonly folder: string;
  readonly turn: number;
}

/** Each turn another trouble; nothing is done so often to one workload that it would be taken for a rival's work. */
async function disturb(place: BenchLab, { address, folder, turn }: Turn): Promise<void> {
  const kind = turn % 4;
  if (kind === 0) await place.writeRepository("soak", repository(turn));
  else if (kind === 1) await place.engine.remove(name(Math.floor(turn / 4) % workloads));
  else if (kind === 2)
    await Promise.all(Array.from({ length: 20 }, (_, index) => hook(address, turn, index)));
  else {
    const away = `${folder}-away`;
    await rename(folder, away);
    await hook(address, turn, 0);
    await delay(500);
    await rename(away, folder);
  }
}

async function hook(address: string, turn: number, index: number): Promise<void> {
  const body = JSON.stringify({ image: "elsewhere/other", tag: "1", id: `${turn}-${index}` });
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  const headers = { "content-type": "application/json", "x-signature": `sha256=${signature}` };
  await (await fetch(`http://${address}/hook/any`, { method: "POST", headers, body })).text();
}

async function sampleOf(address: string): Promise<Sample> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  const value = (metric: string) =>
    Number(new RegExp(`^${metric} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
  return {
    residentMb: Math.round(value('mysysconfig_memory_bytes\\{kind="resident"\\}') / 1024 / 1024),
    files: value("mysysconfig_open_files"),
    timers: value("mysysconfig_active_timers"),
  };
}

function report(samples: readonly Sample[]): boolean {
  const quarter = Math.floor(samples.length / 4);
  const keys = Object.keys(allowed) as (keyof Sample)[];
  const rows = keys.map((key) => {
    const of = (part: readonly Sample[]) => median(part.map((sample) => sample[key]));
    const [early, late] = [of(samples.slice(quarter, 2 * quarter)), of(samples.slice(-quarter))];
    return { key, early, late, isFlat: late - early <= allowed[key] };
  });
  for (const { key, early, late, isFlat } of rows)
    process.stdout.write(
      `${isFlat ? "flat  " : "GREW  "}  ${key}: ${early} in the second quarter, ${late} in the last\n`,
    );
  process.stdout.write(`${samples.length} samples in ${minutes} minutes\n`);
  return samples.length >= 8 && rows.every(({ isFlat }) => isFlat);
}

await using lab = await openLab((line) => say(`lab: ${line}`));
process.exitCode = report(await soak(lab, minutes * 60_000)) ? 0 : 1;
