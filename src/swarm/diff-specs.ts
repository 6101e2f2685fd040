import type { Position } from "../lib/diagnostic.ts";
import type { FieldChange } from "../model/change.ts";
import { labelKeys } from "../model/ownership.ts";
import type { ServiceSpec } from "../model/service-spec.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { comparableSpecs } from "./canonical-spec.ts";
import type { Field } from "./field-values.ts";
import { specFields } from "./spec-fields.ts";

/** Where the fields of a workload are declared. */
export type Places = Pick<WorkloadSpec, "positions" | "origin">;

/** It follows from the image, which is a field of its own. */
const imageLabel = `service label ${labelKeys.image}`;

/** What differs between a live service and the desired one, field by field, in the order of the fields. */
export function diffSpecs(live: ServiceSpec, desired: ServiceSpec, places: Places): readonly FieldChange[] {
  const sides = comparableSpecs(live, desired);
  const before = byName(specFields(sides.live));
  const after = byName(specFields(sides.desired));
  const changes = [...new Set([...after.keys(), ...before.keys()])].flatMap(
    (name) => compare(before.get(name), after.get(name), places) ?? [],
  );
  const isImageChanged = changes.some(({ field }) => field === "image");
  return isImageChanged ? changes.filter(({ field }) => field !== imageLabel) : changes;
}

function compare(old: Field | undefined, now: Field | undefined, places: Places): FieldChange | undefined {
  const field = now ?? old;
  if (field === undefined || old?.text === now?.text) return undefined;
  const before = old && (old.shown ?? old.text);
  const after = now && (now.shown ?? now.text);
  return {
    field: field.name,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after: after === before ? `${after} (changed)` : after }),
    masked: field.masked === true,
    position: positionOf(field, places),
  };
}

/** What only a cluster has is declared as `cluster.<field>`, what an Engine has, too, under its own name. */
function positionOf({ place }: Field, { positions, origin }: Places): Position {
  return positions[place] ?? positions[`cluster.${place}`] ?? origin;
}

function byName(fields: readonly Field[]): ReadonlyMap<string, Field> {
  return new Map(fields.map((field) => [field.name, field]));
}
