import { describe, expect, test } from "vitest";
import { formatPlan } from "../../src/plan/format-plan.ts";
import { planDocument } from "../../src/plan/plan-document.ts";
import {
  actualState,
  desiredState,
  fileSet,
  image,
  job,
  network,
  onNetworks,
  port,
  replicas,
  runningContainer,
  volume,
  volumeMount,
  workload,
} from "../support/builders.ts";
import { planOf } from "../support/plan-text.ts";

/** A small shop, before and after a busy week: read `shop.plan.txt` as the specification of the planner. */

const GiB = 2 ** 30;
const checked = {
  kind: "command",
  test: ["CMD", "pg_isready"],
  intervalMs: 5_000,
  timeoutMs: 2_000,
  retries: 3,
} as const;
const configuration = (level: string) => fileSet({ "prometheus.yml": `log_level: ${level}\n` });

function shop(week: 1 | 2) {
  const set = configuration(week === 1 ? "info" : "debug");
  const web = workload(
    "web",
    {
      image: `myrepo/web:${57 + week}-develop`,
      environment: { LOG_LEVEL: week === 1 ? "info" : "debug", TOKEN: `secret-${week}` },
      network: onNetworks({ network: "front", aliases: ["www"] }),
    },
    { dependsOn: [{ workload: "shop/api" }] },
  );
  const db = workload(
    "shop/db",
    {
      image: "postgres:17",
      memory: (week * GiB) / 2,
      mounts: [volumeMount("shop_data")],
      healthcheck: checked,
      network: onNetworks("shop_default"),
    },
    { containerNames: ["shop-db-1"] },
  );
  const migrate = job(
    "shop/migrate",
    { image: `myrepo/migrate:${week}-develop`, network: onNetworks("shop_default") },
    { containerNames: ["shop-migrate-1"], dependsOn: [{ workload: "shop/db", condition: "healthy" }] },
  );
  const api = workload(
    "shop/api",
    { image: `myrepo/api:${week}-develop`, network: onNetworks("shop_default", "front") },
    {
      containerNames: replicas(2, "shop-api"),
      update: { delayMs: 10_000 },
      dependsOn: [{ workload: "shop/migrate", condition: "completed" }],
    },
  );
  const edge = workload("edge", { ports: [port("443:443")], user: String(week), stopTimeoutSeconds: 5 });
  const metrics = workload("prometheus", {
    image: "prom/prometheus:v3",
    mounts: [
      { kind: "files", fileSet: set.name, path: "prometheus.yml", target: "/etc/prometheus/prometheus.yml" },
    ],
  });
  const report = workload("old-report", { mounts: [volumeMount("old-report-data")] });
  const workers = Array.from({ length: 1 + week }, (_, index) =>
    workload(`worker@${index + 1}`, { image: "myrepo/worker:7-develop" }),
  );
  const workloads = [web, db, migrate, api, edge, metrics, ...workers];
  return desiredState(week === 1 ? [...workloads, report] : workloads, {
    networks: [network("front"), network("shop_default")],
    volumes: [volume("shop_data")],
    fileSets: [set],
  });
}

function engineAfterWeekOne() {
  const containers = shop(1).workloads.flatMap((spec) =>
    spec.containerNames.map((_name, index) =>
      runningContainer(spec, {
        replica: index + 1,
        ...(spec.kind === "job" ? { state: { status: "exited" } } : {}),
        ...(spec.key === "worker@2" ? { state: { status: "paused" } } : {}),
      }),
    ),
  );
  return actualState(containers, {
    networks: ["front", "shop_default"],
    volumes: ["shop_data", "old-report-data", configuration("info").name],
    images: new Map([["postgres:17", image("postgres:17")]]),
  });
}

describe("the plan of a busy week", () => {
  const plan = planOf(shop(2), engineAfterWeekOne());

  test("must read like this", async () => {
    await expect(`${formatPlan(plan)}\n`).toMatchFileSnapshot("shop.plan.txt");
  });

  test("must look like this to programs", async () => {
    const document = planDocument(plan, shop(2).revision, { project: "shop", name: "develop" }, false);
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot("shop.plan.json");
  });

  test("must be empty when nothing has changed but a paused worker", () => {
    expect(planOf(shop(1), engineAfterWeekOne()).steps.map(({ id }) => id)).toEqual([
      "unpause worker@2",
      "gate worker@2",
    ]);
  });
});
