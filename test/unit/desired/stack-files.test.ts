import { describe, expect, test } from "vitest";
import { findStacks } from "../../../src/desired/stack-files.ts";
import { DiagnosticSink } from "../../../src/lib/diagnostic.ts";
import { say } from "./builders.ts";

function stacks(paths: readonly string[], includes: Readonly<Record<string, readonly string[]>> = {}) {
  const sink = new DiagnosticSink();
  const includesOf = (path: string) => includes[path] ?? [];
  const jobs = findStacks(paths, { folder: "units/", includesOf }, sink);
  return { jobs: jobs.map(({ path, overrides }) => [path, ...overrides]), said: say(sink.diagnostics) };
}

describe("stacks of several files", () => {
  test("must have the override file that lies beside their own", () => {
    expect(
      stacks([
        "units/shop.compose.override.yaml",
        "units/shop.compose.yaml",
        "units/mail/compose.override.yml",
        "units/mail/docker-compose.yaml",
        "units/web/compose.yaml",
      ]),
    ).toEqual({
      jobs: [
        ["units/shop.compose.yaml", "units/shop.compose.override.yaml"],
        ["units/mail/docker-compose.yaml", "units/mail/compose.override.yml"],
        ["units/web/compose.yaml"],
      ],
      said: [],
    });
  });

  test.for([
    [
      ["units/shop.compose.override.yaml"],
      'error units/shop.compose.override.yaml:1 loose-override "units/shop.compose.override.yaml" is laid over nothing: units/shop.compose.yaml is not there',
    ],
    [
      ["units/a/compose.override.yaml", "units/a/docker-compose.override.yaml", "units/a/compose.yaml"],
      'error units/a/docker-compose.override.yaml:1 duplicate-override "units/a/docker-compose.override.yaml" and "units/a/compose.override.yaml" are laid over the same stack',
    ],
  ] as const)("must have no override file too many: %j", ([paths, expected]) => {
    expect(stacks(paths).said).toEqual([expected]);
  });
});

describe("a compose file that another one includes", () => {
  test("must be no stack by itself, however deep", () => {
    const paths = ["units/a.compose.yaml", "units/b/compose.yaml", "units/c/compose.yaml"];
    const includes = {
      "units/a.compose.yaml": ["units/b/compose.yaml"],
      "units/b/compose.yaml": ["units/c/compose.yaml"],
    };
    expect(stacks(paths, includes)).toEqual({ jobs: [["units/a.compose.yaml"]], said: [] });
  });

  test("must not be lost in a circle, which is a mistake", () => {
    const paths = ["units/a.compose.yaml", "units/b.compose.yaml"];
    const includes = {
      "units/a.compose.yaml": ["units/b.compose.yaml"],
      "units/b.compose.yaml": ["units/a.compose.yaml"],
    };
    expect(stacks(paths, includes).jobs).toEqual([["units/a.compose.yaml"], ["units/b.compose.yaml"]]);
  });

  test("must not have an override file that nobody names", () => {
    const paths = ["units/a.compose.yaml", "units/b/compose.yaml", "units/b/compose.override.yaml"];
    expect(stacks(paths, { "units/a.compose.yaml": ["units/b/compose.yaml"] }).said).toEqual([
      'error units/b/compose.override.yaml:1 loose-override "units/b/compose.override.yaml" is laid over nothing: units/b/compose.yaml is included, which takes it as it is',
    ]);
    expect(
      stacks(paths, { "units/a.compose.yaml": ["units/b/compose.yaml", "units/b/compose.override.yaml"] })
        .said,
    ).toEqual([]);
  });
});
