import { describe, expect, test } from "vitest";
import type { ActualContainer } from "../../../src/model/actual-state.ts";
import { actualState, desiredState, image, runningContainer, workload } from "../../support/builders.ts";
import { planOf, planText, waitsFor } from "../../support/plan-text.ts";

const old = workload("web");
const wanted = workload("web", { image: "myrepo/web:2-develop" });

type Status = ActualContainer["state"]["status"];
const inState = (status: Status) => ({ status, exitCode: status === "exited" ? 137 : 0 });
const web = (status: Status = "running") => runningContainer(old, { state: inState(status) });
const next = (status: Status = "running", txn = "aaaaaaaa", spec = wanted) =>
  runningContainer(spec, { name: `web.next-${txn}`, state: inState(status), record: { txn } });
const previous = (status: Status = "exited") =>
  runningContainer(old, { name: "web.prev-aaaaaaaa", state: inState(status) });

function recover(...containers: ActualContainer[]) {
  const images = new Map([wanted, old].map(({ container }) => [container.image, image(container.image)]));
  return [desiredState([wanted]), actualState(containers, { images })] as const;
}

/** The table of `reconcile-semantics.md` 5.6: decided from names, labels and state alone. */
describe("what an interrupted run left behind", () => {
  test("6: web + next (created): must remove next and replace web anew", () => {
    expect(planText(...recover(web(), next("created")))).toMatchInlineSnapshot(`
      "
        ~ web             image  myrepo/web:1-develop → 2-develop      units/web.service:1  start-first, no downtime
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
        * web leftover 1  left behind by an interrupted run (created)
            remove   web (next)

      1 to replace, 1 to repair. Expected downtime: none.
      "
    `);
  });

  test("web (running) + next (running): must not trust next, because it has not passed its gate", () => {
    const plan = planOf(...recover(web(), next()));
    expect(waitsFor(plan, "create web", "remove web leftover 1")).toBe(true);
    expect(plan.steps.find(({ id }) => id === "stop web")?.payload).toMatchObject({
      container: { name: "web" },
    });
  });

  test("7: web (stopped) + next (created): must start the new one, and the old one again if it fails", () => {
    const plan = planOf(...recover(web("exited"), next("created")));
    const stop = plan.steps.find(({ id }) => id === "stop web");
    expect(plan.changes[0]?.rollout).toEqual({
      order: "stop-first",
      reason: "the old container does not run",
      downtimeMs: 0,
    });
    expect(stop?.payload).toMatchObject({ container: { name: "web" }, gate: {} });
  });

  test("8: web (stopped) + next (running): must resume the gate, keep web until it has passed, and know the way back", () => {
    expect(planText(...recover(web("exited"), next()))).toMatchInlineSnapshot(`
      "
        * web             an interrupted run had just started it      units/web.service:1
            stop     web, up to 10 s
            gate     web (next) good within 10 s, then stable for 5 s
            rename   web (next) to web
        * web leftover 1  left behind by an interrupted run (exited)
            remove   web

      2 to repair. Expected downtime: none.
      "
    `);
    const plan = planOf(...recover(web("exited"), next()));
    expect(waitsFor(plan, "remove web leftover 1", "gate web")).toBe(true);
    expect(waitsFor(plan, "rename web", "remove web leftover 1")).toBe(true);
  });

  test("web (stopped) + next (stopped): must begin again", () => {
    const plan = planOf(...recover(web("exited"), next("exited")));
    expect(plan.changes.map(({ key, kind }) => [key, kind])).toEqual([
      ["web", "replace"],
      ["web leftover 1", "repair"],
    ]);
  });

  test("9: prev + next, no web: must finish the renames, because the gate had passed", () => {
    expect(planText(...recover(previous(), next()))).toMatchInlineSnapshot(`
      "
        * web             an interrupted run had put it in place      units/web.service:1
            rename   web (next) to web
        * web leftover 1  left behind by an interrupted run (exited)
            remove   web (previous)

      2 to repair. Expected downtime: none.
      "
    `);
  });

  test("10: web + prev: must remove prev and count it for nothing else", () => {
    const plan = planOf(...recover(runningContainer(wanted), previous()));
    expect(plan.steps.map(({ id }) => id)).toEqual(["remove web leftover 1"]);
  });

  test("10: web (stopped) + prev: must keep prev until web serves again", () => {
    const stopped = runningContainer(wanted, { state: inState("exited") });
    const plan = planOf(...recover(stopped, previous()));
    expect(waitsFor(plan, "remove web leftover 1", "gate web")).toBe(true);
  });

  test("prev only: must replace it like any old container, and start it again if that fails", () => {
    const plan = planOf(...recover(previous()));
    expect(plan.steps.map(({ id }) => id)).toEqual([
      "create web",
      "stop web",
      "start web",
      "gate web",
      "set aside old web",
      "commit web",
      "remove old web",
    ]);
  });

  test("prev only, and as desired: must rename and start it", () => {
    const kept = runningContainer(wanted, { name: "web.prev-aaaaaaaa", state: inState("exited") });
    expect(planOf(...recover(kept)).steps.map(({ id }) => id)).toEqual([
      "start web",
      "gate web",
      "rename web",
    ]);
  });

  test("11: several next: must keep the one that is as desired and remove the others", () => {
    const stale = next("running", "bbbbbbbb", workload("web", { image: "myrepo/web:9-develop" }));
    const plan = planOf(...recover(stale, next("running", "cccccccc")));
    expect(
      plan.steps.map(({ id, payload }) => [id, "container" in payload ? payload.container.name : ""]),
    ).toEqual([
      ["stop web leftover 1", "web.next-bbbbbbbb"],
      ["remove web leftover 1", "web.next-bbbbbbbb"],
      ["rename web", "web.next-cccccccc"],
    ]);
  });

  test("44: must give the restart policy back that the interrupted run had taken away", () => {
    const disarmed = runningContainer(old, { spec: { restart: { name: "no" } } });
    const plan = planOf(...recover(disarmed, next()));
    expect(plan.steps.find(({ id }) => id === "stop web")?.payload).toMatchObject({
      restart: { name: "always" },
    });
  });

  test("must leave the last good container of a blocked workload alone", () => {
    const lost = workload("web", { network: { kind: "container", container: "gone" } });
    const plan = planOf(desiredState([lost]), actualState([web("exited"), previous()]));
    expect(plan.steps).toEqual([]);
  });

  test("12: must not touch what docker compose left under a foreign label", () => {
    const theirs = runningContainer(old, { name: "0123456789ab_web", ownership: { kind: "unmanaged" } });
    const plan = planOf(...recover(runningContainer(wanted), theirs));
    expect(plan.steps).toEqual([]);
  });
});
