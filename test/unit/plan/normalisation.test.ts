import { describe, expect, test } from "vitest";
import type { ContainerSpec } from "../../../src/model/workload.ts";
import { engineFacts, image, runningContainer, workload } from "../../support/builders.ts";
import { type Case, check, equalCases } from "./equal-cases.ts";
import { changeOf, fieldTexts, planOf } from "./planning.ts";

const reference = "myrepo/web:1-develop";

/** Leaves out what a case sets to undefined: the Engine did not report it. */
function reported(spec: Partial<ContainerSpec>): Partial<ContainerSpec> {
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
}

function liveContainer({ want = {}, live = {} }: Case, record: { fingerprint?: string } = {}) {
  const made = runningContainer(workload("web", want), { spec: live, record });
  return { ...made, spec: reported(made.spec) as ContainerSpec };
}

function changed(row: Case, record?: { fingerprint?: string }): readonly string[] {
  const images = new Map([[reference, image(reference, row.image)]]);
  const change = changeOf(
    planOf([workload("web", row.want)], [liveContainer(row, record)], { actual: { images } }),
  );
  return [change.kind, ...fieldTexts(change)];
}

describe("what means the same", () => {
  test.for(equalCases)("must be no difference: $name", (row) => {
    expect(changed(row)).toEqual(["unchanged"]);
  });

  test.for(equalCases)("must be no difference under another version of the hash: $name", (row) => {
    expect(changed(row, { fingerprint: "v0:00000000000000000000000000000000" })).toEqual(["unchanged"]);
  });

  test.for<[string, Case]>([
    [
      "log options",
      {
        want: { logging: { driver: "json-file", options: { tag: "web" } } },
        live: { logging: { driver: "json-file", options: { tag: "web", "max-size": "10m" } } },
        name: "",
      },
    ],
    [
      "resource limits",
      {
        want: { ulimits: [{ name: "core", soft: 0, hard: 0 }] },
        live: {
          ulimits: [
            { name: "nofile", soft: 1, hard: 1 },
            { name: "core", soft: 0, hard: 0 },
          ],
        },
        name: "",
      },
    ],
  ])("must be no difference where the Engine adds its own %s to those of the same spec", ([, row]) => {
    expect(changed(row)).toEqual(["unchanged"]);
  });

  test("must ignore the start interval of a health check that an old Engine drops", () => {
    const wanted = workload("web", { healthcheck: check({ startIntervalMs: 500 }) });
    const live = runningContainer(wanted, { spec: { healthcheck: check() } });
    const kindOn = (apiVersion: string) => {
      const engine = { ...engineFacts, apiVersion };
      return changeOf(planOf([wanted], [live], { engine })).kind;
    };
    expect([kindOn("1.43"), kindOn("1.44"), kindOn("1.9"), kindOn("2.0")]).toEqual([
      "unchanged",
      "replace",
      "unchanged",
      "replace",
    ]);
  });
});

describe("the process of a container", () => {
  const defaults = { entrypoint: ["/entry"], command: ["serve"] };

  test.for<{ name: string; want: Partial<ContainerSpec>; live: [string[], string[]] }>([
    { name: "neither is declared", want: {}, live: [["/entry"], ["serve"]] },
    { name: "the command is declared", want: { command: ["work"] }, live: [["/entry"], ["work"]] },
    {
      name: "the entrypoint is declared, which drops the image's command",
      want: { entrypoint: ["/own"] },
      live: [["/own"], []],
    },
    {
      name: "both are declared",
      want: { entrypoint: ["/own"], command: ["work"] },
      live: [["/own"], ["work"]],
    },
    {
      name: "the entrypoint is reset, which the Engine shows as one empty word",
      want: { entrypoint: [] },
      live: [[""], []],
    },
    {
      name: "the entrypoint is reset to nothing and a command declared",
      want: { entrypoint: [], command: ["work"] },
      live: [[], ["work"]],
    },
  ])("must be as the Engine merges it: $name", ({ want, live: [entrypoint, command] }) => {
    expect(changed({ name: "", want, live: { entrypoint, command }, image: defaults })).toEqual([
      "unchanged",
    ]);
  });

  test("must differ when the image's command is still there beside a declared entrypoint", () => {
    const live = { entrypoint: ["/own"], command: ["serve"] };
    expect(changed({ name: "", want: { entrypoint: ["/own"] }, live, image: defaults })).toEqual([
      "replace",
      "command: serve → -",
    ]);
  });

  test("must not be split or joined: one word with a blank is not two words", () => {
    const row = {
      name: "",
      want: { command: ["sh", "-c", "a b"] },
      live: { command: ["sh", "-c", "a", "b"] },
    };
    expect(changed(row)).toEqual(["replace", 'command: sh -c a b → sh -c "a b"']);
  });
});
