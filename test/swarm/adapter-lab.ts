/** What the tests of the adapter's Swarm side share: a manager alone, a backend on it, short ways to say steps. */
import { type SwarmCluster, startCluster } from "../../deploy/lab/swarm-cluster.ts";
import { makeImageOnAll } from "../../deploy/lab/swarm-images.ts";
import { waitUntil } from "../../deploy/lab/waiting.ts";
import {
  type ConnectedEngine,
  connectEngine,
  type EngineConnectionOptions,
} from "../../src/docker/engine-backend.ts";
import type { ServiceAnswer, StoredAnswer, TaskAnswer } from "../../src/docker/swarm/answers.ts";
import type { ObserveScope } from "../../src/model/actual-state.ts";
import type { ActualService, ActualSwarm, ServiceLook } from "../../src/model/actual-swarm.ts";
import type { NetworkSpec } from "../../src/model/network.ts";
import { labelKeys, type Owner, ownerLabels } from "../../src/model/ownership.ts";
import type { ServiceSpec, TaskSpec } from "../../src/model/service-spec.ts";
import type { ContainerTarget, StepOf, StepPayloads } from "../../src/model/step.ts";
import type { Backend, BackendStepKind } from "../../src/ports.ts";
import type { releases } from "./releases.ts";

export const never = new AbortController().signal;
export const image = "lab/adapter:1-develop";
const owner: Owner = { project: "adapter", environment: "swarm" };
const origin = { file: "units/test.container", line: 1, column: 1 };

export interface ServiceOptions {
  readonly replicas?: number;
  readonly command?: readonly string[];
  readonly txn?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly task?: Partial<TaskSpec>;
  readonly container?: Partial<TaskSpec["ContainerSpec"]>;
}

export async function openSwarmLab(
  release: (typeof releases)[number],
  options: EngineConnectionOptions = {},
): Promise<SwarmLab> {
  const report = (line: string) => process.stderr.write(`${line}\n`);
  const cluster = await startCluster({ release, managers: 1, purpose: "adapter", report });
  try {
    await makeImageOnAll(cluster, { reference: image });
    const backend = await connectEngine({ host: `unix://${cluster.manager().socket}`, ...options }, never);
    return new SwarmLab(cluster, backend);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

export class SwarmLab {
  readonly cluster: SwarmCluster;
  readonly backend: ConnectedEngine;
  readonly owner = owner;

  constructor(cluster: SwarmCluster, backend: ConnectedEngine) {
    this.cluster = cluster;
    this.backend = backend;
  }

  get socket(): string {
    return this.cluster.manager().socket;
  }

  /** Behind the program's back. */
  async call<T>(method: string, path: string, json?: unknown, query?: Readonly<Record<string, string>>) {
    const { api } = this.cluster.manager();
    const body = json === undefined ? {} : { json };
    return await api.call<T>(method, path, { ...body, ...(query === undefined ? {} : { query }) });
  }

  spec(name: string, options: ServiceOptions = {}): ServiceSpec {
    const { replicas = 1, command = ["/bin/sleep", "1000"], txn = "0123abcd", task, container } = options;
    return {
      Name: name,
      Labels: { ...ownerLabels(owner), [labelKeys.workload]: name, [labelKeys.txn]: txn, ...options.labels },
      TaskTemplate: {
        ContainerSpec: { Image: image, Command: command, StopGracePeriod: 1e9, ...container },
        ...task,
      },
      Mode: { Replicated: { Replicas: replicas } },
      // The kernel may have no IPVS, and a virtual address would then lead nowhere.
      EndpointSpec: { Mode: "dnsrr" },
    };
  }

  async execute<K extends BackendStepKind>(
    kind: K,
    payload: StepPayloads[K],
    backend: Backend = this.backend,
    signal: AbortSignal = never,
  ) {
    const step = { id: `${kind} test`, kind, payload, dependsOn: [], after: [], cause: "a test" };
    const context = {
      idOf(wanted: ContainerTarget): string {
        if (wanted.kind === "actual") return wanted.id;
        throw new Error("these tests name services by id");
      },
      progress: () => {},
    };
    return await backend.execute(step as unknown as StepOf<BackendStepKind>, context, signal);
  }

  async create(
    spec: ServiceSpec,
    backend: Backend = this.backend,
  ): Promise<ContainerTarget & { id: string }> {
    const { serviceId } = await this.execute("create-service", { spec, image }, backend);
    if (serviceId === undefined) throw new Error("no id of the created service");
    return target(serviceId, spec.Name);
  }

  async update(
    service: ContainerTarget,
    previous: ServiceSpec,
    spec: ServiceSpec,
    backend: Backend = this.backend,
  ): Promise<void> {
    await this.execute("update-service", { service, spec, previous, image }, backend);
  }

  network(name: string, fields: Partial<NetworkSpec> = {}): NetworkSpec {
    return { name, external: false, driver: "overlay", options: {}, labels: {}, origin, ...fields };
  }

  async createNetwork(name: string, fields: Partial<NetworkSpec> = {}): Promise<void> {
    await this.execute("create-network", { network: this.network(name, fields), labels: ownerLabels(owner) });
  }

  async store(kind: "config" | "secret", name: string, content: string): Promise<void> {
    const stored = { kind, name, path: `files/${name}`, content: Buffer.from(content) };
    await this.execute("create-stored", { stored, labels: ownerLabels(owner) });
  }

  scope(fields: Partial<ObserveScope> = {}): ObserveScope {
    const empty = new Set<string>();
    const names = { containerNames: empty, networkNames: empty, volumeNames: empty, images: empty };
    return { owner, target: "swarm", ...names, ...fields };
  }

  async observe(fields: Partial<ObserveScope> = {}, backend: Backend = this.backend): Promise<ActualSwarm> {
    const { swarm } = await backend.observe(this.scope(fields), never);
    if (swarm === undefined) throw new Error("nothing was observed of the Swarm");
    return swarm;
  }

  async observed(name: string): Promise<ActualService> {
    const found = (await this.observe()).services.find((service) => service.name === name);
    if (found === undefined) throw new Error(`service "${name}" is not among the observed`);
    return found;
  }

  /** Looks until what is seen is enough. */
  async lookUntil(id: string, isEnough: (look: ServiceLook) => boolean): Promise<ServiceLook> {
    return await waitUntil("the service to be as it should be", 120_000, async () => {
      const look = await this.backend.lookAtService(id, never);
      return isEnough(look) ? look : undefined;
    });
  }

  async inspect(nameOrId: string): Promise<ServiceAnswer> {
    return await this.call<ServiceAnswer>("GET", `/services/${nameOrId}`);
  }

  async configs(prefix: string): Promise<readonly StoredAnswer[]> {
    return await this.call("GET", "/configs", undefined, { filters: JSON.stringify({ name: [prefix] }) });
  }

  async tasks(service: string): Promise<readonly TaskAnswer[]> {
    const filters = JSON.stringify({ service: [service] });
    return await this.call("GET", "/tasks", undefined, { filters });
  }

  /** Takes all services of a test away. */
  async clear(): Promise<void> {
    for (const { ID } of await this.call<ServiceAnswer[]>("GET", "/services"))
      await this.call("DELETE", `/services/${ID}`);
    // Engine 20.10 keeps the tasks that a removed job has completed.
    await waitUntil("all tasks to end", 60_000, async () => {
      const tasks = await this.call<TaskAnswer[]>("GET", "/tasks");
      return tasks.every(({ Status }) => Status?.State === "complete") ? true : undefined;
    });
  }

  async close(): Promise<void> {
    await this.backend.close();
    await this.cluster.stop();
  }
}

export function target(id: string, name: string): ContainerTarget & { id: string } {
  return { kind: "actual", id, name };
}
