import type { Paint } from "../lib/paint.ts";
import { exitCodes } from "../model/errors.ts";
import { harmless } from "./output.ts";

/** A refused plan, in the words of the rules that refused it. */
export function describeRefusal(
  verdict: { readonly violations: readonly { message: string; hint: string }[] },
  paint: Paint,
): string {
  const lines = verdict.violations.map(
    ({ message, hint }) => `${paint("bad", "refused:")} ${harmless(message)}\n  ${harmless(hint)}\n`,
  );
  return `${lines.join("")}Nothing was changed. (exit ${exitCodes.refused})\n`;
}
