/** Files of the repository get into containers although the Engine's host has never seen them. */
import { expect } from "vitest";
import {
  changeOf,
  expectConverged,
  expectNothingDone,
  expectReplacedOnly,
  expectTidy,
} from "../../support/checks.ts";
import { type System, test } from "../../support/scenario.ts";
import { compose, unit } from "../../support/texts.ts";

async function read({ engine, p }: System, name: string, path: string): Promise<string> {
  return (await engine.exec(`${p}${name}`, ["cat", path])).output;
}

test("a changed file must give a new volume and replace who mounts it, and nobody else", async ({
  system,
}) => {
  const { step, p, engine, proxy } = system;
  await system.write({
    "units/app.conf": "colour blue\n",
    [`units/${p}web.service`]: unit("-v ./app.conf:/etc/app.conf:ro lab/idle:1"),
    [`units/${p}other.service`]: unit("lab/idle:1"),
  });
  expectConverged(await step("a service with a file is applied", () => system.apply()));
  const before = await system.containers();
  const volumeOf = async () => (await system.container("web")).Mounts.find((mount) => mount.Name)?.Name;
  const firstVolume = await volumeOf();
  expect(await read(system, "web", "/etc/app.conf")).toBe("colour blue\n");

  await system.write({ "units/app.conf": "colour red\n" });
  const planned = await step("the file changes", () => system.plan());
  expectConverged(await system.apply());
  const after = await system.containers();
  expectReplacedOnly(before, after, ["web"]);
  expectTidy(after);
  expect(await read(system, "web", "/etc/app.conf")).toBe("colour red\n");
  expect(changeOf(system, planned, "web").fields.map(({ field }) => field)).toEqual(["mount /etc/app.conf"]);
  await step("the old volume has gone", async () => {
    const label = `mysysconfig.project=${p}project`;
    const query = { filters: JSON.stringify({ label: [label, "mysysconfig.content=files"] }) };
    const { Volumes } = await engine.api.call<{ Volumes: { Name: string }[] }>("GET", "/volumes", { query });
    expect(Volumes).toHaveLength(1);
    expect(Volumes[0]?.Name).not.toBe(firstVolume);
  });
  proxy.forget();
  expectNothingDone(system, await step("it is applied again", () => system.apply()));
});

test("files must be readable in read-only and in non-root containers", async ({ system }) => {
  const { step, p } = system;
  await system.write({
    "units/conf/main.conf": "main\n",
    "units/conf/deeper/other.conf": "other\n",
    [`units/${p}strict.service`]: unit(
      "--read-only -u 1000:1000 --cap-drop ALL -v ./conf/main.conf:/etc/main.conf:ro lab/idle:1",
    ),
    [`units/${p}folder.service`]: unit("--read-only -u 1000:1000 -v ./conf:/etc/conf:ro lab/idle:1"),
  });
  expectConverged(await step("two strict services are applied", () => system.apply()));
  expect(await read(system, "strict", "/etc/main.conf")).toBe("main\n");
  expect(await read(system, "folder", "/etc/conf/main.conf")).toBe("main\n");
  expect(await read(system, "folder", "/etc/conf/deeper/other.conf")).toBe("other\n");
  const written = await system.engine.exec(`${p}strict`, ["sh", "-c", "echo x > /etc/main.conf"]);
  expect(written.exitCode).not.toBe(0);
});

test("configs, secrets and env files must arrive with their owner and mode", async ({ system }) => {
  const { step, p, engine } = system;
  const stack = (mode: string) =>
    compose({
      services: {
        api: {
          image: "lab/idle:1",
          restart: "always",
          stop_grace_period: "2s",
          env_file: "./api.env",
          configs: [{ source: "main", target: "/etc/api.conf", uid: "1000", gid: "1000", mode }],
          secrets: ["token"],
        },
      },
      configs: { main: { file: "./api.conf" } },
      secrets: { token: { file: "./token.txt" } },
    });
  await system.write({
    "units/api.conf": "listen 80\n",
    "units/token.txt": "not so secret\n",
    "units/api.env": "COLOUR=blue\n",
    [`units/${p}shop.compose.yaml`]: stack("0440"),
  });
  expectConverged(await step("a stack with configs and secrets is applied", () => system.apply()));
  const stat = await engine.exec(`${p}shop-api-1`, ["stat", "-c", "%u %g %a", "/etc/api.conf"]);
  expect(stat.output).toBe("1000 1000 440\n");
  expect(await read(system, "shop-api-1", "/run/secrets/token")).toBe("not so secret\n");
  expect((await system.container("shop-api-1")).Config.Env).toContain("COLOUR=blue");
  await system.write({ "units/api.env": "COLOUR=red\n" });
  const planned = await step("a value of the env file changes", () => system.plan());
  expect(changeOf(system, planned, "shop/api").fields).toMatchObject([
    { field: "env COLOUR", before: "***" },
  ]);
  expectConverged(await system.apply());
  expect((await system.container("shop-api-1")).Config.Env).toContain("COLOUR=red");
});
