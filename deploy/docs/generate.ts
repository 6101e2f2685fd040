/** `npm run docs`: writes the tables of docs/*.md anew from the code. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readPages } from "./pages.ts";
import { renderDocs } from "./render-docs.ts";

const root = join(import.meta.dirname, "../..");
const pages = readPages();
const changed = [...renderDocs(pages)].filter(([path, text]) => pages.get(path) !== text);
for (const [path, text] of changed) writeFileSync(join(root, path), text);
console.log(
  changed.length === 0 ? "docs are up to date" : `written: ${changed.map(([path]) => path).join(", ")}`,
);
