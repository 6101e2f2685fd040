/** A sample of the fault rig (`npm run test:faults`): some rollouts with some faults at some of their calls. */
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { labDir, repositoryRoot } from "../../../deploy/lab/paths.ts";
import { everything, listCases, runCases, spread } from "../../faults/campaign.ts";
import type { FaultCase } from "../../faults/fault-case.ts";
import { openFaultLab } from "../../faults/lab.ts";
import { formatFailure, formatTable, type ResultRow } from "../../faults/results.ts";
import { rollouts } from "../../faults/rollout.ts";

const sampleSize = 10;
const workers = 2;
/** Some of the faults are waited out by deadlines, and a busy Engine takes its time: this is no measure of speed. */
const timeoutMs = 15 * 60_000;

const program = {
  file: process.execPath,
  args: [join(repositoryRoot, "src", "main.ts")],
  environment: { NODE_COMPILE_CACHE: join(labDir(), "compile-cache"), HOME: "/nonexistent" },
};

/** Calls that every run has. Whoever never hears that a container stopped waits for a minute: not here. */
const isSuitable = ({ fault, call }: FaultCase) =>
  !call.isPoll && (fault !== "hang" || !/\/stop /.test(call.id));

test(
  "after a fault at any call one run more must converge",
  async () => {
    const engine = inject("engine");
    await using lab = await openFaultLab(engine, program);
    const shared = rollouts.filter(({ firstUseOf }) => firstUseOf === undefined);
    const all = await listCases(lab, shared, everything);
    const sample = spread(all.filter(isSuitable), sampleSize);
    const rows: ResultRow[] = [];
    const release = engine.version.split(".", 1)[0] ?? "";
    await runCases(lab, release, sample, workers, (row) => rows.push(row));
    process.stderr.write(`${formatTable(rows)}\n`);
    expect(rows.filter(({ outcome }) => outcome === "failed").map(formatFailure)).toEqual([]);
    expect(rows).toHaveLength(sampleSize);
  },
  timeoutMs,
);
