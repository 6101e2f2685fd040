/** A sample of the fault rig (`npm run test:faults -- --target swarm`): some rollouts with some faults at some calls. */
import { expect, test } from "vitest";
import { everything, listCases, runCases, spread } from "../faults/campaign.ts";
import type { FaultCase } from "../faults/fault-case.ts";
import { programFromSource } from "../faults/program.ts";
import { formatFailure, formatTable, type ResultRow } from "../faults/results.ts";
import { startSwarmLab } from "../faults/swarm/lab.ts";
import { rollouts } from "../faults/swarm/rollouts.ts";
import { releaseNames, releases } from "./releases.ts";

/** One for each fault. Swarm watches every update for five seconds, so all of them run side by side. */
const sampleSize = 9;
const sampled = ["create", "start-first", "bad-build", "job-again"];

/** Calls that every run has, and none that only reads what is read again. */
const isSuitable = ({ call }: FaultCase) => !call.isPoll && !/^GET \/(_ping|info|distribution)/.test(call.id);

test("after a fault at any call one run more must converge", async () => {
  const report = (line: string) => process.stderr.write(`${line}\n`);
  const release = releases.at(-1) ?? "newest";
  const engine = Object.entries(releaseNames).find(([, one]) => one === release)?.[0] ?? release;
  await using lab = await startSwarmLab(release, programFromSource, report);
  const meant = rollouts.filter(({ name }) => sampled.includes(name));
  const sample = spread((await listCases(lab, meant, everything)).filter(isSuitable), sampleSize);
  const rows: ResultRow[] = [];
  const place = { target: "swarm", engine } as const;
  await runCases(lab, place, sample, sampleSize, (row) => rows.push(row));
  report(formatTable(rows));
  expect(rows.filter(({ outcome }) => outcome === "failed").map(formatFailure)).toEqual([]);
  expect(rows).toHaveLength(sampleSize);
});
