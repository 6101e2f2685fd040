import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { schemaPath } from "./settings-schema.ts";

const root = join(import.meta.dirname, "../..");

/** The pages below docs/, by their path in the repository. */
export function readPages(): Map<string, string> {
  const names = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  return new Map(
    names.sort().map((name) => [`docs/${name}`, readFileSync(join(root, "docs", name), "utf8")]),
  );
}

/** The schema of the settings as it lies there; nothing when it does not. */
export function readSchema(): string | undefined {
  const path = join(root, schemaPath);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
