import { describe, expect, test } from "vitest";
import {
  actualState,
  desiredState,
  fileSet,
  network,
  onNetworks,
  runningContainer,
  volume,
  volumeMount,
  workload,
} from "../../support/builders.ts";
import { planOf, planText, waitsFor } from "../../support/plan-text.ts";

describe("networks, volumes and files", () => {
  test("must create what is missing before the containers that use it, and label it", () => {
    const db = workload("db", { network: onNetworks("back"), mounts: [volumeMount("db-data")] });
    const desired = desiredState([db], { networks: [network("back")], volumes: [volume("db-data")] });
    expect(planText(desired, actualState([], { networks: [] }))).toMatchInlineSnapshot(`
      "
            pull  myrepo/db:1-develop  the image is not on the Engine

        + db              not there yet  units/db.service:1
            create   db
            start    db
            gate     db good within 3 min 10 s, then stable for 5 s
        + network back    not there yet  units/shop.compose.yaml:40
            create   network back
        + volume db-data  not there yet  units/shop.compose.yaml:50
            create   volume db-data

      3 to create. Expected downtime: none.
      "
    `);
    const plan = planOf(desired, actualState([], { networks: [] }));
    expect(waitsFor(plan, "create db", "create network back")).toBe(true);
    expect(waitsFor(plan, "create db", "create volume db-data")).toBe(true);
    for (const id of ["create network back", "create volume db-data"])
      expect(plan.steps.find((step) => step.id === id)?.payload).toMatchObject({
        labels: { "mysysconfig.project": "shop", "mysysconfig.environment": "develop" },
      });
  });

  test("must compare only what is declared: drivers add settings of their own", () => {
    const web = workload("web");
    const desired = desiredState([web], { networks: [network("front", { driver: "bridge" })] });
    const actual = actualState([runningContainer(web)]);
    const [live] = actual.networks;
    if (live === undefined) throw new Error("unreachable");
    const rich = {
      ...live,
      options: { mtu: "1450" },
      ipam: { pools: [{ subnet: "172.18.0.0/16", gateway: "172.18.0.1" }] },
    };
    expect(planOf(desired, { ...actual, networks: [rich] }).steps).toEqual([]);
  });

  test("must use a network and a volume that were there before, whatever options they have", () => {
    const db = workload("db", { mounts: [volumeMount("db-data")] });
    const actual = actualState([runningContainer(db)], { volumes: ["db-data"] });
    const theirs = actual.volumes.map((found) => ({
      ...found,
      ownership: { kind: "unmanaged" } as const,
      driverOptions: { type: "nfs" },
    }));
    const desired = desiredState([db], { volumes: [volume("db-data")] });
    expect(planOf(desired, { ...actual, volumes: theirs }).steps).toEqual([]);
  });

  test("must deliver a set of files once for all that mount it", () => {
    const set = fileSet({ "a.conf": "1" });
    const users = ["a", "b"].map((key) =>
      workload(key, { mounts: [{ kind: "files", fileSet: set.name, target: "/etc/app" }] }),
    );
    const plan = planOf(desiredState(users, { fileSets: [set] }), actualState());
    expect(plan.steps.filter(({ kind }) => kind === "create-files")).toHaveLength(1);
    expect(plan.steps.find(({ kind }) => kind === "create-files")?.payload).toMatchObject({
      labels: { "mysysconfig.content": "files" },
    });
  });

  test("must keep a version of the files that a blocked workload still uses", () => {
    const old = fileSet({ "a.conf": "1" });
    const mounts = [{ kind: "files", fileSet: old.name, target: "/etc/app" }] as const;
    const stuck = workload("a", { network: onNetworks("nowhere") });
    const actual = actualState([runningContainer(workload("a", { mounts }))], { volumes: [old.name] });
    expect(planOf(desiredState([stuck]), actual).steps).toEqual([]);
  });
});
