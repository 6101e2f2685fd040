import type { ActualService } from "../../../../src/model/actual-swarm.ts";
import type { Plan } from "../../../../src/model/plan.ts";
import type { Step } from "../../../../src/model/step.ts";
import type { WorkloadSpec } from "../../../../src/model/workload.ts";
import { buildPlan, type PlanOptions } from "../../../../src/plan/build-plan.ts";
import { type DesiredOptions, txn } from "../../../support/builders.ts";
import { clusterState } from "../../../support/clusters.ts";
import { swarmState } from "../../../support/services.ts";

export interface ServicePlanning extends Partial<PlanOptions> {
  readonly desired?: DesiredOptions;
  readonly swarm?: Parameters<typeof swarmState>[1];
}

/** The plan for these workloads in a cluster with these services. */
export function servicePlan(
  workloads: readonly WorkloadSpec[],
  services: readonly ActualService[],
  { desired, swarm, ...options }: ServicePlanning = {},
): Plan {
  const state = swarmState(services, swarm);
  return buildPlan(clusterState(workloads, desired), state, { adopt: new Set(), txn, ...options });
}

export function stepsOf(plan: Plan): readonly string[] {
  return plan.steps.map(({ id }) => id);
}

export function stepOf<K extends Step["kind"]>(plan: Plan, kind: K): Extract<Step, { kind: K }> {
  const found = plan.steps.find((step) => step.kind === kind);
  if (found === undefined) throw new Error(`the plan has no step ${kind}: ${stepsOf(plan).join(", ")}`);
  return found as Extract<Step, { kind: K }>;
}
