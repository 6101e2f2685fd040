import { describe, expect, test } from "vitest";
import { actualState, desiredState, image, runningContainer, workload } from "../../support/builders.ts";
import { planOf } from "../../support/plan-text.ts";

describe("images", () => {
  const web = workload("web");
  const reference = web.container.image;

  test("77, 78: must replace when the tag stands for another local image", () => {
    const moved = image(reference, { id: `sha256:${"b".repeat(64)}` });
    const actual = actualState([runningContainer(web)], { images: new Map([[reference, moved]]) });
    const [change] = planOf(desiredState([web]), actual).changes;
    expect(change?.fields[0]).toMatchObject({ field: "image", after: `${reference} (bbbbbbb)` });
  });

  test("79: must see no change when the image of a running container is gone", () => {
    const live = runningContainer(web, {
      spec: { environment: { PATH: "/bin" }, entrypoint: ["x"], workingDir: "/app", labels: { v: "1" } },
    });
    expect(planOf(desiredState([web]), { ...actualState([live]), images: new Map() }).steps).toEqual([]);
  });

  test("79: must pull a gone image when the container has to be replaced anyway", () => {
    const wanted = workload("web", { user: "1" });
    const plan = planOf(desiredState([wanted]), {
      ...actualState([runningContainer(web)]),
      images: new Map(),
    });
    expect(plan.steps[0]?.id).toBe(`pull ${reference}`);
  });

  test("80: must pull the image for the declared platform when the Engine has it for another one", () => {
    const wanted = workload("web", { user: "1", platform: "linux/arm64" });
    const plan = planOf(desiredState([wanted]), actualState([runningContainer(web)]));
    expect(plan.steps[0]).toMatchObject({
      kind: "pull-image",
      payload: { image: reference, platform: "linux/arm64" },
      cause: "the Engine has it for linux/amd64, not for linux/arm64",
    });
  });

  test("80: must take the image of the declared platform, however exactly it is declared", () => {
    for (const platform of ["linux", "linux/arm64", "linux/arm64/v8"]) {
      const wanted = workload("web", { user: "1", platform });
      const images = new Map([[reference, image(reference, { platform: "linux/arm64/v8" })]]);
      const plan = planOf(desiredState([wanted]), actualState([runningContainer(web)], { images }));
      expect(plan.steps.filter(({ kind }) => kind === "pull-image")).toEqual([]);
      expect(plan.changes[0]?.kind).toBe("replace");
    }
  });

  test("80: must leave a container alone whose image the Engine now has for another platform", () => {
    const wanted = workload("web", { platform: "linux/arm64" });
    const moved = image(reference, { id: `sha256:${"b".repeat(64)}`, platform: "linux/amd64" });
    const actual = actualState([runningContainer(web)], { images: new Map([[reference, moved]]) });
    expect(planOf(desiredState([wanted]), actual).steps).toEqual([]);
  });

  test("must take two spellings of one reference for the same", () => {
    const short = workload("web", { image: "nginx" });
    const live = runningContainer(short, { spec: { image: "docker.io/library/nginx:latest" } });
    expect(planOf(desiredState([short]), actualState([live], { images: new Map() })).steps).toEqual([]);
  });

  test("106: must name the image alone when a new build brings other settings of its own", () => {
    const next = workload("web", { image: "myrepo/web:2-develop" });
    const images = new Map([
      [reference, image(reference, { environment: { V: "1" } })],
      ["myrepo/web:2-develop", image("myrepo/web:2-develop", { environment: { V: "2" } })],
    ]);
    const live = runningContainer(web, { spec: { environment: { V: "1" } } });
    const [change] = planOf(desiredState([next]), actualState([live], { images })).changes;
    expect(change?.fields.map(({ field }) => field)).toEqual(["image"]);
  });
});
