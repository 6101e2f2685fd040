/** What the tests of the Engine adapter share: a backend, an image, an owner of the file's own, short ways to say steps. */
import { inject } from "vitest";
import { makeWorkloadImage } from "../../../deploy/lab/workload-image.ts";
import {
  type ConnectedEngine,
  connectEngine,
  type EngineConnectionOptions,
} from "../../../src/docker/engine-backend.ts";
import type { ActualContainer, ObserveScope } from "../../../src/model/actual-state.ts";
import { labelKeys, type Owner, ownerLabels } from "../../../src/model/ownership.ts";
import type { Progress } from "../../../src/model/run-event.ts";
import type { ContainerTarget, StepOf, StepPayloads } from "../../../src/model/step.ts";
import { type ContainerSpec, defaultUpdatePolicy, type WorkloadSpec } from "../../../src/model/workload.ts";
import type { Backend, BackendStepKind } from "../../../src/ports.ts";
import { engineClient } from "../../support/engine-client.ts";

export const never = new AbortController().signal;
export const origin = { file: "units/test.service", line: 1, column: 1 };

export interface CreateOptions {
  readonly aliases?: "attached" | "withheld";
  readonly txn?: string;
  /** The workload's key; the container's name by default. */
  readonly key?: string;
}

/**
 * Everything of one test file; files run side by side on one Engine, so each has names of its own.
 *
 * @param file prefix of all names
 */
export async function openLab(file: string, options: EngineConnectionOptions = {}) {
  const provided = inject("engine");
  const behind = engineClient(provided.socket);
  const image = `mysysconfig-test/${file}:1-develop`;
  await makeWorkloadImage(behind.api, { reference: image });
  const backend = await connectEngine({ host: `unix://${provided.socket}`, ...options }, never);
  return new Lab(provided, behind, backend, image, { project: file, environment: "adapter" });
}

export class Lab {
  readonly progress: Progress[] = [];
  readonly provided: ReturnType<typeof inject<"engine">>;
  readonly behind: ReturnType<typeof engineClient>;
  readonly backend: ConnectedEngine;
  readonly image: string;
  readonly owner: Owner;

  constructor(
    provided: Lab["provided"],
    behind: Lab["behind"],
    backend: ConnectedEngine,
    image: string,
    owner: Owner,
  ) {
    this.provided = provided;
    this.behind = behind;
    this.backend = backend;
    this.image = image;
    this.owner = owner;
  }

  spec(fields: Partial<ContainerSpec> = {}): ContainerSpec {
    return {
      image: this.image,
      command: ["/bin/sleep", "1000"],
      environment: {},
      labels: {},
      restart: { name: "no" },
      ports: [],
      expose: [],
      mounts: [],
      network: { kind: "default" },
      stopTimeoutSeconds: 0,
      ...fields,
    };
  }

  workload(key: string, fields: Partial<ContainerSpec> = {}): WorkloadSpec {
    const container = this.spec(fields);
    const update = defaultUpdatePolicy;
    return {
      key,
      kind: "service",
      containerNames: [key],
      container,
      dependsOn: [],
      update,
      origin,
      positions: {},
    };
  }

  labels(key: string, txn = "0123abcd"): Record<string, string> {
    return {
      ...this.objectLabels(),
      [labelKeys.workload]: key,
      [labelKeys.replica]: "1",
      [labelKeys.txn]: txn,
    };
  }

  /** Labels of networks and volumes. */
  objectLabels(): Record<string, string> {
    return ownerLabels(this.owner);
  }

  async execute<K extends BackendStepKind>(
    kind: K,
    payload: StepPayloads[K],
    signal: AbortSignal = never,
    backend: Backend = this.backend,
  ) {
    const step = { id: `${kind} test`, kind, payload, dependsOn: [], after: [], cause: "a test" };
    const context = {
      idOf(wanted: ContainerTarget): string {
        if (wanted.kind === "actual") return wanted.id;
        throw new Error("these tests name containers by id");
      },
      progress: (progress: Progress) => this.progress.push(progress),
    };
    return await backend.execute(step as unknown as StepOf<BackendStepKind>, context, signal);
  }

  /** Creates a container by its step and answers its id. */
  async create(
    name: string,
    fields: Partial<ContainerSpec> = {},
    { aliases = "attached", txn, key = name }: CreateOptions = {},
    backend: Backend = this.backend,
  ): Promise<string> {
    const payload = { name, workload: this.workload(key, fields), labels: this.labels(key, txn), aliases };
    const { containerId } = await this.execute("create-container", payload, never, backend);
    if (containerId === undefined) throw new Error("no id of the created container");
    return containerId;
  }

  async start(id: string, name = "a container"): Promise<void> {
    await this.execute("start-container", { container: target(id, name) });
  }

  async createNetwork(name: string, subnet?: string): Promise<void> {
    const ipam = subnet === undefined ? {} : { ipam: { pools: [{ subnet }] } };
    const network = { name, external: false, options: {}, labels: {}, ...ipam, origin };
    await this.execute("create-network", { network, labels: this.objectLabels() });
  }

  scope(fields: Partial<ObserveScope> = {}): ObserveScope {
    return {
      owner: this.owner,
      target: "engine",
      containerNames: new Set(),
      networkNames: new Set(),
      volumeNames: new Set(),
      images: new Set([this.image]),
      ...fields,
    };
  }

  /** The container as `observe` shows it. */
  async observed(id: string): Promise<ActualContainer> {
    const state = await this.backend.observe(this.scope(), never);
    const found = state.containers.find((container) => container.id === id);
    if (found === undefined) throw new Error(`container ${id} is not among the observed`);
    return found;
  }

  /** Whole answers of the Engine, where a test looks closer than `behind` does. */
  async inspect<T>(path: string): Promise<T> {
    return await this.behind.api.call<T>("GET", path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { Id } of await this.behind.list({ label: [`${labelKeys.project}=${this.owner.project}`] }))
      await this.behind.remove(Id);
    await this.backend.close();
  }
}

export function target(id: string, name: string): ContainerTarget {
  return { kind: "actual", id, name };
}
