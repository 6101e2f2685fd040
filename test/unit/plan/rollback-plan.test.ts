import { describe, expect, test } from "vitest";
import type { Step } from "../../../src/model/step.ts";
import type { ContainerSpec } from "../../../src/model/workload.ts";
import { buildRollbackPlan, isPastReturn } from "../../../src/plan/rollback-plan.ts";
import { roleText, stepText } from "../../../src/plan/step-text.ts";
import { onNetworks, port, runningContainer, workload } from "../../support/builders.ts";
import { type PlanningOptions, planOf } from "./planning.ts";

function stepsOf(
  before: Partial<ContainerSpec>,
  after: Partial<ContainerSpec>,
  options: PlanningOptions = {},
) {
  return planOf([workload("web", after)], [runningContainer(workload("web", before))], options).steps;
}

function textOf(step: Step): string {
  const { verb, object } = stepText(step);
  return `${verb} ${object}`;
}

/** For every step that may fail: what takes back what was begun. */
function waysBack(steps: readonly Step[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    steps.map((step, index) => [step.id, buildRollbackPlan("web", steps.slice(0, index + 1)).map(textOf)]),
  );
}

const removeNew = "remove web (next)";
const stopNew = "stop web (next), up to 3 s";
const restoreOld = [
  "update web in place: restart",
  "start web",
  "gate web good within 10 s, then stable for 1 s",
];

describe("the way back of a replacement", () => {
  test("must keep the old container serving while a start-first one is taken back", () => {
    expect(waysBack(stepsOf({}, { user: "www" }))).toEqual({
      "create web": [removeNew],
      "start web": [stopNew, removeNew],
      "gate web": [stopNew, removeNew],
      "cut over web": [stopNew, removeNew],
      "settle web": [stopNew, removeNew],
      "stop web": [...restoreOld, stopNew, removeNew],
      "set aside old web": [],
      "commit web": [],
      "remove old web": [],
    });
  });

  test("must stop the new container before a stop-first one gives everything back to the old", () => {
    const ports = [port("80:80")];
    expect(waysBack(stepsOf({ ports }, { ports, user: "www" }))).toEqual({
      "create web": [removeNew],
      "stop web": [...restoreOld, removeNew],
      "start web": [stopNew, ...restoreOld, removeNew],
      "gate web": [stopNew, ...restoreOld, removeNew],
      "set aside old web": [],
      "commit web": [],
      "remove old web": [],
    });
  });

  test("must give the old container its own restart policy, grace period and gate back", () => {
    const ports = [port("80:80")];
    const restart = { name: "on-failure", maximumRetryCount: 3 } as const;
    const steps = stepsOf({ ports, restart, stopTimeoutSeconds: 30 }, { ports });
    const undo = buildRollbackPlan("web", steps.slice(0, 2));
    expect(undo.map(({ kind, payload }) => [kind, payload])).toEqual([
      [
        "update-container",
        { container: expect.anything(), update: { restart }, previous: { restart: { name: "no" } } },
      ],
      ["start-container", { container: expect.objectContaining({ kind: "actual", name: "web" }) }],
      [
        "gate-container",
        {
          container: expect.objectContaining({ name: "web" }),
          gate: { stabilityMs: 1_000, timeoutMs: 10_000 },
        },
      ],
      ["remove-container", { container: { kind: "created", step: "create web", name: "web.next-11111111" } }],
    ]);
  });

  test("must name the failed step, and every step once", () => {
    const steps = stepsOf({}, { user: "www" });
    const begun = steps.slice(0, steps.findIndex(({ id }) => id === "stop web") + 1);
    const undo = buildRollbackPlan("web", begun);
    expect(new Set(undo.map(({ cause }) => cause))).toEqual(new Set(["rollback: stop web failed"]));
    expect(undo.map(({ id }) => id)).toEqual([
      "undo 1 of web: update-container",
      "undo 2 of web: start-container",
      "undo 3 of web: gate-container",
      "undo 4 of web: stop-container",
      "undo 5 of web: remove-container",
    ]);
    expect(undo.every(({ change }) => change === "web")).toBe(true);
  });
});

describe("the way back of other changes", () => {
  test("must be nothing when nothing was begun", () => {
    expect(buildRollbackPlan("web", [])).toEqual([]);
  });

  test("must remove a container that never served before", () => {
    const { steps } = planOf([workload("web")], []);
    expect(waysBack(steps)).toEqual({
      "create web": ["remove web"],
      "start web": ["stop web, up to 3 s", "remove web"],
      "gate web": ["stop web, up to 3 s", "remove web"],
    });
  });

  test("must leave images, networks, volumes and files, which harm nobody", () => {
    const wanted = workload("web", { image: "new", network: onNetworks("new") });
    const { steps } = planOf([wanted], [], { actual: { networks: [] } });
    const shared = steps.filter(({ kind }) => kind === "create-network" || kind === "pull-image");
    expect(shared.length).toBeGreaterThan(0);
    expect(buildRollbackPlan("web", shared)).toEqual([]);
  });

  test("must put limits and networks back the last one first", () => {
    const attached = (...names: string[]) => ({ network: onNetworks("front", ...names) });
    const steps = stepsOf(
      { memory: 1024, ...attached("old") },
      { memory: 2048, network: onNetworks({ network: "front", aliases: ["api"] }, "new") },
      { desired: { networks: [] }, actual: { networks: ["front", "new", "old"] } },
    ).filter(({ change }) => change === "web");
    expect(steps.map(({ kind }) => kind)).toEqual([
      "update-container",
      "disconnect-network",
      "cut-over",
      "connect-network",
    ]);
    const undo = buildRollbackPlan("web", steps);
    expect(undo.map(({ kind }) => kind)).toEqual([
      "disconnect-network",
      "cut-over",
      "connect-network",
      "update-container",
    ]);
    expect(undo[1]?.payload).toMatchObject({ attachments: [{ network: "front", aliases: ["web"] }] });
    expect(undo[2]?.payload).toMatchObject({ attachment: { network: "old" } });
    expect(undo[3]?.payload).toMatchObject({ update: { memory: 1024 }, previous: { memory: 2048 } });
  });

  test("must not stop a container again that stood still and was only started", () => {
    const wanted = workload("web");
    const { steps } = planOf([wanted], [runningContainer(wanted, { state: { status: "exited" } })]);
    expect(steps.map(({ kind }) => kind)).toEqual(["start-container", "gate-container"]);
    expect(buildRollbackPlan("web", steps)).toEqual([]);
  });

  test("must not stop the only container there is, even under the name of a candidate", () => {
    const wanted = workload("web");
    const only = runningContainer(wanted, { name: "web.next-aaaaaaaa", state: { status: "created" } });
    const { steps } = planOf([wanted], [only]);
    expect(steps.map(({ kind }) => kind)).toEqual(["start-container", "gate-container", "rename-container"]);
    expect(buildRollbackPlan("web", steps.slice(0, 2))).toEqual([]);
  });

  test("must never start a removed container or a job again", () => {
    const { steps } = planOf(
      [workload("other")],
      [runningContainer(workload("web")), runningContainer(workload("other"))],
    );
    expect(steps.map(({ kind }) => kind)).toEqual(["stop-container", "remove-container"]);
    expect(waysBack(steps)).toEqual({ "stop web": [], "remove web": [] });
  });

  test("must end where names move", () => {
    const steps = stepsOf({}, { user: "www" });
    expect(steps.filter(isPastReturn).map(({ id }) => id)).toEqual([
      "set aside old web",
      "commit web",
      "remove old web",
    ]);
  });
});

describe("an interrupted replacement that is resumed", () => {
  test("must stop the candidate of the run before and bring its predecessor back", () => {
    const wanted = workload("web", { user: "www" });
    const old = runningContainer(workload("web"), { state: { status: "exited" } });
    const next = runningContainer(wanted, { name: "web.next-aaaaaaaa", id: "next" });
    const { steps } = planOf([wanted], [old, next]);
    const gate = steps.findIndex(({ id }) => id === "gate web");
    expect(steps.slice(0, gate + 1).map(({ id }) => id)).toEqual(["stop web", "gate web"]);
    expect(buildRollbackPlan("web", steps.slice(0, gate + 1)).map(textOf)).toEqual([
      stopNew,
      ...restoreOld,
      "remove web (next)",
    ]);
    expect(roleText("web.next-aaaaaaaa")).toBe("web (next)");
  });
});
