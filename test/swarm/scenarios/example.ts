/** The example repository of this project, as it is, on a cluster. (On a single Engine: `test/e2e/image.test.ts`.) */
import { expect } from "vitest";
import { ensureExampleImages } from "../../../deploy/lab/example-images.ts";
import { repositoryRoot } from "../../../deploy/lab/paths.ts";
import type { SwarmCluster } from "../../../deploy/lab/swarm-cluster.ts";
import { copyImages } from "../../../deploy/lab/swarm-images.ts";
import { startProgram } from "../../support/program.ts";
import { startRecordingProxy } from "../../support/recording-proxy.ts";
import { type ClusterSystem, clearCluster, imageOf, type Told } from "../cluster-system.ts";
import { expectConverged, expectExit, seconds } from "./config.ts";

export async function prepareExample(cluster: SwarmCluster): Promise<void> {
  const first = cluster.manager();
  await copyImages(cluster, first, await ensureExampleImages(first.api, () => {}));
}

/** What of it runs: service, image, tasks. Its database's name stands for the task itself, without which nothing would connect. */
export const exampleServices = [
  "myservice myrepo/myservice:58-develop x1",
  "proxy myrepo/proxy:7-develop x1",
  "shop_api myrepo/api:41-develop x1",
  "shop_db myrepo/db:12-develop x1",
  "web myrepo/web:58-develop x1",
  "worker-1 myrepo/worker:58-develop x1",
  "worker-2 myrepo/worker:58-develop x1",
];

export async function exampleServing(system: ClusterSystem): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const name of [...(await system.services("example")).keys()].sort()) {
    const tasks = await system.running(name, "example");
    const images = new Set(tasks.map(({ Spec }) => imageOf(Spec.ContainerSpec.Image)));
    if (tasks.length > 0) lines.push(`${name} ${[...images].join(" + ")} x${tasks.length}`);
  }
  return lines;
}

export async function exampleRepository(system: ClusterSystem): Promise<void> {
  const apply = async (host: string, ...args: readonly string[]): Promise<Told> => {
    const folder = ["--config", repositoryRoot, "--branch", "develop"];
    return await system.end(startProgram(["apply", ...folder, ...args], { DOCKER_HOST: host }));
  };
  const direct = `unix://${system.cluster.manager().socket}`;
  try {
    const first = await apply(direct, "--json");
    expectConverged(first);
    expect(await exampleServing(system)).toEqual(exampleServices);
    const migrated = await system.tasks("shop_migrate", "example");
    expect(migrated.map(({ Status }) => Status?.State)).toEqual(["complete"]);
    // It waits for its time, which may just come: then it runs first.
    const due = await apply(direct, "--json");
    const ran =
      due.report?.changes.filter(({ outcome }) => outcome !== "unchanged").map(({ key }) => key) ?? [];
    expect([[], ["backup"]]).toContainEqual(ran);

    const proxy = await startRecordingProxy(system.cluster.manager().socket, "/tmp");
    const again = await apply(proxy.host).finally(() => proxy[Symbol.asyncDispose]());
    expectExit(again, 0, /^Nothing to do/m);
    expect(proxy.mutations()).toEqual([]);
    system.note(`deployed in ${seconds(first)}; nothing to do in ${seconds(again)}, no mutating call`);
  } finally {
    await clearCluster(system, "example");
  }
}
