/** An update that Swarm has paused. */
import { expect } from "vitest";
import { startRecordingProxy } from "../../support/recording-proxy.ts";
import type { ClusterSystem } from "../cluster-system.ts";
import { watchTasks } from "../task-watch.ts";
import { better, expectConverged, expectExit, good, web, writeStack } from "./config.ts";
import { untilServing, untilState } from "./rollouts.ts";

const updates = /^POST \/services\/[^/]+\/update/;

/**
 * An update that Swarm has paused, and the same configuration again: sent once more it would make Swarm take the sick task
 * for the new one and end the last healthy one.
 */
export async function pausedUpdate(system: ClusterSystem): Promise<void> {
  const service = (image: string) => ({
    web: { image, deploy: { update_config: { failure_action: "pause", order: "start-first" } } },
  });
  await writeStack(system, service(web(good)));
  expectConverged(await system.apply());
  await using watch = await watchTasks(system.cluster, `${system.stack}_web`, true);
  await writeStack(system, service(web("63-hangs")));
  const sent = await startRecordingProxy(system.cluster.manager().socket, "/tmp");
  const asked = sent.seen(updates);
  const running = system.start({ host: sent.host }, "apply", "--json");
  await asked;
  await untilState(system, "web", /updating|paused/);
  running.child.kill("SIGKILL");
  await running.result;
  await sent[Symbol.asyncDispose]();
  await untilState(system, "web", /paused/);

  const proxy = await startRecordingProxy(system.cluster.manager().socket, "/tmp");
  for (const command of ["apply", "apply"]) {
    const again = await system.run({ host: proxy.host }, command, "--json");
    expectExit(again, 1, /its update is paused/);
  }
  expect(proxy.mutations()).toEqual([]);
  await proxy[Symbol.asyncDispose]();
  expect({ fewest: watch.fewest(/58-develop/), story: watch.story() }).toMatchObject({ fewest: 1 });
  await writeStack(system, service(web(better)));
  expectConverged(await system.apply());
  await untilServing(system, [`web ${web(better)} x1`]);
  expect({ fewest: watch.fewest(/5[89]-develop/), story: watch.story() }).toMatchObject({ fewest: 1 });
}
