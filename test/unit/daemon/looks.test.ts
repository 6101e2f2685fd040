/** What leads to a look, and what a look must leave alone. */
import { expect, test } from "vitest";
import {
  type SimulatedDaemon,
  type SimulatedDaemonOptions,
  service,
  settings,
  simulateDaemon,
} from "../../support/simulated-daemon.ts";

async function started(options: SimulatedDaemonOptions = {}): Promise<SimulatedDaemon> {
  const daemon = simulateDaemon(options);
  await daemon.until("the first runs", () => daemon.of("run-finished").length >= 2);
  await daemon.pass(2_000);
  return daemon;
}

async function look(daemon: SimulatedDaemon, name: "reconcile" | "prune" = "reconcile"): Promise<void> {
  const before = daemon.of("run-finished").length;
  daemon.daemon.agenda.add({ kind: "schedule", name });
  await daemon.until("a run", () => daemon.of("run-finished").length > before);
  await daemon.pass(1_000);
}

async function stop(daemon: SimulatedDaemon): Promise<void> {
  daemon.stop();
  await daemon.ended;
}

test("the pull of a look must not make a daemon that follows an image look again and again", async () => {
  const reference = "registry.test/ops/config:develop";
  let pulls = 0;
  const daemon = await started({
    followed: { kind: "image", reference, isOwn: false },
    pulled: (stream) => {
      pulls += 1;
      const attributes = { name: "registry.test/ops/config" };
      stream.tell({ subject: "image", action: "pull", id: reference, attributes });
    },
  });
  const before = daemon.of("run-started").length;
  const pulledBefore = pulls;
  await daemon.pass(280_000);
  expect(daemon.of("run-started").length - before).toBeLessThanOrEqual(1);
  expect(pulls).toBe(pulledBefore);
  await stop(daemon);
});

const withPrune = (images: string) => ({
  ...service("web"),
  "mysysconfig.yaml": `project: shop\npolicy: {stability: 1s, retention: 0s}\nprune: {images: ${images}}\nschedules: {prune: "0 3 * * *"}\n`,
});

test.for([
  ["keep", []],
  ["unused", ["image lab/web:1"]],
] as const)("a prune schedule with prune.images: %s must remove %j", async ([images, removed]) => {
  const daemon = await started({ files: withPrune(images) });
  daemon.source.commit(service("web", "lab/web:2"));
  await look(daemon);
  await daemon.pass(60_000);
  await look(daemon, "prune");
  const changes = daemon.of("run-finished").at(-1)?.outcome.run.plan.changes ?? [];
  expect(changes.filter(({ kind }) => kind === "remove").map(({ key }) => key)).toEqual(removed);
  await stop(daemon);
});

test("a job of every ten seconds must run every ten seconds, and not be called restless", async () => {
  const daemon = simulateDaemon({
    files: {
      ...settings(),
      ...service("web"),
      "units/job.service": "[Service]\nType=oneshot\nExecStart=/usr/bin/docker run --name job lab/api:1\n",
      "units/job.timer": "[Timer]\nOnActiveSec=1s\nOnUnitActiveSec=10s\nAccuracySec=1s\n",
    },
  });
  const { clock, containers } = daemon.engine;
  const endsAt = new Map<string, number>();
  const begunMs = clock.monotonicMs();
  while (clock.monotonicMs() - begunMs < 1_200_000) {
    await daemon.pass(200);
    const now = clock.monotonicMs();
    for (const job of [...containers.values()].filter(
      ({ name, status }) => name === "job" && status === "running",
    )) {
      const endMs = endsAt.get(job.id) ?? now + 2_000;
      endsAt.set(job.id, endMs);
      if (now < endMs) continue;
      job.end(0);
      daemon.engineWatch.tell({ subject: "container", action: "die", id: job.id, attributes: job.labels });
    }
  }
  await stop(daemon);
  expect(daemon.of("restless")).toEqual([]);
  expect(endsAt.size).toBeGreaterThan(110);
});

test("a refused configuration must not take the hooks of the one in force away, not even for a moment", async () => {
  const hooks: string[] = [];
  const daemon = await started({
    files: {
      ...{ ...service("web"), ...service("api"), ...service("db") },
      ...settings("secrets: [HOOK]\nwebhooks: {push: {provider: hmac, secret: HOOK}}\n"),
    },
    configure: ({ compiled }) => void hooks.push(compiled.daemon.webhooks.map(({ name }) => name).join()),
  });
  daemon.source.commit({ "units/web.service": undefined, "units/api.service": undefined, ...settings() });
  hooks.length = 0;
  await look(daemon);
  await look(daemon);
  expect(daemon.of("run-finished").at(-1)?.outcome.problem?.error.code).toBe("prune-refused");
  expect(new Set(hooks)).toEqual(new Set(["push"]));
  await stop(daemon);
});

test("a build that goes ahead of Git must be noted before it is rolled out, and stay in the next runs", async () => {
  let noted: Promise<readonly string[]> | undefined;
  let isMarked = false;
  const daemon: SimulatedDaemon = simulateDaemon({
    tags: ["5-develop", "6-develop", "7-master"],
    files: {
      ...service("web", "lab/web:5-develop"),
      "mysysconfig.yaml": `project: shop\nenvironments: {develop: {branch: develop}}\nimages: {own: ["lab/*"]}\npolicy: {stability: 1s, retention: 0s, registry: apply}\n`,
    },
    listener: (event) => {
      if (event.kind !== "run-event" || event.event.kind !== "step-started" || !isMarked) return;
      noted ??= daemon.engine.store.read().then(({ ledger }) => ledger.ahead.map(({ tag }) => tag));
    },
  });
  for (const build of [5, 6]) daemon.engine.addImage(`lab/web:${build}-develop`);
  await daemon.until("the first runs", () => daemon.of("run-finished").length >= 2);
  const runningTag = () => daemon.engine.byName("web")?.sent.image;
  expect(runningTag()).toBe("lab/web:5-develop");
  isMarked = true;
  daemon.daemon.mark({ kind: "image", image: "lab/web", tag: "6-develop" }, "images");
  await daemon.until("the newer build", () => runningTag() === "lab/web:6-develop");
  expect(await noted).toEqual(["6-develop"]);
  await look(daemon);
  expect(runningTag()).toBe("lab/web:6-develop");
  await stop(daemon);
});
