import { describe, expect, test } from "vitest";
import type { ActualImage, ActualState } from "../../../src/model/actual-state.ts";
import type { ContainerSpec } from "../../../src/model/workload.ts";
import { buildPlan } from "../../../src/plan/build-plan.ts";
import { actualState, desiredState, image, runningContainer, txn, workload } from "../../support/builders.ts";
import { changeOf, fieldTexts, planOf } from "./planning.ts";

/** An Engine whose images were all removed while the container runs on, with what it inherited from its own. */
function withoutImages(made: Partial<ContainerSpec>): ActualState {
  const inherited = {
    environment: { ...made.environment, PATH: "/bin" },
    labels: { ...made.labels, maintainer: "me" },
    entrypoint: ["/entry"],
    user: "www",
    mounts: [...(made.mounts ?? []), { kind: "anonymous", target: "/cache" } as const],
    healthcheck: { kind: "command", test: ["CMD", "true"] } as const,
  };
  return {
    ...actualState([runningContainer(workload("web", made), { spec: inherited })]),
    images: new Map(),
  };
}

function planFor(declared: Partial<ContainerSpec>, made: Partial<ContainerSpec> = declared) {
  return buildPlan(desiredState([workload("web", declared)]), withoutImages(made), { adopt: new Set(), txn });
}

describe("a container whose image is gone from the Engine", () => {
  test.for<[string, Partial<ContainerSpec>]>([
    ["nothing", {}],
    ["a variable", { environment: { A: "1" } }],
    ["a port", { ports: [{ containerPort: 80, hostPort: "80", hostIp: "", protocol: "tcp" }] }],
  ])("must be left alone when the configuration declares %s and nothing changed", ([, declared]) => {
    const plan = planFor(declared);
    expect(changeOf(plan).kind).toBe("unchanged");
    expect(plan.steps).toEqual([]);
  });

  test("must still show what the configuration changed, and pull before it creates", () => {
    const plan = planFor({ environment: { A: "2" }, platform: "linux/arm64" }, { environment: { A: "1" } });
    expect(fieldTexts(changeOf(plan))).toEqual(["env A: 1 → 2"]);
    expect(plan.steps[0]).toMatchObject({
      kind: "pull-image",
      payload: { image: "myrepo/web:1-develop", platform: "linux/arm64" },
    });
    expect(plan.steps.find(({ kind }) => kind === "create-container")?.dependsOn).toEqual([
      plan.steps[0]?.id,
    ]);
  });
});

const reference = "myrepo/web:1-develop";

describe("the image", () => {
  const other = image("other").id;
  const moved = image(reference, {
    id: `sha256:bbbbbbb${"0".repeat(57)}`,
    environment: { NEW: "1" },
    exposedPorts: ["81/tcp"],
  });

  function changeWithImages(
    images: ReadonlyMap<string, ActualImage>,
    declared = reference,
    live = reference,
  ) {
    const container = runningContainer(workload("web", { image: live }));
    return changeOf(planOf([workload("web", { image: declared })], [container], { actual: { images } }));
  }

  test("must be compared by id when a tag moved, with its own settings left out", () => {
    const change = changeWithImages(new Map([[reference, moved]]));
    const id = image(reference).id.slice(7, 14);
    expect([change.kind, ...fieldTexts(change)]).toEqual([
      "replace",
      `image: ${reference} (${id}) → ${reference} (bbbbbbb)`,
    ]);
  });

  test("must be replaced once for a new tag, whatever else is new in it", () => {
    const next = "myrepo/web:2-develop";
    const change = changeWithImages(new Map([[next, { ...moved, id: other }]]), next);
    expect([change.kind, ...fieldTexts(change)]).toEqual(["replace", `image: ${reference} → ${next}`]);
  });

  test.for([
    ["nginx", "docker.io/library/nginx:latest"],
    ["nginx:latest", "nginx"],
    ["index.docker.io/myrepo/web:1", "myrepo/web:1"],
    [`nginx@sha256:${"a".repeat(64)}`, `docker.io/library/nginx@sha256:${"a".repeat(64)}`],
  ] as const)("must be the same when written %s and %s", ([declared, live]) => {
    const id = image(live).id;
    expect(changeWithImages(new Map([[declared, image(declared, { id })]]), declared, live).kind).toBe(
      "unchanged",
    );
  });

  test.for([
    ["myrepo/web:1", "other.example/myrepo/web:1"],
    ["nginx:1", `nginx:1@sha256:${"a".repeat(64)}`],
  ] as const)("must differ between %s and %s, even with the same id", ([declared, live]) => {
    const id = image(live).id;
    expect(changeWithImages(new Map([[declared, image(declared, { id })]]), declared, live).kind).toBe(
      "replace",
    );
  });
});
