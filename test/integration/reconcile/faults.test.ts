/** A sample of the fault rig (`npm run test:faults`): some rollouts with some faults at some of their calls. */
import { expect, inject, test } from "vitest";
import { everything, listCases, runCases, spread } from "../../faults/campaign.ts";
import { openEngineLab } from "../../faults/engine/lab.ts";
import { rollouts } from "../../faults/engine/rollouts.ts";
import type { FaultCase } from "../../faults/fault-case.ts";
import { programFromSource } from "../../faults/program.ts";
import { formatFailure, formatTable, type ResultRow } from "../../faults/results.ts";

const sampleSize = 10;
const workers = 2;
/** Some of the faults are waited out by deadlines, and a busy Engine takes its time: this is no measure of speed. */
const timeoutMs = 15 * 60_000;

/** Calls that every run has. Whoever never hears that a container stopped waits for a minute: not here. */
const isSuitable = ({ fault, call }: FaultCase) =>
  !call.isPoll && (fault !== "hang" || !/\/stop /.test(call.id));

test(
  "after a fault at any call one run more must converge",
  async () => {
    const engine = inject("engine");
    await using lab = await openEngineLab(engine, programFromSource);
    const shared = rollouts.filter(({ firstUseOf }) => firstUseOf === undefined);
    const all = await listCases(lab, shared, everything);
    const sample = spread(all.filter(isSuitable), sampleSize);
    const rows: ResultRow[] = [];
    const place = { target: "engine", engine: engine.version.split(".", 1)[0] ?? "" } as const;
    await runCases(lab, place, sample, workers, (row) => rows.push(row));
    process.stderr.write(`${formatTable(rows)}\n`);
    expect(rows.filter(({ outcome }) => outcome === "failed").map(formatFailure)).toEqual([]);
    expect(rows).toHaveLength(sampleSize);
  },
  timeoutMs,
);
