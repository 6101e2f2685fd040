/** What a run by hand tells people: each trouble and its end once, over several runs, signed, and without secrets. */

import { Webhook } from "standardwebhooks";
import { expect } from "vitest";
import { Receiver } from "../../support/notice-receiver.ts";
import { quickSettings, type System, test } from "../../support/scenario.ts";
import { unit } from "../../support/texts.ts";

const signing = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;

interface Told {
  readonly kind: string;
  readonly title: string;
}

/** What has come since the last look, its signatures verified. */
function toldBy(receiver: Receiver): readonly Told[] {
  return receiver.received.splice(0).flatMap(({ body, headers }) => {
    const signed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    new Webhook(signing).verify(body, signed);
    return (JSON.parse(body) as { notices: readonly Told[] }).notices.map(({ kind, title }) => ({
      kind,
      title,
    }));
  });
}

async function writeSettings(system: System, receiver: Receiver): Promise<void> {
  const lines = [
    "secrets: [HOOK_URL, HOOK_KEY]",
    "notifications: {people: {kind: webhook, url: HOOK_URL, sign: HOOK_KEY}}",
  ];
  await system.write({ "mysysconfig.yaml": `${quickSettings(system.p)}${lines.join("\n")}\n` });
  system.setEnvironment({
    MYSYSCONFIG_SECRET_HOOK_URL: receiver.url,
    MYSYSCONFIG_SECRET_HOOK_KEY: signing,
  });
}

test("runs by hand must tell each trouble and its end once, and nothing when all is well", async ({
  system,
}) => {
  const { p, step, write } = system;
  await using receiver = await Receiver.open();
  await writeSettings(system, receiver);
  const web = (image: string) => ({ [`units/${p}web.service`]: unit(`--name ${p}web ${image}`) });
  await write(web("lab/idle:1"));
  await step("a first run that converges", () => system.apply());
  expect(toldBy(receiver)).toEqual([]);
  await write(web("lab/web:60-exits"));
  const failed = await step("a build that is no good", () => system.apply());
  expect(failed.exitCode).toBe(1);
  expect(toldBy(receiver)).toEqual([
    { kind: "rollback", title: expect.stringMatching(new RegExp(`^${p}web: `)) },
  ]);
  const again = await step("the same trouble once more", () => system.apply());
  expect([again.exitCode, toldBy(receiver)]).toEqual([1, []]);
  await write({ [`units/${p}web.service`]: unit(`--name ${p}web --nmae x lab/idle:1`) });
  const invalid = await step("a mistake in the configuration", () => system.run("apply"));
  expect(invalid.exitCode).toBe(4);
  expect(toldBy(receiver)).toEqual([
    { kind: "failure", title: expect.stringContaining('unknown docker run flag "--nmae"') },
  ]);
  await write(web("lab/idle:2"));
  const mended = await step("a build that is good", () => system.apply());
  expect(mended.exitCode).toBe(0);
  expect(toldBy(receiver)).toEqual([{ kind: "recovery", title: expect.stringContaining(`${p}web`) }]);
  const said = `${system.trail.join("\n")}${failed.stdout}${failed.stderr}`;
  expect(said).not.toContain(signing);
  expect(said).not.toContain("s3cr3t-path");
});

test("a receiver that is away must change neither the verdict nor the exit code", async ({ system }) => {
  const { p, step, write, engine } = system;
  await using receiver = await Receiver.open({ status: 404 });
  await writeSettings(system, receiver);
  await write({ [`units/${p}web.service`]: unit(`--name ${p}web lab/idle:1`) });
  await system.apply();
  await step("somebody removes it", () => engine.remove(`${p}web`));
  const healed = await step("a run that repairs it, and is told 404", () => system.apply());
  expect(healed).toMatchObject({ exitCode: 0, report: { converged: true } });
  expect(receiver.received).toHaveLength(1);
  expect(healed.stderr).toContain("people");
  expect(healed.stderr).not.toContain("s3cr3t-path");
});
