/** A rolling update under constant requests of a client inside the cluster's network. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { ensureBaseImage } from "../../../deploy/lab/base-image.ts";
import type { SwarmCluster } from "../../../deploy/lab/swarm-cluster.ts";
import { copyImages } from "../../../deploy/lab/swarm-images.ts";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import { engineClient } from "../../support/engine-client.ts";
import { type LoadReport, startNetworkLoad } from "../../support/load-probe.ts";
import type { ClusterSystem } from "../cluster-system.ts";
import { expectConverged, writeStack } from "./config.ts";

const replicas = 3;
const rollouts = 3;
const clients = 4;

/** An image with Node, for the server and the client, under a name that is the same everywhere. */
const image = "lab/node:24";

export async function prepareLoad(cluster: SwarmCluster): Promise<void> {
  const first = cluster.manager();
  const base = await ensureBaseImage(first.api, () => {});
  await first.api.call("POST", `/images/${base}/tag`, { query: { repo: "lab/node", tag: "24" } });
  await copyImages(cluster, first, [image]);
}

const buildOf = (number: number) => `${58 + number}-develop`;

async function writeBuild(system: ClusterSystem, number: number): Promise<void> {
  await system.write({
    "units/server.ts": await readFile(join(import.meta.dirname, "../cluster-server.ts"), "utf8"),
  });
  await writeStack(
    system,
    {
      web: {
        ...{ image, command: ["node", "/srv/server.ts"], networks: ["front"], stop_grace_period: "20s" },
        environment: { BUILD: buildOf(number) },
        volumes: ["./server.ts:/srv/server.ts:ro"],
        healthcheck: {
          test: ["CMD", "test", "-e", "/tmp/ready"],
          interval: "500ms",
          timeout: "5s",
          retries: 60,
        },
        deploy: { replicas },
      },
    },
    { networks: { front: { attachable: true } } },
  );
}

/**
 * The name stands for the tasks themselves (`tasks.web`, `dnsrr`): the address of a service as a whole carries nothing on a
 * kernel without IPVS.
 */
export async function rolloutUnderLoad(system: ClusterSystem): Promise<void> {
  await writeBuild(system, 0);
  expectConverged(await system.apply());
  const node = system.cluster.manager();
  const engine = engineClient(node.socket);
  const network = `${system.stack}_front`;
  const options = { sharedDir: node.sharedDir, socket: node.socket, networkPrefix: [] };
  const url = `http://tasks.${system.stack}_web/`;
  const load = await startNetworkLoad({ engine, options, p: system.stack }, network, image, {
    ...{ url, clients, pauseMs: 5 },
  });
  let seen: LoadReport;
  try {
    for (let number = 1; number <= rollouts; number += 1) {
      await writeBuild(system, number);
      expectConverged(await system.apply());
      const builds = (await system.running("web")).map(({ Spec }) => Spec.ContainerSpec.Env);
      expect(builds).toEqual(Array(replicas).fill([`BUILD=${buildOf(number)}`]));
    }
  } finally {
    seen = await load.stop();
  }
  await waitUntil("the network to be free", 30_000, async () =>
    (await engine.list({ network: [network], name: [`${system.stack}load`] })).length === 0
      ? true
      : undefined,
  );
  const raw = Object.entries(seen.raw).map(([code, count]) => `${count} ${code}`);
  system.note(
    `${rollouts} rollouts of ${replicas} replicas, ${clients} clients: ${seen.total} requests, ${raw.join(", ") || "0"} failed at first, ${seen.failed} after one retry, longest gap ${Math.round(seen.longestGapMs)} ms`,
  );
  expect({ failed: seen.failed, failures: seen.failures }).toEqual({ failed: 0, failures: [] });
  expect(Object.keys(seen.answers).sort()).toEqual(
    Array.from({ length: rollouts + 1 }, (_, number) => buildOf(number)),
  );
}
