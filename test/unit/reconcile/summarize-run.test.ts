import { describe, expect, test } from "vitest";
import { type ChangeExecution, type Execution, interruption } from "../../../src/execute/execute-plan.ts";
import type { Plan } from "../../../src/model/plan.ts";
import type { Failure } from "../../../src/model/run-event.ts";
import type { RunReport } from "../../../src/model/run-report.ts";
import type { WorkloadSpec } from "../../../src/model/workload.ts";
import { summarizeRun } from "../../../src/reconcile/summarize-run.ts";
import {
  desiredState,
  job,
  network,
  port,
  replicas,
  runningContainer,
  workload,
} from "../../support/builders.ts";
import { runningService } from "../../support/services.ts";
import { planOf } from "../plan/planning.ts";
import { servicePlan } from "../plan/services/planning.ts";

const web = (version: string) => workload("web", { image: `myrepo/web:${version}-develop` });
const edge = (version: string) =>
  workload("edge", { image: `myrepo/edge:${version}`, ports: [port("80:80")] });
const rollout = planOf([web("59")], [runningContainer(web("58"))]);
const done = planOf([web("59")], [runningContainer(web("59"))]);

interface Came {
  readonly changes?: Readonly<Record<string, Omit<ChangeExecution, "durationMs">>>;
  readonly shared?: Readonly<Record<string, Failure>>;
  readonly interrupted?: boolean;
}

/** What became of a plan; a change that is not named was carried out without trouble. */
function report(wanted: readonly WorkloadSpec[], plan: Plan, remaining: Plan, came: Came = {}): RunReport {
  const fine = plan.changes
    .filter(({ kind }) => kind !== "unchanged" && kind !== "blocked")
    .map(({ key }) => [key, {}] as const);
  const entries = [...fine, ...Object.entries(came.changes ?? {})];
  const execution: Execution = {
    changes: new Map(entries.map(([key, value]) => [key, { ...value, durationMs: 1_200 }])),
    shared: new Map(Object.entries(came.shared ?? {})),
    changeOfStep: new Map(
      plan.steps.flatMap(({ id, change }) => (change === undefined ? [] : [[id, change]])),
    ),
    interrupted: came.interrupted ?? false,
  };
  return summarizeRun({ desired: desiredState(wanted), plan, execution, remaining, durationMs: 4_000 });
}

function failure(message: string, code = "gate-failed"): Failure {
  return { code, message, details: [] };
}

function stepOf(plan: Plan, id: string) {
  const found = plan.steps.find((step) => step.id === id);
  if (found === undefined) throw new Error(`no step "${id}"`);
  return found;
}

function texts({ changes }: RunReport): readonly string[] {
  return changes.map(({ key, outcome, summary }) => `${key} ${outcome}: ${summary}`);
}

function verdict({ verdict, exitCode, converged }: RunReport) {
  return [verdict, exitCode, converged];
}

test("must not call as desired what somebody took down while the run was about others", () => {
  const wanted = [web("59"), edge("1")];
  const both = planOf(wanted, [runningContainer(web("58")), runningContainer(edge("1"))]);
  const after = planOf(wanted, [runningContainer(web("59"))]);
  const found = report(wanted, both, after);
  expect(texts(found)).toEqual([
    expect.stringMatching(/^edge failed: not as desired: /),
    expect.stringMatching(/^web done: /),
  ]);
  expect([found.converged, found.exitCode]).toEqual([false, 1]);
});

describe("a run that went well", () => {
  test("must say so, and how long the new container has been good", () => {
    const found = report([web("59")], rollout, done);
    expect(texts(found)).toEqual(["web done: running, stable for 5 s"]);
    expect(verdict(found)).toEqual(["Converged: 1 changed, 0 unchanged.", 0, true]);
    expect(found).toMatchObject({
      project: "shop",
      environment: "develop",
      durationMs: 4_000,
      changes: [{ durationMs: 1_200 }],
    });
  });

  test("must say when there was nothing to do", () => {
    const found = report([web("59")], done, done);
    expect(texts(found)).toEqual(["web unchanged: as desired"]);
    expect(verdict(found)).toEqual(["Nothing to do: 1 as desired.", 0, true]);
  });

  test("must report the downtime that was measured", () => {
    const wanted = [{ ...edge("2"), update: { ...edge("2").update, monitorMs: 60_000 } }];
    const plan = planOf(wanted, [runningContainer(edge("1"))]);
    const found = report(wanted, plan, planOf(wanted, [runningContainer(edge("2"))]), {
      changes: { edge: { downtimeMs: 3_100 } },
    });
    expect(texts(found)).toEqual(["edge done: running, stable for 1 min, downtime 3.1 s"]);
    expect(found.changes[0]?.downtimeMs).toBe(3_100);
  });

  test("must name every kind of change in its own words", () => {
    const limited = (memory: number) => workload("limited", { memory });
    const several = workload("several", {}, { containerNames: replicas(2, "several") });
    const wanted = [limited(2 ** 27), job("migrate"), several];
    const finished = runningContainer(job("migrate"), { state: { status: "exited" } });
    const plan = planOf(wanted, [runningContainer(limited(2 ** 26)), runningContainer(workload("gone"))], {
      desired: { networks: [network("back"), network("front")] },
    });
    const after = planOf(wanted, [
      runningContainer(limited(2 ** 27)),
      finished,
      ...[1, 2].map((replica) => runningContainer(several, { replica })),
    ]);
    expect(texts(report(wanted, plan, after))).toEqual([
      "gone done: removed",
      "limited done: changed in place",
      "migrate done: finished with exit code 0",
      "network back done: created",
      "several#1 done: running, stable for 5 s",
      "several#2 done: running, stable for 5 s",
    ]);
  });
});

describe("a new build that fails", () => {
  const failed = {
    failure: failure("never became healthy"),
    failedStep: stepOf(rollout, "gate web"),
    rolledBack: true,
  };

  test("must be reported as rolled back, with what still serves", () => {
    const found = report([web("59")], rollout, rollout, { changes: { web: failed } });
    expect(texts(found)).toEqual([
      "web rolled-back: new build never became healthy; 58-develop still serves",
    ]);
    expect(verdict(found)).toEqual(["Not converged: 1 failed and rolled back; 0 of 1 as desired.", 1, false]);
    expect(found.changes[0]?.failure).toEqual(failed.failure);
  });

  test("must name the old container when its image is the same", () => {
    const plan = planOf([workload("web", { user: "www" })], [runningContainer(workload("web"))]);
    const found = report([workload("web", { user: "www" })], plan, plan, {
      changes: { web: { failure: failure("no such user") } },
    });
    expect(texts(found)).toEqual(["web rolled-back: no such user; the old container still serves"]);
  });

  test("must be reported as failed when the old container could not be put back", () => {
    const found = report([web("59")], rollout, rollout, {
      changes: { web: { ...failed, rolledBack: false } },
    });
    expect(texts(found)).toEqual([
      "web failed: new build never became healthy; the old container could not be put back",
    ]);
    expect(verdict(found)).toEqual(["Not converged: 1 failed; 0 of 1 as desired.", 1, false]);
  });

  test("must speak of the service, not of a container, when Swarm would not take it back", () => {
    const plan = servicePlan([web("59")], [runningService(web("58"))]);
    const gate = stepOf(plan, "gate web");
    const found = report([web("59")], plan, plan, {
      changes: { web: { failure: failure("never became good"), failedStep: gate, rolledBack: false } },
    });
    expect(texts(found)).toEqual([
      "web failed: new build never became good; the service as it was could not be put back",
    ]);
  });

  test("must not claim that something serves when the second look shows that the old one is gone", () => {
    const found = report([web("59")], rollout, planOf([web("59")], []), { changes: { web: failed } });
    expect(texts(found)).toEqual(["web failed: new build never became healthy"]);
  });

  test("must not claim that something serves when the old one did not run in the first place", () => {
    const plan = planOf([web("59")], [runningContainer(web("58"), { state: { status: "exited" } })]);
    const found = report([web("59")], plan, plan, { changes: { web: failed } });
    expect(texts(found)).toEqual(["web failed: new build never became healthy"]);
  });

  test("must say that the new one serves when only clearing up failed", () => {
    const late = {
      failure: failure("name in use", "engine-conflict"),
      failedStep: stepOf(rollout, "remove old web"),
    };
    const found = report([web("59")], rollout, done, { changes: { web: late } });
    expect(texts(found)).toEqual([
      "web failed: name in use; the new container serves, the next run clears up",
    ]);
  });

  test("must be reported as failed when nothing served before", () => {
    const first = planOf([web("59")], []);
    const broken = {
      failure: failure("exited with code 1"),
      failedStep: stepOf(first, "gate web"),
      rolledBack: true,
    };
    const found = report([web("59")], first, first, { changes: { web: broken } });
    expect(texts(found)).toEqual(["web failed: exited with code 1"]);
  });
});

describe("what was not done", () => {
  test("must name the pull's own failure", () => {
    const refused = failure('pull of "myrepo/web:59-develop" failed: unauthorized', "pull-failed");
    const came = { changes: { web: { skippedBecause: "pull it" } }, shared: { "pull it": refused } };
    const found = report([web("59")], rollout, rollout, came);
    expect(texts(found)).toEqual([`web rolled-back: ${refused.message}; 58-develop still serves`]);
    expect(found.changes[0]?.failure).toBe(refused);
    const first = planOf([web("59")], []);
    expect(texts(report([web("59")], first, first, came))).toEqual([`web failed: ${refused.message}`]);
  });

  test.for<[string, Omit<ChangeExecution, "durationMs">, string]>([
    ["because another change failed", { skippedBecause: "gate edge" }, "not tried: edge did not succeed"],
    [
      "because one of its own steps was",
      { skippedBecause: "gate web" },
      "not tried: gate web did not succeed",
    ],
    ["because the run ended", { skippedBecause: interruption }, "not tried: the run was interrupted"],
  ])("must name the culprit: skipped %s", ([, came, summary]) => {
    const wanted = [web("59"), edge("2")];
    const plan = planOf(wanted, [runningContainer(web("58")), runningContainer(edge("1"))]);
    const changes = {
      edge: { failure: failure("x"), failedStep: stepOf(plan, "gate edge"), rolledBack: true },
      web: came,
    };
    const found = report(wanted, plan, plan, { changes });
    expect(texts(found)[1]).toBe(`web skipped: ${summary}`);
    expect(verdict(found)).toEqual([
      "Not converged: 1 failed and rolled back, 1 not tried; 0 of 2 as desired.",
      1,
      false,
    ]);
  });

  test.for([
    [true, "rolled-back", "2 failed and rolled back"],
    [false, "failed", "1 failed and rolled back, 1 failed"],
  ] as const)("must not call untried what was begun and taken back: %s", ([rolledBack, outcome, counted]) => {
    const wanted = [web("59"), edge("2")];
    const plan = planOf(wanted, [runningContainer(web("58")), runningContainer(edge("1"))]);
    const changes = {
      edge: { failure: failure("x"), failedStep: stepOf(plan, "gate edge"), rolledBack: true },
      web: { skippedBecause: "gate edge", rolledBack },
    };
    const found = report(wanted, plan, plan, { changes });
    expect(texts(found)[1]).toBe(`web ${outcome}: taken back: edge did not succeed`);
    expect(verdict(found)[0]).toBe(`Not converged: ${counted}; 0 of 2 as desired.`);
  });

  test("must say that a change was not reached, and that the run was interrupted", () => {
    const execution: Execution = {
      changes: new Map(),
      shared: new Map(),
      changeOfStep: new Map(),
      interrupted: true,
    };
    const found = summarizeRun({
      desired: desiredState([web("59")]),
      plan: rollout,
      execution,
      remaining: rollout,
      durationMs: 0,
    });
    expect(texts(found)).toEqual(["web skipped: not reached"]);
    expect(verdict(found)).toEqual(["Interrupted, not converged: 1 not tried; 0 of 1 as desired.", 1, false]);
  });

  test("must say why a workload is blocked, and fail the run", () => {
    const theirs = runningContainer(workload("edge"), { ownership: { kind: "unmanaged" } });
    const wanted = [web("58"), workload("edge")];
    const plan = planOf(wanted, [runningContainer(web("58")), theirs]);
    const found = report(wanted, plan, plan);
    expect(texts(found)).toEqual([
      expect.stringContaining('edge blocked: the name "edge" is held by'),
      "web unchanged: as desired",
    ]);
    expect(found.changes[0]?.failure).toMatchObject({ code: "blocked" });
    expect(verdict(found)).toEqual(["Not converged: 1 blocked; 1 of 2 as desired.", 1, false]);
  });
});

describe("the second look", () => {
  test("must overrule an Engine that said yes and did nothing", () => {
    const found = report([web("59")], rollout, rollout);
    expect(texts(found)).toEqual(["web failed: done, but the Engine still shows a difference: image"]);
    expect(verdict(found)).toEqual(["Not converged: 1 failed; 0 of 1 as desired.", 1, false]);
  });

  test("must name the cause where no field differs", () => {
    const stopped = planOf(
      [web("59")],
      [runningContainer(web("59"), { state: { status: "exited", exitCode: 3 } })],
    );
    expect(texts(report([web("59")], rollout, stopped))).toEqual([
      "web failed: done, but the Engine still shows a difference: is stopped (exit code 3)",
    ]);
  });

  test("must report what came up during the run", () => {
    const late = planOf([web("59")], [runningContainer(web("59")), runningContainer(workload("late"))]);
    const found = report([web("59")], rollout, late);
    expect(texts(found)).toEqual([
      "web done: running, stable for 5 s",
      "late failed: not as desired: no longer in the configuration",
    ]);
    expect(verdict(found)).toEqual(["Not converged: 1 failed; 1 of 2 as desired.", 1, false]);
  });
});
