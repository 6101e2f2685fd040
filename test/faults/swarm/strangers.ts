/** Objects of the Swarm that no run may touch: another project's service, and what it uses. */
import { createHash } from "node:crypto";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import type { EngineClient } from "../../support/engine-client.ts";
import type { SeenService, SeenTask } from "./objects.ts";

export interface SwarmStrangers {
  /** What was touched since they were made, by name. */
  touched(): Promise<readonly string[]>;
}

/** Labels as another project's service has them. */
const otherProject = {
  "mysysconfig.project": "strangers",
  "mysysconfig.environment": "default",
  "mysysconfig.workload": "web",
} as const;

/** What is told of each has its version, which every change of it counts up. */
const paths = [
  "/services/strangers-web",
  "/configs/strangers-conf",
  "/secrets/strangers-key",
  "/networks/strangers-front",
] as const;

const runningMs = 60_000;

export async function placeSwarmStrangers(engine: EngineClient): Promise<SwarmStrangers> {
  const { api, post } = engine;
  const Data = Buffer.from("strange\n").toString("base64");
  const files = { ...otherProject, "mysysconfig.content": "files" };
  await post("/networks/create", { Name: "strangers-front", Driver: "overlay", Labels: otherProject });
  await post("/configs/create", { Name: "strangers-conf", Labels: files, Data });
  await post("/secrets/create", { Name: "strangers-key", Labels: files, Data });
  await post("/services/create", {
    Name: "strangers-web",
    Labels: otherProject,
    TaskTemplate: {
      ContainerSpec: { Image: "lab/idle:1" },
      Networks: [{ Target: "strangers-front", Aliases: ["web"] }],
    },
    // The kernel may have no IPVS, and a virtual address would then lead nowhere.
    EndpointSpec: { Mode: "dnsrr" },
  });
  await waitUntil('the service "strangers-web" to run', runningMs, async () => {
    const tasks = await tasksOf(engine, "strangers-web");
    return tasks.some(({ Status }) => Status.State === "running") ? true : undefined;
  });
  const told = async (path: string) =>
    digest(await api.call("GET", path).catch((error: Error) => error.message));
  const all = async () => {
    const tasks = await tasksOf(engine, "strangers-web");
    const running = tasks.map(({ ID, Status }) => [ID, Status.State, Status.ContainerStatus?.ContainerID]);
    return new Map([
      ...(await Promise.all(paths.map(async (path) => [path, await told(path)] as const))),
      ["/tasks of strangers-web", digest(running)] as const,
    ]);
  };
  const before = await all();
  return {
    async touched() {
      const after = await all();
      return [...before.keys()].filter((path) => after.get(path) !== before.get(path));
    },
  };
}

async function tasksOf({ api }: EngineClient, name: string): Promise<readonly SeenTask[]> {
  const { ID } = await api.call<SeenService>("GET", `/services/${name}`);
  const tasks = await api.call<SeenTask[]>("GET", "/tasks");
  return tasks.filter(({ ServiceID }) => ServiceID === ID).sort((a, b) => (a.ID < b.ID ? -1 : 1));
}

function digest(told: unknown): string {
  return createHash("sha256").update(JSON.stringify(told)).digest("hex");
}
