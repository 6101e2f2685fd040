/** What changes again and again is not fought: it is looked at less and less often, and the log names it. */
import { expect } from "vitest";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import { isConverged, startDaemonProcess } from "../../support/daemon-process.ts";
import { once } from "../../support/newest-engine.ts";
import type { System } from "../../support/scenario.ts";
import { unit } from "../../support/texts.ts";

const startOf = (system: System) =>
  startDaemonProcess({
    args: ["--config", system.repository.dir],
    environment: { DOCKER_HOST: system.proxy.host },
    trail: system.trail,
  });

const starts = ({ proxy }: System) =>
  proxy.calls().filter(({ method, path }) => method === "POST" && /^\/containers\/[^/]+\/start/.test(path))
    .length;

once("a rival that stops a service each time must be named and not fought", async ({ system }) => {
  const { p, engine } = system;
  await system.write({
    [`units/${p}web.service`]: unit("lab/idle:1"),
    [`units/${p}api.service`]: unit("lab/idle:1"),
  });
  await using daemon = startOf(system);
  await daemon.line("the first run", isConverged);
  system.proxy.forget();
  const rival = new AbortController();
  let stops = 0;
  const undoing = (async () => {
    while (!rival.signal.aborted && stops < 30) {
      const found = await engine.inspect(`${p}web`);
      if (found?.State.Running !== true) continue;
      stops += 1;
      await engine.post(`/containers/${p}web/stop?t=1`);
    }
  })();
  const line = await daemon.line("to name it", ({ msg }) => msg.startsWith("it changes again and again"));
  expect(line["what"]).toMatch(new RegExp(`^${p}web: `));
  const since = daemon.lines.length;
  // Others are healed at once, while it waits for this one.
  await engine.remove(`${p}api`);
  await daemon.line(
    "the other service to be healed",
    (one) => one.msg.startsWith("run ") && JSON.stringify(one["because"]).includes(`${p}api`),
    since,
  );
  await waitUntil("the other service", 30_000, async () =>
    (await engine.inspect(`${p}api`))?.State.Running === true ? true : undefined,
  );
  rival.abort();
  await undoing;
  expect(stops).toBeLessThan(15);
  expect(starts(system)).toBeLessThan(15);
  expect(daemon.lines.filter(({ msg }) => msg.startsWith("it changes again and again"))).toHaveLength(1);
  await engine.waitFor(`${p}web`, "healed when the rival is gone", ({ State }) => State.Running, 90_000);
  expect(await daemon.stop()).toBe(0);
});

once("a container that cannot stay up must not be hammered", async ({ system }) => {
  const { p } = system;
  await system.write({
    [`units/${p}web.service`]: unit("lab/web:60-exits"),
    [`units/${p}api.service`]: unit("lab/idle:1"),
  });
  await using daemon = startOf(system);
  const failed = await daemon.line("the first verdict", ({ msg }) => msg === "run did not converge");
  expect(failed["retryInMs"]).toBeUndefined();
  system.proxy.forget();
  const since = daemon.lines.length;
  await system.engine.remove(`${p}api`);
  await system.engine.waitFor(`${p}api`, "healed", ({ State }) => State.Running);
  await daemon.line("the run that healed the other", ({ msg }) => /^run /.test(msg), since);
  expect(system.proxy.mutations().filter((call) => call.includes(`name=${p}web`))).toEqual([]);
  expect(await daemon.stop()).toBe(0);
});
