import { parseSystemdDuration } from "../lib/duration.ts";
import type { Assignment } from "./unit-file.ts";
import type { UnitScope } from "./unit-scope.ts";

/** A finite time span of systemd.time(7), in milliseconds; anything else is told at its position. */
export function readTimeSpan(item: Assignment | undefined, { sink }: UnitScope): number | undefined {
  if (item === undefined) return undefined;
  const value = parseSystemdDuration(item.value.text);
  if (value !== undefined && Number.isFinite(value)) return value;
  const message = `${item.key}= cannot be "${item.value.text}"`;
  sink.error(item.position, "invalid-duration", message, "write a time span such as 10s or 1min 30s");
  return undefined;
}
