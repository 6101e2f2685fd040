/**
 * What sets the daemon to work over the network: a Git server whose hook tells of each push, and a registry that tells of
 * each image. It looks at nothing by its own clock, so that they alone can have caused what happens. One daemon serves all
 * tests of this file, in their order.
 */
import { expect } from "vitest";
import type { InspectedContainer } from "../support/engine-client.ts";
import { becauseOf, type LogLine, readMetric } from "./daemon-machine.ts";
import { type Triggered, test, webFile } from "./triggered-daemon.ts";

const pushOfDevelop = "push of develop to ops/config (hook push)";

test("a push to the followed branch must be applied because of its hook", async ({ triggered }) => {
  const { log, push } = triggered;
  const from = log.position;
  const revision = await push("ops/config", {
    "units/web.service": webFile(triggered, "58-develop", "first"),
  });
  const line = await log.waitForRun("push of develop", from);
  expect(line).toMatchObject({
    msg: "run converged",
    revision: expect.stringContaining(revision.slice(0, 7)),
  });
  expect(othersThanDrift(line)).toEqual([pushOfDevelop]);
  expect((await webOf(triggered)).Config.Env).toContain("STATE=first");
});

test("a push to another branch or repository must cause nothing", async ({ triggered }) => {
  const { log, push, machine } = triggered;
  const before = await webOf(triggered);
  const runs = () => readMetric(machine, "mysysconfig_runs_total");
  const runsBefore = await runs();
  const from = log.position;
  await push("ops/config", { "units/web.service": webFile(triggered, "58-develop", "other") }, "feature");
  await log.waitFor("a hook of the branch", isHook("push", "accepted"), { from });
  await push("ops/other", { "units/web.service": webFile(triggered, "58-develop", "other") });
  await log.waitFor("a hook of the repository", isHook("any", "accepted"), { from });
  const ignored = await triggered.sendHook("ops/other", "push");
  expect(ignored).toMatchObject({ status: 200, text: expect.stringContaining("another repository") });
  expect((await webOf(triggered)).Id).toBe(before.Id);
  // What the others had caused would be here by now: runs do not overlap, and this push is told last.
  await push("ops/config", { "units/web.service": webFile(triggered, "58-develop", "second") });
  const line = await log.waitForRun("push of", from);
  expect(othersThanDrift(line)).toEqual([pushOfDevelop]);
  const byHook = 'outcome="converged",trigger="hook"';
  expect((await runs()).get(byHook)).toBe((runsBefore.get(byHook) ?? 0) + 1);
  expect((await webOf(triggered)).Config.Env).toContain("STATE=second");
});

test("a build that the registry tells of must be committed and applied", async ({ triggered }) => {
  const { log, git, registry, pushImage } = triggered;
  const from = log.position;
  await pushImage("59-develop");
  const line = await log.waitForRun(/web:59-develop/, from);
  expect(othersThanDrift(line)).toEqual([`push of ${registry}/myrepo/web:59-develop (hook registry)`]);
  expect(factsOf(log.lines.slice(from))).toEqual([`${registry}/myrepo/web:59-develop committed to develop`]);
  expect(await git.git(["log", "-1", "--format=%s", "develop"])).toBe("Updating web tag to '59-develop'\n");
  expect(await git.git(["show", "develop:units/web.service"])).toContain("myrepo/web:59-develop");
  expect((await webOf(triggered)).Config).toMatchObject({
    ...{ Image: `${registry}/myrepo/web:59-develop`, Env: expect.arrayContaining(["STATE=second"]) },
    Labels: { "mysysconfig.revision": (await tipOf(triggered)).slice(0, 7) },
  });
});

test("a build of another branch must never be taken", async ({ triggered }) => {
  const { log, pushImage } = triggered;
  const [before, tip, from] = [await webOf(triggered), await tipOf(triggered), log.position];
  await pushImage("60-master");
  const line = await log.waitFor("what became of it", ({ msg }) => msg === "image pushed", { from });
  expect(line["fact"]).toMatch(/myrepo\/web: no newer build that may run here$/);
  expect(await tipOf(triggered)).toBe(tip);
  expect((await webOf(triggered)).Id).toBe(before.Id);
});

test("with policy.registry apply a build must go ahead of Git until its commit arrives", async ({
  triggered,
}) => {
  const { log, pushImage, registry, runOnce, settings } = triggered;
  await configure(triggered, { "mysysconfig.yaml": settings("apply") });
  const tip = await tipOf(triggered);
  const from = log.position;
  await pushImage("61-develop");
  const line = await log.waitForRun(/web:61-develop/, from);
  expect(line).toMatchObject({ msg: "run converged" });
  expect(factsOf(log.lines.slice(from))).toEqual([`${registry}/myrepo/web:61-develop goes ahead of Git`]);
  expect((await webOf(triggered)).Config.Image).toBe(`${registry}/myrepo/web:61-develop`);
  expect(await tipOf(triggered)).toBe(tip);
  const ahead = new RegExp(`ahead of Git: ${registry}/myrepo/web:61-develop since .*still says 59-develop`);
  for (const command of ["plan", "status"])
    expect(await runOnce(command)).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(ahead) });
  const before = await webOf(triggered);
  await configure(triggered, { "units/web.service": webFile(triggered, "61-develop", "second") });
  for (const command of ["plan", "status"]) {
    const said = await runOnce(command);
    expect(said).toMatchObject({ exitCode: 0, stdout: expect.not.stringContaining("ahead of Git") });
  }
  expect((await webOf(triggered)).Id).toBe(before.Id);
});

test("with policy.registry wait a build must only be told of", async ({ triggered }) => {
  const { log, pushImage, registry, settings } = triggered;
  await configure(triggered, { "mysysconfig.yaml": settings("wait") });
  const [before, tip, from] = [await webOf(triggered), await tipOf(triggered), log.position];
  await pushImage("62-develop");
  const line = await log.waitFor("what became of it", ({ msg }) => msg === "image pushed", { from });
  expect(line["fact"]).toBe(
    `${registry}/myrepo/web:62-develop waits for its commit: policy.registry is wait`,
  );
  expect((await webOf(triggered)).Id).toBe(before.Id);
  expect(await tipOf(triggered)).toBe(tip);
  expect(log.lines.slice(from).map(({ msg }) => msg)).not.toContain("step done");
});

test("no secret may stand in the log", async ({ triggered }) => {
  const { log, secrets } = triggered;
  expect(log.foreign).toEqual([]);
  expect(log.text).toContain("(hook registry)");
  for (const [name, value] of Object.entries(secrets))
    expect(log.text.includes(value), `the log has the value of ${name}`).toBe(false);
});

async function configure(triggered: Triggered, files: Readonly<Record<string, string>>): Promise<void> {
  await triggered.push("ops/config", files);
  await triggered.applied();
}

async function webOf({ machine }: Triggered): Promise<InspectedContainer> {
  const found = await machine.client.inspect("web");
  if (found === undefined) throw new Error('there is no container "web"');
  return found;
}

const tipOf = async ({ git }: Triggered) => (await git.git(["rev-parse", "develop"])).trim();

/** The last steps of the run before may still be told by the Engine. */
const othersThanDrift = (line: LogLine) => becauseOf(line).filter((why) => !why.startsWith("web: "));

const isHook = (endpoint: string, result: string) => (line: LogLine) =>
  line.msg === "hook" && line["endpoint"] === endpoint && line["result"] === result;

const factsOf = (lines: readonly LogLine[]) =>
  lines.filter(({ msg }) => msg === "image pushed").map((line) => line["fact"]);
