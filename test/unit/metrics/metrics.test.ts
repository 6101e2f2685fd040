import { describe, expect, test } from "vitest";
import { metricTable } from "../../../src/metrics/metric-table.ts";
import { createMetrics, type Metrics } from "../../../src/metrics/metrics.ts";
import { Redactor } from "../../../src/model/redactor.ts";
import { canaries, tracesIn } from "../../support/canaries.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const usage = () => ({ residentBytes: 2048, heapBytes: 1024, openFiles: 7, activeTimers: 3 });

async function measured(secrets: readonly string[] = []): Promise<{ metrics: Metrics; clock: VirtualClock }> {
  const clock = new VirtualClock();
  const redactor = new Redactor();
  redactor.add(secrets);
  return { clock, metrics: await createMetrics({ clock, redact: redactor.redact, usage }) };
}

/** Samples of a metric, as `{labels} value`. */
async function samples(metrics: Metrics, name: string): Promise<readonly string[]> {
  const lines = (await metrics.render()).split("\n");
  return lines
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) => line.slice(name.length));
}

const condition = (...workloads: readonly (readonly [string, boolean, boolean])[]) => ({
  workloads: workloads.map(([workload, isHealthy, hasDrifted]) => ({ workload, isHealthy, hasDrifted })),
  setAsideBuilds: 0,
  holds: 0,
});

describe("the metrics", () => {
  test("must tell help and kind of each row of the table, and of nothing else", async () => {
    const { metrics } = await measured();
    const text = await metrics.render();
    const told = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind]);
    expect(told.sort()).toEqual(
      Object.entries(metricTable)
        .map(([name, { kind }]) => [name, kind])
        .sort(),
    );
    for (const { help } of Object.values(metricTable)) expect(text).toContain(` ${help}\n`);
    expect(metrics.contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
  });

  test("must have names and labels that Prometheus takes", () => {
    for (const [name, { kind, labels }] of Object.entries(metricTable)) {
      expect(name).toMatch(/^mysysconfig_[a-z_]+$/);
      expect(name.endsWith("_total")).toBe(kind === "counter");
      for (const label of labels) expect(label).toMatch(/^[a-z]+$/);
    }
  });

  test("must count runs by outcome and trigger, and measure them in seconds", async () => {
    const { metrics } = await measured();
    metrics.runEnded({ outcome: "converged", trigger: "schedule", durationMs: 1500 });
    metrics.runEnded({ outcome: "converged", trigger: "schedule", durationMs: 500 });
    metrics.runEnded({ outcome: "failed", trigger: "webhook", durationMs: 61_000 });
    expect(await samples(metrics, "mysysconfig_runs_total")).toEqual([
      '{outcome="converged",trigger="schedule"} 2',
      '{outcome="failed",trigger="webhook"} 1',
    ]);
    expect(await samples(metrics, "mysysconfig_run_duration_seconds_sum")).toEqual([
      '{outcome="converged"} 2',
      '{outcome="failed"} 61',
    ]);
    expect(await samples(metrics, "mysysconfig_run_duration_seconds_bucket")).toContain(
      '{le="1",outcome="converged"} 1',
    );
    expect(await samples(metrics, "mysysconfig_converged")).toEqual([" 0"]);
  });

  test("must let the last success grow older until there is another", async () => {
    const { metrics, clock } = await measured();
    clock.advance(90_000);
    expect(await samples(metrics, "mysysconfig_last_success_age_seconds")).toEqual([" 90"]);
    metrics.runEnded({ outcome: "failed", trigger: "start", durationMs: 1 });
    expect(await samples(metrics, "mysysconfig_last_success_age_seconds")).toEqual([" 90"]);
    metrics.runEnded({ outcome: "converged", trigger: "start", durationMs: 1 });
    clock.advance(5_000);
    expect(await samples(metrics, "mysysconfig_last_success_age_seconds")).toEqual([" 5"]);
    clock.set(3_600_000);
    expect(await samples(metrics, "mysysconfig_last_success_age_seconds")).toEqual([" 5"]);
  });

  test("must forget workloads that are gone", async () => {
    const { metrics } = await measured();
    metrics.setCondition(condition(["web", true, false], ["db", false, true]));
    metrics.setCondition({
      ...condition(["db", true, true], ["api", false, false]),
      setAsideBuilds: 2,
      holds: 1,
    });
    expect(await samples(metrics, "mysysconfig_workload_healthy")).toEqual([
      '{workload="db"} 1',
      '{workload="api"} 0',
    ]);
    expect(await samples(metrics, "mysysconfig_workload_drift")).toEqual([
      '{workload="db"} 1',
      '{workload="api"} 0',
    ]);
    expect(await samples(metrics, "mysysconfig_set_aside_builds")).toEqual([" 2"]);
    expect(await samples(metrics, "mysysconfig_holds")).toEqual([" 1"]);
  });

  test("must show one revision, in short", async () => {
    const { metrics } = await measured();
    metrics.setRevision("develop", "a".repeat(40));
    metrics.setRevision("develop", "0123456789abcdef");
    expect(await samples(metrics, "mysysconfig_revision_info")).toEqual([
      '{environment="develop",revision="0123456"} 1',
    ]);
  });

  test("must tell timers by the time that is left, webhooks, events, notifications and the process", async () => {
    const { metrics, clock } = await measured();
    metrics.setTimers(new Map([["backup.timer", new Date(clock.now().getTime() + 60_000)]]));
    metrics.webhookAnswered("push", "accepted");
    metrics.webhookAnswered("push", "refused");
    metrics.notificationEnded("chat", "delivered");
    metrics.setEventsConnected(true);
    clock.advance(70_000);
    expect(await samples(metrics, "mysysconfig_timer_next_seconds")).toEqual(['{timer="backup.timer"} -10']);
    expect(await samples(metrics, "mysysconfig_webhooks_total")).toHaveLength(2);
    expect(await samples(metrics, "mysysconfig_notifications_total")).toEqual([
      '{target="chat",result="delivered"} 1',
    ]);
    expect(await samples(metrics, "mysysconfig_events_connected")).toEqual([" 1"]);
    expect(await samples(metrics, "mysysconfig_memory_bytes")).toEqual([
      '{kind="resident"} 2048',
      '{kind="heap"} 1024',
    ]);
    expect(await samples(metrics, "mysysconfig_open_files")).toEqual([" 7"]);
    metrics.setTimers(new Map());
    expect(await samples(metrics, "mysysconfig_timer_next_seconds")).toEqual([]);
  });

  test("must not share anything with another registry", async () => {
    const [one, other] = [await measured(), await measured()];
    one.metrics.webhookAnswered("push", "accepted");
    expect(await samples(other.metrics, "mysysconfig_webhooks_total")).toEqual([]);
  });

  test("must not grow with what others choose", async () => {
    const { metrics } = await measured();
    for (let index = 0; index < 1_000; index++) metrics.webhookAnswered(`endpoint-${index}`, "refused");
    metrics.webhookAnswered("endpoint-3", "refused");
    const found = await samples(metrics, "mysysconfig_webhooks_total");
    expect(found).toHaveLength(101);
    expect(found).toContain('{endpoint="other",result="refused"} 900');
    expect(found).toContain('{endpoint="endpoint-3",result="refused"} 2');
    metrics.webhookAnswered("x".repeat(10_000), "failed");
    expect((await metrics.render()).length).toBeLessThan(20_000);
  });

  test("must keep each sample on its line whatever a label holds", async () => {
    const { metrics } = await measured();
    metrics.setCondition(condition(['a"b\\c\nmysysconfig_holds 99', true, false]));
    expect(await samples(metrics, "mysysconfig_holds")).toEqual([" 0"]);
    expect(await samples(metrics, "mysysconfig_workload_healthy")).toEqual([
      '{workload="a\\"b\\\\c mysysconfig_holds 99"} 1',
    ]);
  });

  test("must show no secret in any label", async () => {
    const { metrics } = await measured(canaries);
    for (const value of canaries) {
      metrics.runEnded({ outcome: "error", trigger: value, durationMs: 1 });
      metrics.webhookAnswered(encodeURIComponent(value), "refused");
      metrics.notificationEnded(Buffer.from(value).toString("base64"), "failed");
      metrics.setRevision(value, "0");
    }
    metrics.setCondition(
      condition(...canaries.map((value) => [`${"x".repeat(110)}${value}`, true, true] as const)),
    );
    metrics.setTimers(new Map(canaries.map((value) => [JSON.stringify(value), new Date(0)])));
    const text = await metrics.render();
    expect(text).toContain("***");
    expect(tracesIn(text)).toEqual([]);
    expect(text).not.toMatch(/canary/i);
  });
});
