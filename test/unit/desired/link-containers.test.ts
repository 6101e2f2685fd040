import { describe, expect, test } from "vitest";
import { linkContainers } from "../../../src/desired/link-containers.ts";
import type { ContainerSpec, WorkloadSpec } from "../../../src/model/workload.ts";
import { workload } from "../../support/builders.ts";

function withContainer(key: string, extra: Partial<ContainerSpec>): WorkloadSpec {
  const made = workload(key);
  return { ...made, container: { ...made.container, ...extra } };
}

/** Keys that `web` depends on, with `db` beside it. */
function needsOf(extra: Partial<ContainerSpec>): string[] {
  const [web] = linkContainers([withContainer("web", extra), workload("db")]);
  return (web?.dependsOn ?? []).map(({ workload: key, required }) => `${key}${required ? " required" : ""}`);
}

describe("a container that another one mentions", () => {
  test.for([
    { extra: { links: ["db:database"] }, why: "a link" },
    { extra: { volumesFrom: ["db:ro"] }, why: "its volumes" },
    { extra: { ipcMode: "container:db" }, why: "its memory" },
    { extra: { pidMode: "container:db" }, why: "its processes" },
  ])("must be there first for $why", ({ extra }) => {
    expect(needsOf(extra)).toEqual(["db required"]);
  });

  test("must be left to the Engine when it is not of this configuration", () => {
    expect(needsOf({ links: ["theirs:x"], volumesFrom: ["data"], ipcMode: "host" })).toEqual([]);
  });

  test("must not be named twice, and not by itself", () => {
    expect(needsOf({ links: ["db:a", "db:b"], volumesFrom: ["db", "web"] })).toEqual(["db required"]);
  });
});
