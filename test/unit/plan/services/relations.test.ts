import { describe, expect, test } from "vitest";
import type { ActualStored } from "../../../../src/model/actual-swarm.ts";
import type { ServiceSpec } from "../../../../src/model/service-spec.ts";
import { port, workload } from "../../../support/builders.ts";
import { runningService, specOf } from "../../../support/services.ts";
import { changeOf } from "../planning.ts";
import { servicePlan, stepsOf } from "./planning.ts";

const publishes = (...texts: readonly string[]) => ({ ports: texts.map(port) });
const hosting = (text: string) => ({ ports: [{ ...port(text), mode: "host" as const }] });
const stepNeeds = (plan: ReturnType<typeof servicePlan>, id: string) =>
  plan.steps.find((step) => step.id === id)?.dependsOn ?? [];

describe("ports", () => {
  test("case 122: must wait for the gate of the one that gives them away", () => {
    const plan = servicePlan(
      [workload("a", publishes("81:80")), workload("b", publishes("80:80"))],
      [runningService(workload("a", publishes("80:80"))), runningService(workload("b"))],
    );
    expect(stepNeeds(plan, "update b")).toEqual(["gate a"]);
  });

  test("must not be in one another's way with another protocol", () => {
    const plan = servicePlan(
      [workload("a", publishes("53:53")), workload("b", publishes("53:53/udp"))],
      [runningService(workload("a", publishes("53:53"))), runningService(workload("b"))],
    );
    expect(stepsOf(plan)).toEqual(["update b", "gate b"]);
    const held = servicePlan(
      [workload("a", publishes("53:53/udp")), workload("b", publishes("53:53/udp"))],
      [runningService(workload("a", publishes("53:53/udp"))), runningService(workload("b"))],
    );
    expect(changeOf(held, "b").cause).toBe("port 53/udp is published by service a, which keeps it");
  });

  test("of the nodes may be had by several services, but an orphan with one goes first", () => {
    const both = [workload("a", hosting("80:80")), workload("b", hosting("80:80"))];
    const shared = servicePlan(both, [runningService(workload("a", hosting("80:80")))]);
    expect(stepsOf(shared)).toEqual(["create b", "gate b"]);
    const orphan = servicePlan(
      [workload("b", hosting("80:80")), workload("c")],
      [runningService(workload("a", hosting("80:80"))), runningService(workload("c"))],
    );
    expect(stepNeeds(orphan, "create b")).toEqual(["remove a"]);
  });

  test("must be blocked together with whoever waits for what is blocked", () => {
    const plan = servicePlan(
      [
        workload("a", publishes("81:80")),
        workload("b", publishes("80:80")),
        workload("c", {}, { dependsOn: [{ workload: "b" }] }),
      ],
      [
        runningService(workload("a", publishes("80:80"))),
        {
          ...runningService(workload("x", publishes("81:80"))),
          ownership: { kind: "unmanaged" },
          name: "theirs",
        },
      ],
    );
    expect([stepsOf(plan), ["a", "b", "c"].map((key) => changeOf(plan, key).cause)]).toEqual([
      [],
      [
        "port 81 is published by service theirs, which keeps it",
        "port 80 is published by service a, which keeps it",
        "depends on b, which is blocked",
      ],
    ]);
  });
});

describe("names of changes", () => {
  test("must be different for two services of one workload", () => {
    const web = workload("web");
    const copy = { ...runningService(web), id: "id-copy", name: "web-copy" };
    const plan = servicePlan([workload("web", { image: "myrepo/web:2" })], [runningService(web), copy]);
    expect(plan.changes.map(({ key, kind }) => `${kind} ${key}`)).toEqual([
      "replace web",
      "remove web (web-copy)",
    ]);
    expect(stepsOf(plan)).toEqual(["update web", "gate web", "remove web (web-copy)"]);
  });
});

const stored = (name: string): ActualStored => ({
  ...{ id: `id-${name}`, name, ownership: { kind: "owned" }, holdsFiles: true },
});
const using = (name: string): ServiceSpec => {
  const spec = specOf(workload("web"));
  const Configs = [{ ConfigName: name }];
  const ContainerSpec = { ...spec.TaskTemplate.ContainerSpec, Configs };
  return { ...spec, TaskTemplate: { ...spec.TaskTemplate, ContainerSpec } };
};

describe("case 120: a config that the configuration does not bring any more", () => {
  const configs = [stored("old")];
  const web = workload("web");

  test("must stay while the spec before names it, and go with the next update", () => {
    const service = runningService(web, { previousSpec: using("old") });
    expect(stepsOf(servicePlan([web], [service], { swarm: { configs } }))).toEqual([]);
    const changed = servicePlan([workload("web", { image: "myrepo/web:2" })], [service], {
      swarm: { configs },
    });
    expect(stepNeeds(changed, "remove config old")).toEqual(["gate web"]);
  });

  test("must stay with the update that makes its spec the one before", () => {
    const service = runningService(web, { spec: using("old") });
    const plan = servicePlan([web], [service], { swarm: { configs } });
    expect(stepsOf(plan)).toEqual(["update web", "gate web"]);
  });

  test("must go with the service that is removed, and at once when nobody names it", () => {
    const service = {
      ...runningService(web, { spec: using("old") }),
      record: { workload: "web", needs: [] },
    };
    const other = workload("other");
    const plan = servicePlan([other], [service, runningService(other)], { swarm: { configs } });
    expect(stepNeeds(plan, "remove config old")).toEqual(["remove web"]);
    expect(stepsOf(servicePlan([other], [runningService(other)], { swarm: { configs } }))).toEqual([
      "remove config old",
    ]);
  });

  test("must stay when it is somebody else's", () => {
    const foreign: ActualStored = { ...stored("old"), ownership: { kind: "unmanaged" } };
    const lock: ActualStored = { ...stored("lock"), holdsFiles: false };
    const swarm = { configs: [foreign, lock] };
    expect(stepsOf(servicePlan([web], [runningService(web)], { swarm }))).toEqual([]);
  });
});
