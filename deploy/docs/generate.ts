/** `npm run docs`: writes the tables of docs/*.md and the schema of the settings anew from the code. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readPages, readSchema } from "./pages.ts";
import { renderDocs } from "./render-docs.ts";
import { renderSchema, schemaPath } from "./settings-schema.ts";

const root = join(import.meta.dirname, "../..");
const pages = readPages();
const known = new Map([...pages, [schemaPath, readSchema()]]);
const written = new Map([...renderDocs(pages), [schemaPath, renderSchema()]]);
const changed = [...written].filter(([path, text]) => known.get(path) !== text);
for (const [path, text] of changed) writeFileSync(join(root, path), text);
console.log(
  changed.length === 0 ? "docs are up to date" : `written: ${changed.map(([path]) => path).join(", ")}`,
);
