import { compileCompose } from "../../../../src/compose/compile-compose.ts";
import { linkManifests } from "../../../../src/desired/link.ts";
import { hasErrors } from "../../../../src/lib/diagnostic.ts";
import { context } from "../support.ts";
import type { CanonicalStack } from "./canonical.ts";
import type { ComposeCase } from "./oracle-case.ts";
import { canonicalManifest } from "./ours.ts";

export interface OurAnswer {
  readonly stack?: CanonicalStack;
  readonly refused?: string;
}

/** What we make of the files, for an Engine. */
export function compileCase({ files, run, variables }: ComposeCase): OurAnswer {
  const placed = Object.fromEntries(Object.entries(files).map(([path, text]) => [`units/${path}`, text]));
  const [main = "", ...overrides] = run.map((path) => `units/${path}`);
  const world = context({ files: placed, variables });
  const { value, diagnostics } = compileCompose(main, placed[main] ?? "", "shop", world, overrides);
  // Circles of services are found when all files are known; so are host ports taken twice, of which Compose says nothing.
  const linked = value
    ? linkManifests([value], () => false, { timers: [], target: "engine" }).diagnostics
    : [];
  const cycles = linked.filter(({ code }) => code === "dependency-cycle");
  const findings = [...diagnostics, ...cycles];
  if (value && !hasErrors(findings)) return { stack: canonicalManifest(value) };
  const error = findings.find(({ severity }) => severity === "error");
  return { refused: `${error?.code}: ${error?.message}` };
}
