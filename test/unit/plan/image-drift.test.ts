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

  describe("that were locked when the configuration was baked", () => {
    const lock = { kind: "digest", value: `sha256:${"c".repeat(64)}` } as const;
    const locked = workload("web", { imageLock: lock });
    const good = image(reference, { digests: [lock.value] });
    const other = image(reference, { id: `sha256:${"d".repeat(64)}` });

    test("must be no difference for a container that was made from the locked image", () => {
      const actual = actualState([runningContainer(locked)], { images: new Map([[good.id, good]]) });
      expect(planOf(desiredState([locked]), actual).steps).toEqual([]);
    });

    test("must replace a container of another image, and pull the locked one by its digest", () => {
      const live = runningContainer(locked, { imageId: other.id });
      const images = new Map([reference, other.id].map((name) => [name, other] as const));
      const plan = planOf(desiredState([locked]), actualState([live], { images }));
      expect(plan.changes[0]).toMatchObject({ kind: "replace", fields: [{ field: "image" }] });
      expect(plan.changes[0]?.fields[0]?.after).toBe(`${reference} (locked sha256:ccccccc)`);
      expect(plan.steps[0]).toMatchObject({ kind: "pull-image", payload: { image: reference, lock } });
    });

    test("must leave a container alone whose tag on the Engine moved since", () => {
      const live = runningContainer(locked, { imageId: good.id });
      const images = new Map([
        [reference, other],
        [good.id, good],
      ]);
      expect(planOf(desiredState([locked]), actualState([live], { images })).steps).toEqual([]);
    });

    test("must be told apart by the id when they never were in a registry", () => {
      const byId = workload("web", { imageLock: { kind: "id", value: good.id } });
      const images = new Map([reference, good.id].map((name) => [name, good] as const));
      const made = actualState([runningContainer(byId, { imageId: good.id })], { images });
      expect(planOf(desiredState([byId]), made).steps).toEqual([]);
      const elsewhere = actualState([runningContainer(byId, { imageId: other.id })], {
        images: new Map([[other.id, other]]),
      });
      expect(planOf(desiredState([byId]), elsewhere).changes[0]?.kind).toBe("replace");
    });
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
