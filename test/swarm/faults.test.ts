/** A sample of the fault rig (`npm run test:faults -- --target swarm`): all rollouts of services, each with some fault. */
import { expect, test } from "vitest";
import { everything, listCases, runCases, spread } from "../faults/campaign.ts";
import type { FaultCase } from "../faults/fault-case.ts";
import { programFromSource } from "../faults/program.ts";
import { formatFailure, formatTable, type ResultRow } from "../faults/results.ts";
import { startSwarmLab } from "../faults/swarm/lab.ts";
import { rollouts } from "../faults/swarm/rollouts.ts";

const sampleSize = 9;
const workers = 9;
