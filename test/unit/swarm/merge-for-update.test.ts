import { describe, expect, test } from "vitest";
import type { ServiceSpec, TaskContainerSpec } from "../../../src/model/service-spec.ts";
import { mergeForUpdate } from "../../../src/swarm/merge-for-update.ts";
import { container, live, liveWithDefaults, task } from "./specs.ts";

/** SwarmKit replaces tasks when anything in their template or ports is written in another way, were it only the order. */

const before: ServiceSpec = {
  ...liveWithDefaults,
  Labels: { "com.example.by-hand": "1" },
  TaskTemplate: {
    ...liveWithDefaults.TaskTemplate,
    ContainerSpec: { ...liveWithDefaults.TaskTemplate.ContainerSpec, Env: ["B=1", "A=2"] },
    Networks: [{ Target: "b" }, { Target: "a" }],
    ForceUpdate: 4,
  },
  EndpointSpec: {
    Mode: "vip",
    Ports: [
      { TargetPort: 81, PublishedPort: 9 },
      { TargetPort: 80, PublishedPort: 8 },
    ],
  },
};

const desired: ServiceSpec = {
  Name: "web",
  Labels: { "mysysconfig.workload": "web" },
  TaskTemplate: {
    ContainerSpec: { Image: "busybox:1", Env: ["A=2", "B=1"] },
    Networks: [{ Target: "a" }, { Target: "b" }],
  },
  Mode: { Replicated: { Replicas: 2 } },
  EndpointSpec: {
    Ports: [
      { TargetPort: 80, PublishedPort: 8 },
      { TargetPort: 81, PublishedPort: 9 },
    ],
  },
};

describe("what stays keeps its words", () => {
  const merged = mergeForUpdate(before, desired);

  test("so that more replicas and other labels restart nothing", () => {
    expect(merged.TaskTemplate).toBe(before.TaskTemplate);
    expect(merged.EndpointSpec).toBe(before.EndpointSpec);
    expect(merged.Mode).toEqual({ Replicated: { Replicas: 2 } });
  });

  test("and labels that somebody else put there go", () => {
    expect(merged.Labels).toEqual({ "mysysconfig.workload": "web" });
  });

  test("so that another placement moves only the tasks that no longer fit", () => {
    const placed = {
      ...desired,
      TaskTemplate: { ...desired.TaskTemplate, Placement: { Constraints: ["node.role==worker"] } },
    };
    const { Placement, ...rest } = mergeForUpdate(before, placed).TaskTemplate;
    const { Placement: _, ...restBefore } = before.TaskTemplate;
    expect(rest).toEqual(restBefore);
    expect(Placement).toEqual({ Constraints: ["node.role==worker"] });
  });
});

describe("what changes is as desired", () => {
  test("without what only the live service had", () => {
    const { TaskTemplate } = mergeForUpdate(
      container({ User: "root", Hostname: "old" }),
      container({ User: "me" }),
    );
    expect(TaskTemplate.ContainerSpec).toEqual({ Image: "busybox:1", Isolation: "default", User: "me" });
  });

  test("but the number of forced restarts stays, because another one would force one more", () => {
    const merged = mergeForUpdate(before, { ...desired, ...container({ User: "me" }) });
    expect(merged.TaskTemplate.ForceUpdate).toBe(4);
  });

  test("ports that are no longer published are gone", () => {
    const { EndpointSpec: _, ...closed } = desired;
    expect(mergeForUpdate(before, closed)).not.toHaveProperty("EndpointSpec");
  });
});

describe("the image", () => {
  const pinned = "busybox:1@sha256:aa";
  const merge = (old: Partial<TaskContainerSpec>, now: Partial<TaskContainerSpec>) =>
    mergeForUpdate(container(old), container(now)).TaskTemplate.ContainerSpec.Image;

  test("keeps its digest while no registry can be asked", () => {
    expect(merge({ Image: pinned }, { Image: "busybox:1", User: "me" })).toBe(pinned);
    expect(merge({ Image: pinned }, { Image: "busybox:1" })).toBe(pinned);
  });

  test("of another tag or digest is the desired one", () => {
    expect(merge({ Image: pinned }, { Image: "busybox:2" })).toBe("busybox:2");
    expect(merge({ Image: pinned }, { Image: "busybox:1@sha256:bb" })).toBe("busybox:1@sha256:bb");
  });

  test("that was not pinned is not sent again for a digest alone", () => {
    expect(merge({ Image: "busybox:1" }, { Image: pinned })).toBe("busybox:1");
  });
});

test("a template without a difference is the live one, whatever else an Engine puts into it", () => {
  const merged = mergeForUpdate(task({ Runtime: "container" }), { ...live, Labels: { a: "b" } });
  expect(merged).toEqual({ ...live, Labels: { a: "b" } });
});
