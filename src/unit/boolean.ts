import type { Assignment } from "./unit-file.ts";
import type { UnitScope } from "./unit-scope.ts";

/** Every spelling that systemd knows, in any case; anything else is told at its position and counts as false. */
export function readBoolean(item: Assignment | undefined, { sink }: UnitScope): boolean {
  if (item === undefined) return false;
  const { text } = item.value;
  if (/^(?:1|yes|y|true|t|on)$/i.test(text)) return true;
  if (!/^(?:0|no|n|false|f|off)$/i.test(text))
    sink.error(item.position, "unknown-value", `${item.key}= cannot be "${text}"`, "write true or false");
  return false;
}
