import { diagnosticCodes } from "../../../src/lib/diagnostic-codes.ts";
import { formatLimit, limits } from "../../../src/lib/limits.ts";
import { code, table } from "../markdown.ts";

export const diagnosticSections = {
  "diagnostic-codes": () =>
    table(
      ["code", "means"],
      Object.entries(diagnosticCodes)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, doc]) => [code(name), doc]),
    ),
  limits: () =>
    table(
      ["at most", "of what"],
      (Object.keys(limits) as (keyof typeof limits)[]).map((name) => [formatLimit(name), limits[name].doc]),
    ),
};
