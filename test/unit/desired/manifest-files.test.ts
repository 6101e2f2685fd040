import { describe, expect, test } from "vitest";
import { classifyManifests, reportUnusedFiles } from "../../../src/desired/manifest-files.ts";
import { DiagnosticSink } from "../../../src/lib/diagnostic.ts";
import { at, say } from "./builders.ts";

function classify(paths: readonly string[], instances: Readonly<Record<string, readonly string[]>> = {}) {
  const settings = Object.entries(instances).map(([template, names], index) => ({
    template,
    position: at("mysysconfig.yaml", index + 2, 3),
    names: names.map((name) => ({ name, position: at("mysysconfig.yaml") })),
  }));
  const { jobs, otherPaths, diagnostics } = classifyManifests(paths, settings);
  return { jobs, otherPaths, said: say(diagnostics), hints: diagnostics.map(({ hint }) => hint) };
}

describe("files below units/", () => {
  test("must be units and stacks by their names, at any depth, sorted", () => {
    const { jobs, said, otherPaths } = classify([
      "units/web.service",
      "units/shop.compose.yaml",
      "units/a/deep.compose.yml",
      "units/mail/compose.yaml",
      "units/x/old/docker-compose.yml",
      "units/group/db.service",
      "units/group/backup.timer",
      "units/web.conf",
      "mysysconfig.yaml",
      "templates/web.service",
    ]);
    expect(said).toEqual([]);
    expect(jobs).toEqual([
      { kind: "compose", path: "units/a/deep.compose.yml", stack: "deep", overrides: [] },
      { kind: "timer", path: "units/group/backup.timer" },
      { kind: "unit", path: "units/group/db.service" },
      { kind: "compose", path: "units/mail/compose.yaml", stack: "mail", overrides: [] },
      { kind: "compose", path: "units/shop.compose.yaml", stack: "shop", overrides: [] },
      { kind: "unit", path: "units/web.service" },
      { kind: "compose", path: "units/x/old/docker-compose.yml", stack: "old", overrides: [] },
    ]);
    expect(otherPaths).toEqual(["units/web.conf"]);
  });

  test.for([
    ["units/web.socket.d/limits.conf", "drop-ins of units of this type are not supported yet"],
    ["units/web.socket", "units of this type are not supported yet"],
    ["units/web.container", "Quadlet files are not supported yet"],
  ] as const)("%s must be refused, not ignored", ([path, expected]) => {
    expect(classify([path]).said).toEqual([`error ${path}:1 not-supported-yet ${expected}`]);
  });

  test.for([
    [["units/compose.yaml"], 'error units/compose.yaml:1 no-stack-name "compose.yaml" has no stack name'],
    [
      ["units/My Shop.compose.yaml"],
      'error units/My Shop.compose.yaml:1 invalid-name "My Shop" is no valid name of a stack',
    ],
    [
      ["units/Shop/compose.yaml"],
      'error units/Shop/compose.yaml:1 invalid-name "Shop" is no valid name of a stack',
    ],
    [
      ["units/shop.compose.yaml", "units/shop/compose.yaml"],
      'error units/shop/compose.yaml:1 duplicate-stack stack "shop" is declared twice, first in units/shop.compose.yaml',
    ],
  ] as const)("%j must have one good stack name", ([paths, expected]) => {
    expect(classify(paths).said).toEqual([expected]);
  });
});

describe("template units", () => {
  test("must become one job for each instance", () => {
    expect(classify(["units/worker@.service"], { worker: ["2", "1"] })).toMatchObject({
      jobs: [
        { kind: "unit", path: "units/worker@.service", instance: "1" },
        { kind: "unit", path: "units/worker@.service", instance: "2" },
      ],
      said: [],
    });
  });

  test("must become one timer for each instance, under the same names", () => {
    const { jobs, said } = classify(["units/backup@.service", "units/backup@.timer"], { backup: ["b", "a"] });
    expect(said).toEqual([]);
    expect(jobs).toEqual([
      { kind: "unit", path: "units/backup@.service", instance: "a" },
      { kind: "unit", path: "units/backup@.service", instance: "b" },
      { kind: "timer", path: "units/backup@.timer", instance: "a" },
      { kind: "timer", path: "units/backup@.timer", instance: "b" },
    ]);
    expect(classify(["units/backup@.timer"])).toMatchObject({
      jobs: [{ kind: "timer", path: "units/backup@.timer", instance: "1", isTrial: true }],
      said: ['warning units/backup@.timer:1 no-instances template unit "backup@" has no instances'],
    });
  });

  test("must be checked without instances, and said so unless that is written down", () => {
    const trial = { kind: "unit", path: "units/worker@.service", instance: "1", isTrial: true };
    expect(classify(["units/worker@.service"])).toMatchObject({
      jobs: [trial],
      said: ['warning units/worker@.service:1 no-instances template unit "worker@" has no instances'],
    });
    expect(classify(["units/worker@.service"], { worker: [] })).toMatchObject({ jobs: [trial], said: [] });
  });

  test("must exist when instances are listed", () => {
    const { said, hints } = classify(["units/worker@.service"], { worker: ["1"], wroker: ["1"] });
    expect(said).toEqual([
      'error mysysconfig.yaml:3 unknown-template-unit instances of "wroker@.service", which is not below units/',
    ]);
    expect(hints).toEqual(['did you mean "worker"?']);
  });
});

describe("other files", () => {
  const unused = (
    paths: readonly string[],
    used: readonly string[] = [],
    mentioned: readonly string[] = [],
  ) => {
    const sink = new DiagnosticSink();
    reportUnusedFiles(paths, new Set(used), (path) => mentioned.includes(path), sink);
    return sink.diagnostics.map(({ position, hint }) => `${position.file} | ${hint}`);
  };

  test("must be used by a unit or a stack, or be notes or hidden", () => {
    expect(
      unused(
        ["units/README.md", "units/a/.gitkeep", "units/.vscode/x.json", "units/web.conf"],
        ["units/web.conf"],
      ),
    ).toEqual([]);
    expect(unused(["units/web.conf"], [], ["units/web.conf"])).toEqual([]);
  });

  test.for([
    ["units/web.servce", 'did you mean ".service"?'],
    ["units/web.Service", 'did you mean ".service"?'],
    ["units/shop.yaml", "name a compose file shop.compose.yaml"],
    ["units/web", "units end in .service or .timer, stacks in .compose.yaml; remove what is not needed"],
    ["units/a/b.txt", "units end in .service or .timer, stacks in .compose.yaml; remove what is not needed"],
  ] as const)("%s must be an error, lest it look like a removal", ([path, hint]) => {
    expect(unused([path])).toEqual([`${path} | ${hint}`]);
  });
});
