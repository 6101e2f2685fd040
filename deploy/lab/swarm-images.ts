/** Images on all nodes of a Swarm lab, which has no registry: a task starts only where its image is already. */
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import type { SwarmCluster, SwarmNode } from "./swarm-cluster.ts";
import { makeWorkloadImage, type WorkloadImage } from "./workload-image.ts";

/** Makes the image once and copies it: on all nodes it has the id that is answered. */
export async function makeImageOnAll(cluster: SwarmCluster, image: WorkloadImage): Promise<string> {
  const first = cluster.manager();
  const id = await makeWorkloadImage(first.api, image);
  await copyImages(cluster, first, [image.reference]);
  return id;
}

/** Copies images that one node has to all others that run. */
export async function copyImages(
  cluster: SwarmCluster,
  from: SwarmNode,
  references: readonly string[],
): Promise<void> {
  for (const node of running(cluster).filter((one) => one !== from))
    await load(node, await from.api.open("GET", "/images/get", { query: { names: references } }));
}

/** Loads the tar of a `docker save` on all nodes that run. */
export async function loadTarOnAll(cluster: SwarmCluster, tarFile: string): Promise<void> {
  for (const node of running(cluster)) await load(node, createReadStream(tarFile));
}

function running({ nodes }: SwarmCluster): readonly SwarmNode[] {
  return nodes.filter((node) => node.isRunning());
}

async function load(node: SwarmNode, stream: Readable): Promise<void> {
  await node.api.progress("POST", "/images/load", { query: { quiet: "1" }, stream });
}
