import { type Body, type RunAnswer, wholeBody } from "../../../support/run-oracle-recorder.ts";
import type { OurRun } from "./ours.ts";
import { permittedDifferences } from "./permitted.ts";

/** Both sides after the permitted differences are taken out; `used` learns which were met. */
export function comparableRuns(
  bare: Body,
  docker: RunAnswer,
  { request, volumes }: OurRun,
  used: Set<string>,
): { readonly docker: Body; readonly ours: Body } {
  const theirs = wholeBody(bare, docker);
  const own =
    request === undefined ? {} : { ...request.body, name: request.name, platform: request.platform ?? null };
  return permittedDifferences.reduce(
    (before, { id, apply }) => {
      const after = { docker: apply(before.docker, []), ours: apply(before.ours, volumes) };
      const gap = (sides: typeof before) => JSON.stringify(sides.docker) === JSON.stringify(sides.ours);
      if (!gap(before) && JSON.stringify(before) !== JSON.stringify(after)) used.add(id);
      return after;
    },
    { docker: theirs, ours: own as Body },
  );
}
