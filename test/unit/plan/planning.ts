import type { ActualContainer, EngineFacts } from "../../../src/model/actual-state.ts";
import type { Change } from "../../../src/model/change.ts";
import type { Plan } from "../../../src/model/plan.ts";
import type { WorkloadSpec } from "../../../src/model/workload.ts";
import { buildPlan } from "../../../src/plan/build-plan.ts";
import {
  type ActualOptions,
  actualState,
  type DesiredOptions,
  desiredState,
  image,
  txn,
} from "../../support/builders.ts";

export interface PlanningOptions {
  readonly desired?: DesiredOptions;
  readonly actual?: ActualOptions;
  readonly txn?: string;
  readonly adopt?: readonly string[];
  readonly engine?: EngineFacts;
}

/** The plan for these workloads on an Engine with these containers; every image is there already. */
export function planOf(
  workloads: readonly WorkloadSpec[],
  containers: readonly ActualContainer[],
  options: PlanningOptions = {},
): Plan {
  const images = new Map([
    ...workloads.map(({ container }) => [container.image, image(container.image)] as const),
    ...(options.actual?.images ?? []),
  ]);
  const actual = actualState(containers, { ...options.actual, images });
  return buildPlan(
    desiredState(workloads, options.desired),
    { ...actual, engine: options.engine ?? actual.engine },
    { adopt: new Set(options.adopt), txn: options.txn ?? txn },
  );
}

export function changeOf(plan: Plan, key = "web"): Change {
  const found = plan.changes.find((change) => change.key === key);
  if (found === undefined) throw new Error(`the plan has no change "${key}"`);
  return found;
}

/** `memory: 64 MiB → 128 MiB`; `-` stands for "not set". */
export function fieldTexts({ fields }: Change): readonly string[] {
  return fields.map(({ field, before = "-", after = "-" }) => `${field}: ${before} → ${after}`);
}
