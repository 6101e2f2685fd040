import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verifyWritten } from "../../../src/docker/state-files.ts";
import { lockVessel, readerVessel, statePlace } from "../../../src/docker/state-place.ts";

/** As names of projects and environments are: made of few letters, so that they meet often. */
const name = fc.stringMatching(/^[ab][ab.-]{0,4}$/);

describe("where the state of an environment is", () => {
  test("must be named after project and environment", () => {
    const { reader, lock } = statePlace({ project: "shop", environment: "feature-x" });
    expect({ reader, lock }).toEqual({
      reader: "mysysconfig-state-shop-feature-x",
      lock: "mysysconfig-lock-shop-feature-x",
    });
  });

  test("must be another place for every other project and environment", () => {
    const places = new Map<string, string>();
    fc.assert(
      fc.property(name, name, (project, environment) => {
        const owner = JSON.stringify([project, environment]);
        const { reader } = statePlace({ project, environment });
        expect(reader).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);
        expect(places.get(reader) ?? owner).toBe(owner);
        places.set(reader, owner);
      }),
      { numRuns: 5_000 },
    );
    expect(places.size).toBeGreaterThan(500);
  });

  test("must be labelled as owned content, never as a workload", () => {
    const place = statePlace({ project: "shop", environment: "develop" });
    const owned = { "mysysconfig.project": "shop", "mysysconfig.environment": "develop" };
    const state = { ...owned, "mysysconfig.content": "state" };
    expect(readerVessel(place)).toMatchObject({ labels: state, volume: place.reader });
    expect(lockVessel(place, { holder: "me" })).toMatchObject({
      labels: { ...owned, "mysysconfig.content": "lock", holder: "me" },
      volumeLabels: state,
      volume: place.reader,
    });
  });
});

describe("what was written", () => {
  const written = new Map([
    ["records/a.json", "1"],
    ["records/b.json", "2"],
  ]);

  test("must be there as it was sent", () => {
    expect(() =>
      verifyWritten(written, new Map([...written, ["records/c.json", "3"]]), "write"),
    ).not.toThrow();
    const found = new Map([["records/a.json", "10"]]);
    expect(() => verifyWritten(written, found, "write the state")).toThrow(
      expect.objectContaining({
        code: "engine-failed",
        message: "write the state: not there as written: records/a.json, records/b.json",
      }),
    );
  });
});
