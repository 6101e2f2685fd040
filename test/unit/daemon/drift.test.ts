import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { meaningOf, type Ours } from "../../../src/daemon/drift.ts";
import { labelKeys, ownerLabels } from "../../../src/model/ownership.ts";
import type { EngineEvent } from "../../../src/ports.ts";

const owner = { project: "shop", environment: "develop" };
const ours: Ours = {
  owner,
  containers: new Map([["c1", "web"]]),
  services: new Map([["s1", "api"]]),
  networks: new Set(["front"]),
  volumes: new Set(["data"]),
  image: "mysysconfig:develop",
};

const event = (
  subject: EngineEvent["subject"],
  action: string,
  id = "c1",
  attributes: Readonly<Record<string, string>> = {},
): EngineEvent => ({ subject, action, id, attributes });

const owned = { ...ownerLabels(owner), [labelKeys.workload]: "api" };

describe("what an event means", () => {
  const rows: readonly (readonly [string, EngineEvent, string | undefined])[] = [
    ...(
      [
        ["die", "ended"],
        ["destroy", "removed"],
        ["pause", "paused"],
        ["rename", "renamed"],
        ["update", "changed"],
        ["oom", "ran out of memory"],
        ["health_status: unhealthy", "became unhealthy"],
      ] as const
    ).map(([action, word]) => [`container ${action}`, event("container", action), `web: ${word}`] as const),
    ...[
      "start",
      "stop",
      "unpause",
      "create",
      "exec_die",
      "health_status: healthy",
      "toString",
      "__proto__",
      "",
    ].map((action) => [`container ${action || "(none)"}`, event("container", action), undefined] as const),
    ["one of ours that is not known yet", event("container", "die", "c9", owned), "api: ended"],
    ["our own state", event("container", "die", "c9", ownerLabels(owner)), undefined],
    ["somebody else's", event("container", "die", "c9"), undefined],
    [
      "another environment's",
      event("container", "die", "c9", { ...owned, ...ownerLabels({ ...owner, environment: "main" }) }),
      undefined,
    ],
    ["network destroy", event("network", "destroy", "n1", { name: "front" }), "network front: removed"],
    ["network remove", event("network", "remove", "n1", { name: "front" }), "network front: removed"],
    ["a foreign network", event("network", "destroy", "n1", { name: "other" }), undefined],
    ["network without a name", event("network", "destroy", "n1"), undefined],
    [
      "disconnect",
      event("network", "disconnect", "n1", { name: "front", container: "c1" }),
      "web: disconnected from front",
    ],
    [
      "disconnect of a foreign one",
      event("network", "disconnect", "n1", { name: "front", container: "c9" }),
      undefined,
    ],
    ["connect", event("network", "connect", "n1", { name: "front", container: "c1" }), undefined],
    ["volume destroy", event("volume", "destroy", "data"), "volume data: removed"],
    ["volume mount", event("volume", "mount", "data"), undefined],
    ["a foreign volume", event("volume", "destroy", "other"), undefined],
    ["image of another name", event("image", "tag", "sha256:1", { name: "web:1" }), undefined],
    ["image delete", event("image", "delete", "mysysconfig:develop"), undefined],
    ["image with a name that is none", event("image", "tag", "sha256:1", { name: ":::" }), undefined],
  ];
  test.for(rows)("%s", ([_what, happened, what]) => {
    const meaning = meaningOf(happened, ours);
    expect(meaning?.kind === "drift" ? meaning.what : undefined).toBe(what);
    expect(meaning?.kind).not.toBe("image");
  });

  test.for([
    event("image", "tag", "sha256:1", { name: "mysysconfig:develop" }),
    event("image", "pull", "mysysconfig:develop"),
    event("image", "load", "docker.io/library/mysysconfig:develop"),
  ])("the followed image must be known by each of its names: $action $id", (happened) => {
    expect(meaningOf(happened, ours)).toEqual({ kind: "image" });
    const { image: _none, ...nobody } = ours;
    expect(meaningOf(happened, nobody)).toBeUndefined();
  });

  test("whatever attributes hold, it must answer", () => {
    const key = fc.oneof(
      fc.constantFrom(...Object.values(labelKeys), "name", "container", "__proto__"),
      fc.string(),
    );
    const value = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("shop", "develop", "c1", "front"));
    const any = fc.record({
      subject: fc.constantFrom("container" as const, "network" as const, "volume" as const, "image" as const),
      action: fc.oneof(fc.string(), fc.constantFrom("die", "destroy", "disconnect", "tag", "rename")),
      id: fc.string({ unit: "binary" }),
      attributes: fc.dictionary(key, value),
    });
    fc.assert(
      fc.property(any, (happened) => {
        expect(["drift", "image", undefined]).toContain(meaningOf(happened, ours)?.kind);
      }),
      { numRuns: 2_000 },
    );
  });
});
