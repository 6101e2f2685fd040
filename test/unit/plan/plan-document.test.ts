import { describe, expect, test } from "vitest";
import { planDocument } from "../../../src/plan/plan-document.ts";
import { onNetworks, port, runningContainer, volumeMount, workload } from "../../support/builders.ts";
import { type PlanningOptions, planOf } from "./planning.ts";

const revision = { id: "3f2c1ab0000000000000000000000000000000aa" };
const environment = { project: "shop", name: "develop" };
const edge = (value: string) => workload("edge", { ports: [port("80:80")], environment: { MODE: value } });

interface Document {
  readonly changes: readonly { readonly key: string }[];
  readonly steps: readonly {
    readonly id: string;
    readonly change?: string;
    readonly dependsOn: string[];
    readonly after: string[];
  }[];
}

function documentOf(plan: ReturnType<typeof planOf>, showValues = false): Document {
  return planDocument(plan, revision, environment, showValues) as Document;
}

function replacement(options: PlanningOptions = {}) {
  return planOf([edge("new")], [runningContainer(edge("old"))], options);
}

describe("a plan as data", () => {
  test("must say what changes, why, where, and at what cost", () => {
    expect(documentOf(replacement())).toMatchObject({
      version: 1,
      project: "shop",
      environment: "develop",
      revision: revision.id,
      changes: [
        {
          key: "edge",
          subject: "workload",
          kind: "replace",
          cause: "the configuration changed",
          position: { file: "units/edge.service", line: 1, column: 1 },
          rollout: {
            order: "stop-first",
            reason: "host port 80 can be held by one container only",
            downtimeMs: 15_000,
          },
          notes: [],
        },
      ],
      volumesKept: [],
    });
  });

  test("must list the steps with what they wait for", () => {
    expect(documentOf(replacement()).steps.slice(0, 2)).toEqual([
      {
        id: "create edge",
        kind: "create-container",
        change: "edge",
        cause: "the configuration changed",
        text: "create edge (next)",
        dependsOn: [],
        after: [],
      },
      {
        id: "stop edge",
        kind: "stop-container",
        change: "edge",
        cause: "the configuration changed",
        text: "stop edge, up to 10 s",
        dependsOn: ["create edge"],
        after: [],
      },
    ]);
  });

  test("must name only steps that it lists", () => {
    const wanted = [
      edge("new"),
      workload("web", { network: onNetworks("back") }, { dependsOn: [{ workload: "edge" }] }),
    ];
    const { steps } = documentOf(
      planOf(wanted, [runningContainer(edge("old"))], { actual: { networks: ["back"] } }),
    );
    const ids = new Set(steps.map(({ id }) => id));
    expect(ids.size).toBe(steps.length);
    expect(
      steps.flatMap(({ dependsOn, after }) => [...dependsOn, ...after]).filter((id) => !ids.has(id)),
    ).toEqual([]);
  });

  test("must mask values of the environment, and show them on request", () => {
    const fields = (showValues: boolean) => documentOf(replacement(), showValues).changes[0];
    expect(fields(false)).toMatchObject({
      fields: [{ field: "env MODE", before: "***", after: "***", masked: true }],
    });
    expect(fields(true)).toMatchObject({
      fields: [{ field: "env MODE", before: "old", after: "new", masked: true }],
    });
  });

  test("must not show values anywhere else either", () => {
    const plan = planOf([edge("hunter2")], [runningContainer(edge("swordfish"))]);
    expect(JSON.stringify(documentOf(plan))).not.toMatch(/hunter2|swordfish/);
  });

  test("must leave out the side that is not set", () => {
    const plan = planOf(
      [workload("web", { environment: { NEW: "1" } })],
      [runningContainer(workload("web", { user: "www" }))],
    );
    expect(documentOf(plan).changes[0]).toMatchObject({
      fields: [
        { field: "env NEW", after: "***", masked: true, position: expect.anything() },
        { field: "user", before: "www", masked: false, position: expect.anything() },
      ],
    });
    expect(JSON.stringify(documentOf(plan).changes[0])).not.toContain("undefined");
  });

  test("must name volumes that stay and a rival source", () => {
    const gone = runningContainer(workload("gone", { mounts: [volumeMount("data")] }), {
      record: { source: "theirs" },
    });
    const plan = planOf([], [gone], { desired: { source: "mine" }, actual: { volumes: ["data"] } });
    expect(documentOf(plan)).toMatchObject({ volumesKept: ["data"], rivalSource: "theirs" });
    expect(documentOf(replacement())).not.toHaveProperty("rivalSource");
  });

  test("must be the same for every transaction, also where one interrupted run left its names", () => {
    const left = (txn: string) => [
      runningContainer(edge("old"), { id: "a" }),
      runningContainer(edge("newer"), { id: "b", name: `edge.next-${txn}`, state: { status: "created" } }),
      runningContainer(edge("older"), { id: "c", name: `edge.prev-${txn}`, state: { status: "exited" } }),
    ];
    const [one, two] = ["11111111", "abcdef01"].map((txn) =>
      JSON.stringify(documentOf(planOf([edge("new")], left(txn), { txn }))),
    );
    expect(one).toBe(two);
    expect(one).toContain("edge (next)");
    expect(one).not.toContain("11111111");
  });

  test("must name orphans by their roles, wherever they are named", () => {
    const gone = (txn: string) => [
      runningContainer(workload("gone"), { id: "a" }),
      runningContainer(workload("gone"), { id: "b", name: `gone.prev-${txn}`, state: { status: "exited" } }),
    ];
    const [one, two] = ["11111111", "abcdef01"].map((txn) =>
      documentOf(planOf([edge("new")], [runningContainer(edge("new")), ...gone(txn)])),
    );
    expect(one).toEqual(two);
    expect(one?.changes.map(({ key }) => key)).toContain("gone (gone (previous))");
    expect(one?.steps.map(({ change }) => change)).toContain("gone (gone (previous))");
  });
});
