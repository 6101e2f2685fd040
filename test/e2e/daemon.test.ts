/** The daemon in its image, started as the README says: one container for all tests of this file, in their order. */
import { expect } from "vitest";
import { waitUntil } from "../../deploy/lab/waiting.ts";
import type { HookProvider } from "../../src/model/daemon-settings.ts";
import { version } from "../../src/version.ts";
import type { InspectedContainer } from "../support/engine-client.ts";
import { jobUnit, unit } from "../support/texts.ts";
import { bytesOf, exampleOf, type HookExample, proofs } from "../unit/webhook/examples.ts";
import { type DaemonMachine, daemonName, type LogLine, readMetric } from "./daemon-machine.ts";
import {
  exampleFile,
  expectOthersUntouched,
  expectSameDaemon,
  historyOfJobs,
  hookSecrets,
  image,
  measured,
  noticesUntil,
  providers,
  settings,
  test,
  webFile,
  whsec,
} from "./daemon-scene.ts";

test("the daemon must bring the example system up and become ready and healthy", async ({ scene }) => {
  const { machine, log } = scene;
  const line = await log.waitForRun(/^start$/, 0);
  expect(line).toMatchObject({ level: "info", msg: "run converged" });
  expect(log.lines.map(({ msg }) => msg)).toEqual(
    expect.arrayContaining(["listening", "following", "events of the Engine are followed"]),
  );
  expect(log.lines.find(({ msg }) => msg === "following")).toMatchObject({
    source: `image ${image}, its own`,
  });
  const found = await scene.containers();
  expect([...found].map(([name, { State }]) => `${name} ${State.Status}`)).toEqual([
    "backup created",
    "myservice running",
    "mysysconfig-state-example-develop created",
    "proxy running",
    "shop-api-1 running",
    "shop-db-1 running",
    "shop-migrate-1 exited",
    "web running",
    "worker-1 running",
    "worker-2 running",
  ]);
  expect(await machine.ask({ path: "/readyz" })).toMatchObject({ status: 200 });
  expect(await machine.ask({ path: "/healthz" })).toMatchObject({ status: 200 });
  const isHealthy = ({ State }: InspectedContainer) => State.Health?.Status === "healthy";
  await machine.client.waitFor(daemonName, "healthy", isHealthy, 60_000);
});

test.for([
  { name: "rm -f", isFresh: true, act: ["rm", "-f", "web"] },
  { name: "stop", isFresh: false, act: ["stop", "web"] },
  { name: "network disconnect", isFresh: false, act: ["network", "disconnect", "front", "web"] },
])(
  "what docker $name did to a container by hand must be healed, and nothing else touched",
  async ({ name, isFresh, act }, { scene }) => {
    const { machine, log } = scene;
    const before = await scene.containers();
    const from = log.position;
    const startedAt = Date.now();
    await machine.docker(...act);
    const line = await log.waitForRun(/^web: /, from);
    expect(line).toMatchObject({ level: "info", msg: "run converged" });
    const isServing = ({ State, NetworkSettings }: InspectedContainer) =>
      State.Health?.Status === "healthy" &&
      NetworkSettings.Networks["front"]?.Aliases?.includes("web") === true;
    const healed = await machine.client.waitFor("web", "healthy in its network", isServing);
    if (healed.State.StartedAt !== before.get("web")?.State.StartedAt)
      measured(`docker ${name} → started again`, Date.parse(healed.State.StartedAt) - startedAt);
    measured(`docker ${name} → run converged`, Date.parse(line.time) - startedAt);
    if (isFresh) expect(healed.Id).not.toBe(before.get("web")?.Id);
    expectOthersUntouched(before, await scene.containers(), ["web"]);
  },
);

test("a newer image by its own name must be applied without a restart of the daemon", async ({ scene }) => {
  const { machine, log } = scene;
  const before = await scene.containers();
  const from = log.position;
  const startedAt = Date.now();
  const line = await scene.configure({
    "units/web.service": await webFile("59-develop"),
    "mysysconfig.yaml": `${await exampleFile("mysysconfig.yaml")}${settings}`,
  });
  measured("docker build began → run converged", Date.parse(line.time) - startedAt);
  const after = await scene.containers();
  expect(after.get("web")?.Config.Image).toBe("myrepo/web:59-develop");
  expectOthersUntouched(before, after, ["web"]);
  await expectSameDaemon(scene);
  const said = log.lines.slice(from).map(({ msg }) => msg);
  expect(said).not.toContain("this program is not the one of the followed image");
  // Settings count at once, too.
  const hook = await machine.ask({ path: "/hook/github", method: "POST" });
  expect(hook.status).not.toBe(404);
});

test("an image with another program must have its configuration applied, and the log must say so", async ({
  scene,
}) => {
  const from = scene.log.position;
  await scene.configure(
    { "units/web.service": (await webFile("59-develop")).replace("Example system", "Another system") },
    { dockerfile: ["ENV MYSYSCONFIG_VERSION=9.9.9"] },
  );
  const { Config } = (await scene.containers()).get("web") ?? {};
  expect(Config?.Env).toContain("PAGE_TITLE=Another system");
  const behind = await scene.log.waitFor(
    "that the program is behind",
    ({ msg }) => msg === "this program is not the one of the followed image",
    { from },
  );
  expect(behind).toMatchObject({ level: "warn", running: version, wanted: "9.9.9" });
  await expectSameDaemon(scene);
});

test("an image with an older build must change nothing, and be told", async ({ scene }) => {
  const { log } = scene;
  const before = await scene.containers();
  const from = log.position;
  const refused = await scene.configure(
    { "units/web.service": await webFile("58-develop") },
    { build: 111, until: ({ msg }) => msg.startsWith("source cannot be used") },
  );
  expect(refused).toMatchObject({ level: "error", error: { code: "older-revision" } });
  expectOthersUntouched(before, await scene.containers(), []);
  const [notice] = await noticesUntil(scene, ({ key }) => key === "run older-revision");
  expect(notice).toMatchObject({ kind: "failure" });
  expect(log.lines.slice(from).map(({ msg }) => msg)).not.toContain("step done");
  await scene.configure({ "units/web.service": await webFile("59-develop") });
  await noticesUntil(scene, ({ key, kind }) => key === "run older-revision" && kind === "recovery");
});

const timer = "[Timer]\nOnActiveSec=1s\nOnUnitActiveSec=3s\n";

test("jobs must run at their times, each in a fresh container, and one that fails must stop nobody", async ({
  scene,
}) => {
  const { machine, log } = scene;
  const from = log.position;
  await scene.configure({
    "units/backup.timer": timer,
    "units/backup.service": jobUnit("--rm --name backup myrepo/db:12-develop sh -c 'echo copied all rows'"),
    "units/broken.timer": timer,
    "units/broken.service": jobUnit(
      "--rm --name broken myrepo/db:12-develop sh -c 'echo no space left; exit 3'",
    ),
  });
  const ids = new Set<string>();
  await waitUntil("three runs of the backup, each in a container of its own", 60_000, async () => {
    const found = await machine.client.inspect("backup");
    if (found?.State.Status === "exited") ids.add(found.Id);
    return ids.size >= 3 ? true : undefined;
  });
  const failed = ({ level, verdict }: LogLine) =>
    level === "error" && /broken.*exit code 3/.test(String(verdict));
  await log.waitFor("that a job failed", failed, { from });
  const runs = await waitUntil("the history to tell of both jobs", 30_000, async () => {
    const jobs = await historyOfJobs(scene);
    const count = (key: string) => jobs.filter(({ changes: [change] }) => change?.key === key).length;
    return count("backup") >= 2 && count("broken") >= 2 ? jobs : undefined;
  });
  for (const { exitCode, by, changes } of runs) {
    const [change] = changes;
    const isGood = change?.key === "backup";
    expect({ exitCode, by, ...change }).toMatchObject({
      ...{ exitCode: isGood ? 0 : 1, by: isGood ? "backup.timer" : "broken.timer" },
      ...{ outcome: isGood ? "done" : "failed", summary: isGood ? "exit code 0" : "exit code 3" },
    });
    expect(change?.details.join("\n")).toContain(isGood ? "copied all rows" : "no space left");
  }
  const [notice] = await noticesUntil(scene, ({ kind, key }) => kind === "failure" && /broken/.test(key));
  expect(notice?.details.join("\n")).toContain("no space left");
  const timers = await readMetric(machine, "mysysconfig_timer_next_seconds");
  expect([...timers.keys()]).toEqual(
    expect.arrayContaining(['timer="backup.timer"', 'timer="broken.timer"']),
  );
  await scene.configure({
    "units/backup.timer": await exampleFile("units/backup.timer"),
    "units/backup.service": await exampleFile("units/backup.service"),
    "units/broken.timer": "[Timer]\nOnCalendar=2099-01-01\n",
  });
});

/** Docker Hub's example names an image of the example system, which would be asked for over the network. */
function hookOf(provider: HookProvider): HookExample {
  const example = exampleOf(provider);
  if (provider !== "docker-hub") return example;
  return {
    ...example,
    body: { push_data: { tag: "58-develop" }, repository: { repo_name: "elsewhere/thing" } },
  };
}

test.for(providers)(
  "a hook of %s must count when it is proven, once, and not otherwise",
  async (provider, { scene }) => {
    const { machine, log } = scene;
    const example = hookOf(provider);
    const body = bytesOf(example.body);
    const secret = hookSecrets[provider];
    const isPath = provider === "docker-hub";
    const send = (value: string) =>
      machine.ask({
        ...{ path: `/hook/${provider}${isPath ? `/${value}` : ""}`, method: "POST", body },
        headers: {
          "content-type": example.contentType ?? "application/json",
          ...example.headers,
          ...proofs[provider](value, body, new Date()),
        },
      });
    const from = log.position;
    const before = await countsOf(machine, provider);
    expect(await send(almost(secret))).toMatchObject({ status: isPath ? 404 : 401 });
    expect(await send(secret)).toMatchObject({ status: 202 });
    const again = await send(secret);
    expect(again).toMatchObject({ status: 200, text: expect.stringContaining("delivered before") });
    const isOurs = ({ msg, endpoint, result }: LogLine) =>
      msg === "hook" && endpoint === provider && result === "accepted";
    await log.waitFor("that it was accepted", isOurs, { from });
    const after = await countsOf(machine, provider);
    expect({
      accepted: after.accepted - before.accepted,
      duplicate: after.duplicate - before.duplicate,
      refused: after.refused - before.refused,
      // A wrong path leads to no endpoint.
    }).toEqual({ accepted: 1, duplicate: 1, refused: isPath ? 0 : 1 });
  },
);

/** As long as the secret and of its form, but another one. */
function almost(secret: string): string {
  if (secret.startsWith("whsec_")) return whsec();
  return `${secret.slice(0, -1)}${secret.endsWith("0") ? "1" : "0"}`;
}

async function countsOf(machine: DaemonMachine, provider: HookProvider) {
  const counted = await readMetric(machine, "mysysconfig_webhooks_total");
  const count = (result: string) => counted.get(`endpoint="${provider}",result="${result}"`) ?? 0;
  return { accepted: count("accepted"), duplicate: count("duplicate"), refused: count("refused") };
}

test("what a hook says and nobody needs must be answered and ignored", async ({ scene }) => {
  const body = Buffer.from(JSON.stringify({ zen: "Keep it logically awesome.", hook_id: 1 }));
  const headers = {
    ...{ "content-type": "application/json", "x-github-event": "ping" },
    ...proofs.github(hookSecrets.github, body, new Date()),
  };
  const answer = await scene.machine.ask({ path: "/hook/github", method: "POST", headers, body });
  expect(answer).toMatchObject({ status: 200, text: expect.stringContaining("a ping") });
});

test("a failure and its end must be told to all targets, signed", async ({ scene }) => {
  const extra = (tag: string) => ({ "units/extra.service": unit(`--name extra lab/web:${tag}`) });
  const isJudged = ({ msg, because }: LogLine) => msg === "run did not converge" && because !== undefined;
  await scene.configure(extra("60-exits"), { until: isJudged });
  const [failure] = await noticesUntil(
    scene,
    ({ kind, key }) => kind === "failure" && key === "failure extra",
  );
  expect(failure).toMatchObject({ project: "example", environment: "develop" });
  expect(failure?.details.join("\n")).toContain("missing DATABASE_URL");
  await scene.configure(extra("58-develop"));
  await noticesUntil(scene, ({ kind, key }) => kind === "recovery" && key === "failure extra");
  const texts = await waitUntil("the chat to be told of both", 30_000, async () => {
    const said = (await scene.received("/chat-")).map(
      ({ body }) => (JSON.parse(body) as { text: string }).text,
    );
    return said.some((one) => /^\*recovered\* .*extra/m.test(one)) ? said : undefined;
  });
  expect(texts.join("\n")).toMatch(/^\*failed\* .*extra/m);
});

test("an endpoint whose secret cannot be one must not start, and be told of once", async ({ scene }) => {
  const { machine, log } = scene;
  const answer = await machine.ask({ path: "/hook/spoiled", method: "POST" });
  expect(answer.status).toBe(404);
  const problems = log.lines.filter(({ msg }) => msg === "setting without effect");
  expect(problems).toMatchObject([
    { level: "error", problem: expect.stringContaining('webhook "spoiled": secret "SPOILED"') },
  ]);
});

test("docker stop must end the daemon in good order within its ten seconds", async ({ scene }) => {
  const { machine, log, secrets } = scene;
  await expectSameDaemon(scene);
  const before = await scene.containers();
  const startedAt = Date.now();
  await machine.docker("stop", daemonName);
  measured("docker stop", Date.now() - startedAt);
  const stopped = await machine.client.inspect(daemonName);
  // Killed it would be 137.
  expect(stopped?.State).toMatchObject({ Status: "exited", ExitCode: 0 });
  await log.waitFor("that it stops", ({ msg }) => msg === "stopping");
  expectOthersUntouched(before, await scene.containers(), []);
  expect(log.foreign).toEqual([]);
  const printed = await machine.client.logs(daemonName);
  for (const [name, value] of Object.entries(secrets)) {
    for (const form of [value, value.replace(/^whsec_|^Bearer /, ""), Buffer.from(value).toString("base64")])
      expect(printed.includes(form), `the log has the value of ${name}`).toBe(false);
  }
});
