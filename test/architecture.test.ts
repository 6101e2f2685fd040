import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findViolations, type SourceFile } from "./support/layers.ts";

const root = join(import.meta.dirname, "..", "src");

function sourceFiles(): SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

describe("the layers of src/", () => {
  test("must import only what the layer table allows", () => {
    expect(sourceFiles().length).toBeGreaterThan(20);
    expect(findViolations(sourceFiles())).toEqual([]);
  });

  test.for([
    { path: "plan/diff.ts", text: 'import { x } from "../docker/connect.ts";', why: "a sibling layer" },
    { path: "model/plan.ts", text: 'import Docker from "dockerode";', why: "a vendor package" },
    { path: "plan/diff.ts", text: 'import { readFile } from "node:fs/promises";', why: "a file system" },
    { path: "lib/dag.ts", text: 'import type { Plan } from "../model/plan.ts";', why: "a higher layer" },
    { path: "docker/images.ts", text: 'const x = process.env["HOME"];', why: "the process environment" },
    { path: "plan/diff.ts", text: "const now = Date.now();", why: "the wall clock" },
    {
      path: "cli/commands/plan.ts",
      text: 'const x = await import("../../docker/connect.ts");',
      why: "a lazy import",
    },
  ])("must report $why in $path", ({ path, text }) => {
    expect(findViolations([{ path, text }])).toHaveLength(1);
  });

  test("must keep every file at 300 lines or less", () => {
    const long = sourceFiles().filter((file) => file.text.split("\n").length > 301);
    expect(long.map((file) => file.path)).toEqual([]);
  });
});
