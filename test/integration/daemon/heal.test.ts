/** Whatever somebody does by hand to what is ours, a running daemon puts it right, and leaves the rest alone. */
import { expect } from "vitest";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import { projectOf } from "../../support/artifacts.ts";
import { expectTidy } from "../../support/checks.ts";
import { isConverged, startDaemonProcess } from "../../support/daemon-process.ts";
import type { InspectedContainer } from "../../support/engine-client.ts";
import { type System, test } from "../../support/scenario.ts";
import { compose, unit } from "../../support/texts.ts";

async function writeSystem({ p, write }: System, names: readonly string[]): Promise<void> {
  await write({
    [`units/${p}net.compose.yaml`]: compose({ networks: { front: { name: `${p}front` } } }),
    ...Object.fromEntries(
      names.map((name) => [
        `units/${p}${name}.service`,
        unit(`--network ${p}front --network-alias ${name} lab/idle:1`),
      ]),
    ),
  });
}

/** As it was wanted: up, attached, not paused, with its restart policy. */
const isRight =
  (p: string, name: string) =>
  ({ Name, State, HostConfig, NetworkSettings }: InspectedContainer): boolean =>
    Name === `/${p}${name}` &&
    State.Running &&
    !State.Paused &&
    HostConfig.RestartPolicy.Name === "always" &&
    (NetworkSettings.Networks[`${p}front`]?.Aliases ?? []).includes(name);

const startOf = (system: System) =>
  startDaemonProcess({
    args: ["--config", system.repository.dir],
    environment: { DOCKER_HOST: system.proxy.host },
    trail: system.trail,
  });

/** Every container is itself, except the one that was meddled with. */
const others = (containers: ReadonlyMap<string, InspectedContainer>, name: string) =>
  [...containers].filter(([other]) => other !== name).map(([other, { Id, State }]) => [other, Id, State.Pid]);

test("what was changed by hand must be healed, and nothing else be touched", async ({ system }) => {
  const { p, engine, step } = system;
  const meddlings: readonly (readonly [how: string, name: string, meddle: () => Promise<unknown>])[] = [
    ["rm -f", "web", () => engine.remove(`${p}web`)],
    ["stop", "api", () => engine.post(`/containers/${p}api/stop?t=1`)],
    [
      "network disconnect",
      "web",
      () => engine.post(`/networks/${p}front/disconnect`, { Container: `${p}web`, Force: true }),
    ],
    ["rename", "api", () => engine.post(`/containers/${p}api/rename?name=${p}gone`)],
    ["update", "db", () => engine.post(`/containers/${p}db/update`, { RestartPolicy: { Name: "no" } })],
    ["pause", "db", () => engine.post(`/containers/${p}db/pause`)],
  ];
  await writeSystem(system, ["web", "api", "db"]);
  await using daemon = startOf(system);
  await step("the daemon brings everything up", () => daemon.line("the first run", isConverged));
  await daemon.ready();
  for (const [how, name, meddle] of meddlings) {
    const before = await system.containers();
    const since = daemon.lines.length;
    await step(`somebody does ${how} to ${name}`, meddle);
    await step("the daemon says why it ran and that it converged", () =>
      daemon.line(`the run after ${how}`, isConverged, since),
    );
    await step(`${name} is as it should be`, () =>
      engine.waitFor(`${p}${name}`, `right after ${how}`, isRight(p, name)),
    );
    const after = await system.containers();
    expectTidy(after);
    expect(others(after, name), how).toEqual(others(before, name));
  }
  expect(await daemon.stop()).toBe(0);
  expect(daemon.lines.filter(({ msg }) => msg === "run failed")).toEqual([]);
});

/** Garbage in every label that the program reads, on objects that claim to be ours. */
const poisons: readonly (readonly [name: string, value: string])[] = [
  ["mysysconfig.workload", "\u0000\u001b[2J__proto__"],
  ["mysysconfig.spec", '{"hash":'],
  ["mysysconfig.revision", "x".repeat(5_000)],
  ["mysysconfig.instance", "-1e309"],
];

test("garbage in our labels must not stop the daemon, and others must be healed all the same", async ({
  system,
}) => {
  const { p, engine, step } = system;
  await writeSystem(system, ["web"]);
  await using daemon = startOf(system);
  await daemon.line("the first run", isConverged);
  const known = (await system.container("web")).Config.Labels;
  const ours = Object.keys(known).filter((key) => key.startsWith("mysysconfig."));
  await step("containers with garbage in all labels appear", async () => {
    const garbage = Object.fromEntries(ours.map((key) => [key, "\u202e{{}}\n\u0007"]));
    const owned = {
      "mysysconfig.project": projectOf(p),
      "mysysconfig.environment": known["mysysconfig.environment"] ?? "",
    };
    for (const [index, labels] of [
      garbage,
      { ...garbage, ...owned },
      { ...owned, ...Object.fromEntries(poisons) },
    ].entries())
      await engine.run({ name: `${p}poison${index}`, image: "lab/idle:1", labels });
    await engine.post(`/containers/${p}poison1/stop?t=1`);
    await engine.post(`/containers/${p}poison2/rename?name=${p}poison3`);
  });
  await step("the memory of the runs is overwritten with garbage", async () => {
    const state = (await engine.volumes("mysysconfig-state-")).find((name) =>
      name.includes(projectOf(p).replaceAll("-", "--")),
    );
    expect(state).toBeDefined();
    const id = await engine.run({
      ...{ name: `${p}vandal`, image: "lab/idle:1", volumes: [`${state}:/state`] },
      command: ["sh", "-c", "for f in $(find /state -type f); do echo '{\"ledger\": [' > $f; done"],
    });
    await engine.waitForExit(id);
  });
  const since = daemon.lines.length;
  await step("the service is removed", () => engine.remove(`${p}web`));
  await step("and comes back", () => engine.waitFor(`${p}web`, "back", isRight(p, "web")));
  await daemon.line(
    "the run that healed it",
    ({ msg }) => /^run (?:converged|did not converge)$/.test(msg),
    since,
  );
  await waitUntil("the daemon to be ready", 30_000, async () =>
    (await fetch(`${await daemon.url()}/readyz`)).status === 200 ? true : undefined,
  );
  expect(daemon.lines.filter((line) => JSON.stringify(line).includes('"internal"'))).toEqual([]);
  expect(await daemon.stop()).toBe(0);
});
