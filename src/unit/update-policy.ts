import { didYouMean } from "../lib/suggest.ts";
import { defaultUpdatePolicy, type UpdatePolicy } from "../model/workload.ts";
import { readTimeSpan } from "./time-span.ts";
import { type Assignment, lastOf, type UnitFile } from "./unit-file.ts";
import type { PlacedSettings, UnitScope } from "./unit-scope.ts";

const orders = ["auto", "start-first", "stop-first"] as const;

/** Reads our own section `[X-Update]`; systemd ignores sections that begin with `X-` (systemd.unit(5)). */
export function readUpdatePolicy(file: UnitFile, scope: UnitScope): UpdatePolicy {
  const order = lastOf(file, "X-Update", "Order");
  const parallelism = lastOf(file, "X-Update", "Parallelism");
  const delayMs = readTimeSpan(lastOf(file, "X-Update", "Delay"), scope);
  const monitorMs = readTimeSpan(lastOf(file, "X-Update", "Monitor"), scope);
  return {
    order: readOrder(order, scope) ?? defaultUpdatePolicy.order,
    parallelism: readParallelism(parallelism, scope) ?? defaultUpdatePolicy.parallelism,
    delayMs: delayMs ?? defaultUpdatePolicy.delayMs,
    ...(monitorMs === undefined ? {} : { monitorMs }),
  };
}

const nothing: PlacedSettings = { cluster: {}, positions: {} };
const failureActions = ["rollback", "pause", "continue"] as const;

/** `FailureAction=` of [X-Update]: what a cluster does when an update fails. An Engine rolls back. */
export function readFailureAction(file: UnitFile, { context, sink }: UnitScope): PlacedSettings {
  const item = lastOf(file, "X-Update", "FailureAction");
  if (item === undefined) return nothing;
  const { text } = item.value;
  const failureAction = failureActions.find((candidate) => candidate === text);
  if (failureAction === undefined) {
    const hint = didYouMean(text, failureActions) ?? `one of: ${failureActions.join(", ")}`;
    sink.error(item.position, "unknown-value", `FailureAction= cannot be "${text}"`, hint);
    return nothing;
  }
  if (failureAction !== "rollback" && context.target === "engine") {
    const message = `FailureAction=${text} has a meaning only on a Swarm`;
    const hint = "on an Engine a failed replacement is rolled back";
    sink.warning(item.position, "swarm-only", message, hint);
  }
  return { cluster: { update: { failureAction } }, positions: { "cluster.update": item.position } };
}

function readOrder(item: Assignment | undefined, { sink }: UnitScope): UpdatePolicy["order"] | undefined {
  if (item === undefined) return undefined;
  const text = item.value.text;
  const order = orders.find((candidate) => candidate === text);
  if (order === undefined) {
    const hint = didYouMean(text, orders) ?? `one of: ${orders.join(", ")}`;
    sink.error(item.position, "unknown-value", `Order= cannot be "${text}"`, hint);
  }
  return order;
}

function readParallelism(item: Assignment | undefined, { sink }: UnitScope): number | undefined {
  if (item === undefined) return undefined;
  const value = /^\d{1,6}$/.test(item.value.text) ? Number(item.value.text) : 0;
  if (value >= 1) return value;
  sink.error(
    item.position,
    "out-of-range",
    `Parallelism= cannot be "${item.value.text}"`,
    "write a number from 1",
  );
  return undefined;
}
