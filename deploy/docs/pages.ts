import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** The pages below docs/, by their path in the repository. */
export function readPages(): Map<string, string> {
  const names = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  return new Map(
    names.sort().map((name) => [`docs/${name}`, readFileSync(join(root, "docs", name), "utf8")]),
  );
}
