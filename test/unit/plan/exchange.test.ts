import { describe, expect, test } from "vitest";
import type { ContainerSpec } from "../../../src/model/workload.ts";
import {
  actualState,
  desiredState,
  onNetworks,
  port,
  runningContainer,
  volumeMount,
  workload,
} from "../../support/builders.ts";
import { planOf, planText, waitsFor } from "../../support/plan-text.ts";

const withPort = (key: string, text: string, more: Partial<ContainerSpec> = {}) =>
  workload(key, { ports: [port(text)], ...more });
const withAddress = (key: string, ipv4: string) =>
  workload(key, { network: onNetworks({ network: "front", ipv4 }) });

describe("what changes hands", () => {
  test("5: a renamed workload with the same port and volume must be replaced, so that the old one comes back if it fails", () => {
    const before = workload("myservice", { ports: [port("3000:3000")], mounts: [volumeMount("data")] });
    const after = workload("yourservice", { ...before.container });
    expect(planText(desiredState([after]), actualState([runningContainer(before)]))).toMatchInlineSnapshot(`
      "
        ~ yourservice  workload  myservice → yourservice  units/yourservice.service:1  stop-first, downtime up to 15 s
            cause: takes over from myservice, which is no longer in the configuration
            stop-first: host port 3000, read-write volume data can be held by one container only; expected downtime at most 15 s
            create   yourservice (next)
            stop     myservice, up to 10 s
            start    yourservice (next)
            gate     yourservice (next) good within 10 s, then stable for 5 s
            rename   myservice to yourservice (previous)
            rename   yourservice (next) to yourservice
            remove   yourservice (previous)

      1 to replace. Expected downtime: yourservice up to 15 s.
      "
    `);
  });

  test("a workload that takes the container name of a removed one must replace it", () => {
    const before = workload("a", {}, { containerNames: ["app"] });
    const after = workload("b", {}, { containerNames: ["app"] });
    const [change] = planOf(desiredState([after]), actualState([runningContainer(before)])).changes;
    expect([change?.key, change?.kind]).toEqual(["b", "replace"]);
  });

  test("a surplus replica of a workload that stays must not become the predecessor of another one", () => {
    const data = { mounts: [volumeMount("data")] };
    const two = workload("api", data, { containerNames: ["api-1", "api-2"] });
    const live = [1, 2].map((replica) => runningContainer(two, { replica }));
    const desired = desiredState([{ ...two, containerNames: ["api-1"] }, workload("new", data)]);
    const { changes } = planOf(desired, actualState(live));
    expect(changes.map(({ key, kind }) => `${key} ${kind}`)).toEqual([
      "api unchanged",
      "api#2 remove",
      "new create",
    ]);
  });

  test("a removed job must not become the predecessor of a service", () => {
    const before = workload("old", { ports: [port("80:80")] }, { kind: "job" });
    const plan = planOf(desiredState([withPort("new", "80:80")]), actualState([runningContainer(before)]));
    expect(plan.changes.map(({ key, kind }) => `${key} ${kind}`)).toEqual(["new create", "old remove"]);
    expect(waitsFor(plan, "start new", "remove old")).toBe(true);
  });

  test("4: two services that swap their names must be renamed by way of other names, without a restart", () => {
    const one = workload("one", {}, { containerNames: ["red"] });
    const two = workload("two", {}, { containerNames: ["blue"] });
    const actual = actualState([runningContainer(one), runningContainer(two)]);
    const desired = desiredState([
      { ...one, containerNames: ["blue"] },
      { ...two, containerNames: ["red"] },
    ]);
    expect(planText(desired, actual)).toMatchInlineSnapshot(`
      "
        * one  is named "red" instead of "blue"  units/one.service:1
            rename   red to blue (next)
            rename   blue (next) to blue
        * two  is named "blue" instead of "red"  units/two.service:1
            rename   blue to red (next)
            rename   red (next) to red

      2 to repair. Expected downtime: none.
      "
    `);
    const plan = planOf(desired, actual);
    expect(waitsFor(plan, "rename one", "set aside two")).toBe(true);
    expect(waitsFor(plan, "rename two", "set aside one")).toBe(true);
  });

  test("names that move along a chain must move from its end, without detours", () => {
    const one = workload("one", {}, { containerNames: ["red"] });
    const two = workload("two", {}, { containerNames: ["blue"] });
    const plan = planOf(
      desiredState([
        { ...one, containerNames: ["blue"] },
        { ...two, containerNames: ["green"] },
      ]),
      actualState([runningContainer(one), runningContainer(two)]),
    );
    expect(plan.steps.map(({ id }) => id)).toEqual(["rename two", "rename one"]);
  });

  test("a new service that takes the name of one that is renamed must wait for it", () => {
    const one = workload("one", {}, { containerNames: ["red"] });
    const plan = planOf(
      desiredState([{ ...one, containerNames: ["blue"] }, workload("two", {}, { containerNames: ["red"] })]),
      actualState([runningContainer(one)]),
    );
    expect(waitsFor(plan, "create two", "rename one")).toBe(true);
  });

  test("122: a port that moves must be taken only after its holder has moved on for good", () => {
    const actual = actualState([runningContainer(withPort("a", "80:80"))]);
    const plan = planOf(desiredState([workload("a"), withPort("b", "80:80")]), actual);
    expect(waitsFor(plan, "start b", "commit a")).toBe(true);
    expect(plan.changes.find(({ key }) => key === "a")?.rollout?.order).toBe("start-first");
  });

  test("a port that moves must not keep the taker down while its holder moves on", () => {
    const before = [withPort("a", "80:80"), withPort("b", "81:81")];
    const after = [workload("a"), workload("b", { ports: [port("80:80"), port("81:81")] })];
    const plan = planOf(desiredState(after), actualState(before.map((spec) => runningContainer(spec))));
    expect(waitsFor(plan, "stop b", "commit a")).toBe(true);
  });

  test("swapped ports must change as one: all created, all stopped, all started, and only then renamed and removed", () => {
    const actual = actualState(
      [withPort("a", "80:80"), withPort("b", "81:80")].map((spec) => runningContainer(spec)),
    );
    const desired = desiredState([withPort("a", "81:80"), withPort("b", "80:80")]);
    expect(planText(desired, actual)).toMatchInlineSnapshot(`
      "
        ~ a  ports  80:80/tcp → 81:80/tcp  units/a.service:1  stop-first, downtime up to 30 s
            cause: the configuration changed
            stop-first: exchanges host port 81 with b; expected downtime at most 30 s
            create   a (next)
            stop     a, up to 10 s
            start    a (next)
            gate     a (next) good within 10 s, then stable for 5 s
            rename   a to a (previous)
            rename   a (next) to a
            remove   a (previous)
        ~ b  ports  81:80/tcp → 80:80/tcp  units/b.service:1  stop-first, downtime up to 30 s
            cause: the configuration changed
            stop-first: exchanges host port 80 with a; expected downtime at most 30 s
            create   b (next)
            stop     b, up to 10 s
            start    b (next)
            gate     b (next) good within 10 s, then stable for 5 s
            rename   b to b (previous)
            rename   b (next) to b
            remove   b (previous)

      2 to replace. Expected downtime: a up to 30 s, b up to 30 s.
      "
    `);
    const plan = planOf(desired, actual);
    for (const [own, other] of [
      ["a", "b"],
      ["b", "a"],
    ] as const) {
      expect(waitsFor(plan, `stop ${own}`, `create ${other}`)).toBe(true);
      expect(waitsFor(plan, `start ${own}`, `stop ${other}`)).toBe(true);
      expect(waitsFor(plan, `set aside old ${own}`, `gate ${other}`)).toBe(true);
      expect(waitsFor(plan, `remove old ${own}`, `commit ${other}`)).toBe(true);
    }
    expect(new Set(plan.steps.map(({ together }) => together))).toEqual(new Set(["a + b"]));
  });

  test("a port that moves to what its holder depends on must not end in a deadlock", () => {
    const before = [workload("db"), withPort("web", "80:80")];
    const after = [withPort("db", "80:80"), workload("web", {}, { dependsOn: [{ workload: "db" }] })];
    const plan = planOf(desiredState(after), actualState(before.map((spec) => runningContainer(spec))));
    expect(waitsFor(plan, "start db", "stop web")).toBe(true);
    expect(waitsFor(plan, "start web", "gate db")).toBe(true);
  });

  test("swapped static addresses must be replaced together: two living containers cannot swap them", () => {
    const actual = actualState(
      [withAddress("a", "10.0.0.7"), withAddress("b", "10.0.0.8")].map((spec) => runningContainer(spec)),
    );
    const plan = planOf(desiredState([withAddress("a", "10.0.0.8"), withAddress("b", "10.0.0.7")]), actual);
    expect(plan.changes.map(({ kind, rollout }) => [kind, rollout?.reason])).toEqual([
      ["replace", "exchanges address 10.0.0.8 with b"],
      ["replace", "exchanges address 10.0.0.7 with a"],
    ]);
  });

  test("64: an address that moves must be given up before it is taken", () => {
    const actual = actualState(
      [withAddress("a", "10.0.0.7"), workload("b")].map((spec) => runningContainer(spec)),
    );
    const plan = planOf(desiredState([workload("a"), withAddress("b", "10.0.0.7")]), actual);
    expect(plan.changes.map(({ kind }) => kind)).toEqual(["in-place", "replace"]);
  });

  test("a service that moves into the network of the one that takes its port must be refused in one step", () => {
    const before = [workload("vpn"), withPort("app", "80:80")];
    const after = [
      withPort("vpn", "80:80"),
      workload("app", { network: { kind: "workload", workload: "vpn" } }),
    ];
    const plan = planOf(desiredState(after), actualState(before.map((spec) => runningContainer(spec))));
    expect(plan.changes.map(({ kind, cause }) => `${kind}: ${cause}`)).toEqual([
      "blocked: app, vpn wait for one another: change them in two steps",
      "blocked: app, vpn wait for one another: change them in two steps",
    ]);
  });

  test("an orphan whose port is taken must stop first, and come back if the taker fails while it lives in its network", () => {
    const owner = runningContainer(withPort("owner", "80:80"));
    const inside = workload("app", { network: { kind: "workload", workload: "owner" } });
    const app = runningContainer(inside, { spec: { network: { kind: "container", container: owner.id } } });
    const plan = planOf(desiredState([withPort("app", "80:80")]), actualState([owner, app]));
    expect(waitsFor(plan, "stop owner", "stop app")).toBe(true);
    expect(waitsFor(plan, "remove owner", "gate app")).toBe(true);
  });

  test("who leaves the network of a replaced container must do so first, so that it can come back", () => {
    const owner = runningContainer(workload("vpn"));
    const inside = workload("app", { network: { kind: "workload", workload: "vpn" } });
    const app = runningContainer(inside, { spec: { network: { kind: "container", container: owner.id } } });
    const apart = desiredState([workload("vpn", { user: "1" }), workload("app")]);
    expect(waitsFor(planOf(apart, actualState([owner, app])), "create vpn", "commit app")).toBe(true);
    const taken = runningContainer(withPort("vpn", "80:80"));
    const swap = desiredState([workload("vpn"), withPort("app", "80:80")]);
    const plan = planOf(
      swap,
      actualState([
        taken,
        { ...app, spec: { ...app.spec, network: { kind: "container", container: taken.id } } },
      ]),
    );
    expect(waitsFor(plan, "stop vpn", "stop app")).toBe(true);
    expect(waitsFor(plan, "start app", "stop vpn")).toBe(true);
  });
});
