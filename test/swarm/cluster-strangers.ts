/** What others have in the cluster, and no run may touch: a service, a network, a config and a secret. */
import type { SwarmCluster } from "../../deploy/lab/swarm-cluster.ts";
import { waitUntil } from "../../deploy/lab/waiting.ts";

export interface ClusterStrangers {
  /** What was touched since they were made: all that the cluster tells about them, their versions included. */
  touched(): Promise<readonly string[]>;
}

/** Labels as another project's workload has them. */
const otherProject = {
  "mysysconfig.project": "strangers",
  "mysysconfig.environment": "default",
  "mysysconfig.workload": "web",
} as const;

const paths = [
  "/networks/strangers-net?scope=swarm",
  "/configs/strangers-config",
  "/secrets/strangers-secret",
  "/services/strangers-plain",
  "/services/strangers-web",
] as const;

export async function placeClusterStrangers(cluster: SwarmCluster, image: string): Promise<ClusterStrangers> {
  const { api } = cluster.manager();
  const post = (path: string, json: unknown) =>
    api.call<{ ID?: string; Id?: string }>("POST", path, { json });
  const { Id: network } = await post("/networks/create", {
    ...{ Name: "strangers-net", Driver: "overlay", Labels: otherProject },
  });
  const Data = Buffer.from("theirs").toString("base64");
  const content = { ...otherProject, "mysysconfig.content": "files" };
  const { ID: config } = await post("/configs/create", { Name: "strangers-config", Labels: content, Data });
  await post("/secrets/create", { Name: "strangers-secret", Data });
  const File = { Name: "/etc/theirs", UID: "0", GID: "0", Mode: 0o444 };
  const ContainerSpec = {
    Image: image,
    Configs: [{ ConfigID: config, ConfigName: "strangers-config", File }],
  };
  const EndpointSpec = { Mode: "dnsrr" };
  const TaskTemplate = { ContainerSpec, Networks: [{ Target: network }] };
  await post("/services/create", { Name: "strangers-plain", TaskTemplate, EndpointSpec });
  await post("/services/create", {
    ...{ Name: "strangers-web", Labels: otherProject, TaskTemplate, EndpointSpec },
  });
  const before = await digests(cluster);
  return {
    async touched() {
      const after = await digests(cluster);
      return paths.filter((_, index) => after[index] !== before[index]);
    },
  };
}

/** A cluster that has just been repaired may need a moment to answer. */
async function digests(cluster: SwarmCluster): Promise<readonly string[]> {
  return await waitUntil("the cluster to tell of the strangers", 60_000, async () => {
    try {
      const told = paths.map((path) => cluster.manager().api.call("GET", path, { idleMs: 10_000 }));
      return (await Promise.all(told)).map((one) => JSON.stringify(stable(one)));
    } catch (error) {
      if (/404|no such|not found/i.test(String(error))) throw error;
      return undefined;
    }
  });
}

/** Of a network each node tells more as soon as it has a task on it. */
function stable(object: unknown): unknown {
  const { Id, Driver, Labels, ...rest } = object as Record<string, unknown>;
  return Id === undefined ? rest : { Id, Driver, Labels };
}
