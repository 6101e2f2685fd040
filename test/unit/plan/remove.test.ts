import { describe, expect, test } from "vitest";
import {
  actualState,
  desiredState,
  fileSet,
  network,
  onNetworks,
  runningContainer,
  volumeMount,
  workload,
} from "../../support/builders.ts";
import { planOf, planText, waitsFor } from "../../support/plan-text.ts";

const web = workload("web");

describe("remove", () => {
  test("69: must remove an orphan and keep its volumes", () => {
    const db = workload("db", { mounts: [volumeMount("db-data"), volumeMount("db-log", "/log")] });
    const actual = actualState([runningContainer(web), runningContainer(db)], {
      volumes: ["db-data", "db-log"],
    });
    expect(planText(desiredState([web]), actual)).toMatchInlineSnapshot(`
      "
        - db  no longer in the configuration
            note: its volumes db-data, db-log stay
            stop     db, up to 10 s
            remove   db

        volume db-data is no longer declared and stays
        volume db-log is no longer declared and stays
      1 to remove, 1 unchanged. Expected downtime: none.
      "
    `);
    expect(planOf(desiredState([web]), actual).steps.map(({ kind }) => kind)).toEqual([
      "stop-container",
      "remove-container",
    ]);
  });

  test("86: must remove dependents before what they need", () => {
    const db = workload("db");
    const api = workload("api", {}, { dependsOn: [{ workload: "db" }] });
    const plan = planOf(
      desiredState([web]),
      actualState([web, db, api].map((spec) => runningContainer(spec))),
    );
    expect(waitsFor(plan, "stop db", "remove api")).toBe(true);
  });

  test("must not be stopped by old containers that need each other in a circle", () => {
    const a = runningContainer(workload("a"), { record: { needs: ["b"] } });
    const b = runningContainer(workload("b"), { record: { needs: ["a"] } });
    const plan = planOf(desiredState([web]), actualState([runningContainer(web), a, b]));
    expect(plan.steps.filter(({ kind }) => kind === "remove-container")).toHaveLength(2);
  });

  test("must keep what the old container of a replaced workload needs until the new one is ready", () => {
    const before = workload("api", {}, { dependsOn: [{ workload: "db" }] });
    const after = workload("api", { environment: { STORE: "files" } });
    const plan = planOf(
      desiredState([after]),
      actualState([runningContainer(before), runningContainer(workload("db"))]),
    );
    expect(waitsFor(plan, "stop db", "commit api")).toBe(true);
  });

  test("must keep it while the workload that needs it is blocked", () => {
    const before = workload("api", {}, { dependsOn: [{ workload: "db" }] });
    const after = workload("api", { network: onNetworks("missing") });
    const actual = actualState([runningContainer(before), runningContainer(workload("db"))]);
    expect(planText(desiredState([after]), actual)).toMatchInlineSnapshot(`
      "
        ! api  network front  attached → (not set)  units/api.service:1
            network missing  + attached
            cause: network "missing" does not exist; declare it under networks: of a compose file in units/, or create it with docker network create missing
        ! db   no longer in the configuration, but api still needs it and is blocked

      2 blocked. Expected downtime: none.
      "
    `);
    expect(planOf(desiredState([after]), actual)).toMatchObject({ steps: [], removedWorkloads: [] });
  });

  test("94: must scale down from the highest number, after the remaining replicas are good", () => {
    const three = workload("web", {}, { containerNames: ["web-1", "web-2", "web-3"] });
    const one = { ...three, containerNames: ["web-1"] };
    const containers = [1, 2, 3].map((replica) =>
      runningContainer(three, { replica, ...(replica === 1 ? { state: { status: "exited" } } : {}) }),
    );
    const plan = planOf(desiredState([one]), actualState(containers));
    expect(plan.changes.map(({ key, kind }) => [key, kind])).toEqual([
      ["web", "repair"],
      ["web#2", "remove"],
      ["web#3", "remove"],
    ]);
    expect(waitsFor(plan, "stop web#2", "gate web")).toBe(true);
    expect(plan.removedWorkloads).toEqual([]);
  });

  test("21, 135: must not remove or replace what another source of the same project manages", () => {
    const theirs = runningContainer(workload("db"), { record: { source: "https://git.example/other" } });
    const desired = desiredState([web], { source: "https://git.example/shop", networks: [] });
    expect(
      planText(
        desired,
        actualState([runningContainer(web, { record: { source: "https://git.example/shop" } }), theirs]),
      ),
    ).toMatchInlineSnapshot(`
      "
        another source (https://git.example/other) manages this project and environment: nothing is removed
      Nothing to do: 1 workload is as desired.
      "
    `);
  });

  test("135: must not touch foreign containers and unmanaged ones", () => {
    const foreign = runningContainer(workload("db"), {
      ownership: { kind: "foreign", owner: { project: "other", environment: "develop" } },
    });
    const unmanaged = runningContainer(workload("cache"), { ownership: { kind: "unmanaged" } });
    expect(
      planOf(desiredState([web]), actualState([runningContainer(web), foreign, unmanaged])).steps,
    ).toEqual([]);
  });

  test("must leave an owned container without a workload alone: the tool's own state lives in one", () => {
    const { workload: _none, ...record } = runningContainer(web).record;
    const state = { ...runningContainer(workload("mysysconfig-state")), record };
    expect(planOf(desiredState([web]), actualState([runningContainer(web), state])).steps).toEqual([]);
  });

  test("63: must remove an owned network after its last user, and never one that a workload still names", () => {
    const old = workload("old", { network: onNetworks("back") });
    const actual = actualState([runningContainer(web), runningContainer(old)], {
      networks: ["front", "back"],
    });
    const plan = planOf(desiredState([web], { networks: [] }), actual);
    expect(waitsFor(plan, "remove network back", "remove old")).toBe(true);
    expect(plan.steps.map(({ id }) => id)).not.toContain("remove network front");
  });

  test("73: must deliver a new version of files before its users are created, and remove the old one after them", () => {
    const [one, two] = [fileSet({ "web.conf": "a" }), fileSet({ "web.conf": "b" })];
    const withFiles = (name: string) =>
      workload("web", {
        mounts: [{ kind: "files", fileSet: name, path: "web.conf", target: "/etc/web.conf" }],
      });
    const actual = actualState([runningContainer(withFiles(one.name))], { volumes: [one.name] });
    const desired = desiredState([withFiles(two.name)], { fileSets: [two] });
    expect(planText(desired, actual)).toMatchInlineSnapshot(`
      "
            deliver  web.conf  files of the repository are mounted

        - files @898d88b  no workload uses this version of the files
            remove   file volume mysysconfig-shop-develop-files-898d88b5ae1f03e9
        ~ web             mount /etc/web.conf  files web.conf @898d88b → files web.conf @531aa24  units/web.service:1  start-first, no downtime
            cause: the configuration changed
            create   web (next), without its aliases yet
            start    web (next)
            gate     web (next) good within 10 s, then stable for 5 s
            cut over web on front
            wait     1 s for clients to reach the new address
            stop     web, up to 10 s
            rename   web to web (previous)
            rename   web (next) to web
            remove   web (previous)

      1 to replace, 1 to remove. Expected downtime: none.
      "
    `);
    const plan = planOf(desired, actual);
    expect(waitsFor(plan, "create web", `deliver ${two.name}`)).toBe(true);
    expect(waitsFor(plan, `remove files ${one.name}`, "remove old web")).toBe(true);
  });

  test("69: must list volumes that are no longer declared and keep them", () => {
    const plan = planOf(desiredState([web]), actualState([runningContainer(web)], { volumes: ["old-data"] }));
    expect(plan).toMatchObject({ volumesKept: ["old-data"], steps: [] });
  });

  test("must remove the network of a service that moves, after it has moved", () => {
    const before = workload("web", { network: onNetworks("back") });
    const desired = desiredState([web], { networks: [network("front")] });
    const plan = planOf(desired, actualState([runningContainer(before)], { networks: ["back"] }));
    expect(waitsFor(plan, "create web", "create network front")).toBe(true);
    expect(waitsFor(plan, "remove network back", "remove old web")).toBe(true);
  });
});
