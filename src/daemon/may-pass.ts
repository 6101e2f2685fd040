import { type ErrorCode, errorCatalogue } from "../model/errors.ts";
import type { RunOutcome } from "./run-once.ts";

/** Whether something that a run did not achieve may be achieved by the next one, with nothing changed by anybody. */
export function mayPass({ problem, pushError, report }: RunOutcome): boolean {
  const failed = report.changes.map(({ failure }) => failure?.code);
  return [problem?.error.code, pushError?.code, ...failed].some(
    (code) => code !== undefined && isPassing(code),
  );
}

export function isPassing(code: string): boolean {
  return Object.hasOwn(errorCatalogue, code) && errorCatalogue[code as ErrorCode].disposition === "retry";
}
