import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  nameForRole,
  ownerLabels,
  ownershipOf,
  parseRoleName,
  userLabels,
} from "../../../src/model/ownership.ts";

const owner = { project: "shop", environment: "develop" };

describe("ownership", () => {
  test.for([
    [{ "mysysconfig.project": "shop", "mysysconfig.environment": "develop" }, { kind: "owned" }],
    [
      { "mysysconfig.project": "shop", "mysysconfig.environment": "master" },
      { kind: "foreign", owner: { project: "shop", environment: "master" } },
    ],
    [
      { "mysysconfig.project": "other", "mysysconfig.environment": "develop" },
      { kind: "foreign", owner: { project: "other", environment: "develop" } },
    ],
    [{ "mysysconfig.project": "shop" }, { kind: "foreign", owner: { project: "shop", environment: "" } }],
    [
      { "mysysconfig.environment": "develop" },
      { kind: "foreign", owner: { project: "", environment: "develop" } },
    ],
    [{}, { kind: "unmanaged" }],
    [{ "com.docker.compose.project": "shop", "mysysconfig.workload": "web" }, { kind: "unmanaged" }],
  ] as const)("of %j must be %j", ([labels, ownership]) => {
    expect(ownershipOf(labels, owner)).toEqual(ownership);
  });

  test("must be found again in the labels that it was written to", () => {
    expect(ownershipOf({ ...ownerLabels(owner), x: "y" }, owner)).toEqual({ kind: "owned" });
  });

  test("must keep the user's labels apart from ours", () => {
    expect(userLabels({ ...ownerLabels(owner), a: "1", mysysconfig: "2", mysysconfigx: "3" })).toEqual({
      a: "1",
      mysysconfig: "2",
      mysysconfigx: "3",
    });
  });
});

describe("the role of a container", () => {
  test.for([
    ["current", "web"],
    ["next", "web.next-0a1b2c3d"],
    ["previous", "web.prev-0a1b2c3d"],
  ] as const)("%s must be in its name: %s", ([role, name]) => {
    expect(nameForRole("web", role, "0a1b2c3d")).toBe(name);
    expect(parseRoleName(name)).toMatchObject({ base: "web", role });
  });

  test.for([
    "web.next-0A1B2C3D",
    "web.next-0a1b2c3",
    "web.next-0a1b2c3d4",
    "web-next-0a1b2c3d",
    ".next-0a1b2c3d",
    "web.old-0a1b2c3d",
  ])("%s must be an ordinary name", (name) => {
    expect(parseRoleName(name)).toEqual({ base: name, role: "current" });
  });

  test("must be read back from any name and transaction", () => {
    const txn = fc.stringMatching(/^[0-9a-f]{8}$/);
    const name = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,20}$/);
    fc.assert(
      fc.property(name, fc.constantFrom("next" as const, "previous" as const), txn, (base, role, id) => {
        expect(parseRoleName(nameForRole(base, role, id))).toEqual({ base, role, txn: id });
      }),
    );
  });
});
