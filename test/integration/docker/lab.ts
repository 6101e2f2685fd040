/** What the tests of the Engine adapter share: a connected backend, a workload image, short ways to say specs and steps. */
import { inject } from "vitest";
import { makeWorkloadImage } from "../../../deploy/lab/workload-image.ts";
import { connectEngine } from "../../../src/docker/engine-backend.ts";
import type { ActualContainer, ObserveScope } from "../../../src/model/actual-state.ts";
import { labelKeys, type Owner, ownerLabels } from "../../../src/model/ownership.ts";
import type { ContainerTarget, StepKind, StepOf, StepPayloads } from "../../../src/model/step.ts";
import { type ContainerSpec, defaultUpdatePolicy, type WorkloadSpec } from "../../../src/model/workload.ts";
import type { BackendStepKind } from "../../../src/ports.ts";
import { engineClient } from "../../support/engine-client.ts";

export const image = "mysysconfig-test/adapter:1-develop";
/** Settings of its own that containers inherit. */
export const richImage = "mysysconfig-test/adapter-rich:1-develop";
export const owner: Owner = { project: "adapter", environment: "test" };
export const never = new AbortController().signal;

const origin = { file: "units/test.service", line: 1, column: 1 };

export type Lab = Awaited<ReturnType<typeof openLab>>;

/** A backend on the Engine of this project; `await using` closes it. */
export async function openLab() {
  const provided = inject("engine");
  const behind = engineClient(provided.socket);
  await makeWorkloadImage(behind.api, { reference: image });
  await makeWorkloadImage(behind.api, {
    reference: richImage,
    config: {
      cmd: ["/bin/sleep", "1000"],
      env: { FROM_IMAGE: "yes", LEVEL: "image" },
      labels: { "org.example.kept": "yes" },
      expose: ["8080"],
      volumes: ["/image-data"],
      user: "65534",
      workdir: "/tmp",
      healthcheck: { command: ["/bin/true"], interval: "5s", timeout: "2s", retries: 4 },
    },
  });
  const backend = await connectEngine({ host: `unix://${provided.socket}` }, never);
  return {
    provided,
    behind,
    backend,
    [Symbol.asyncDispose]: () => backend.close(),
  };
}

export function spec(fields: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    image,
    command: ["/bin/sleep", "1000"],
    environment: {},
    labels: {},
    restart: { name: "no" },
    ports: [],
    expose: [],
    mounts: [],
    network: { kind: "default" },
    ...fields,
  };
}

export function workload(name: string, fields: Partial<ContainerSpec> = {}): WorkloadSpec {
  return {
    key: name,
    kind: "service",
    containerNames: [name],
    container: spec(fields),
    dependsOn: [],
    update: defaultUpdatePolicy,
    origin,
    positions: {},
  };
}

export function labelsOf(key: string, txn = "0123abcd"): Record<string, string> {
  return { ...ownerLabels(owner), [labelKeys.workload]: key, [labelKeys.replica]: "1", [labelKeys.txn]: txn };
}

export function target(id: string, name: string): ContainerTarget {
  return { kind: "actual", id, name };
}

export const context = {
  idOf(wanted: ContainerTarget): string {
    if (wanted.kind === "actual") return wanted.id;
    throw new Error("these tests name containers by id");
  },
  progress: () => {},
};

/** A step that stands alone. */
export function step<K extends StepKind>(kind: K, payload: StepPayloads[K]): StepOf<K> {
  return {
    id: `${kind} test`,
    kind,
    payload,
    dependsOn: [],
    after: [],
    cause: "a test",
  } as unknown as StepOf<K>;
}

export async function execute<K extends BackendStepKind>(
  lab: Lab,
  kind: K,
  payload: StepPayloads[K],
  signal: AbortSignal = never,
) {
  return await lab.backend.execute(
    step(kind, payload) as unknown as StepOf<BackendStepKind>,
    context,
    signal,
  );
}

/** Creates a container by its step and answers its id. */
export async function create(
  lab: Lab,
  name: string,
  fields: Partial<ContainerSpec> = {},
  options: { aliases?: "attached" | "withheld"; txn?: string; key?: string } = {},
): Promise<string> {
  const labels = labelsOf(options.key ?? name, options.txn);
  const { containerId } = await execute(lab, "create-container", {
    name,
    workload: workload(options.key ?? name, fields),
    labels,
    aliases: options.aliases ?? "attached",
  });
  if (containerId === undefined) throw new Error("no id of the created container");
  return containerId;
}

export function scope(fields: Partial<ObserveScope> = {}): ObserveScope {
  return {
    owner,
    containerNames: new Set(),
    networkNames: new Set(),
    volumeNames: new Set(),
    images: new Set([image]),
    ...fields,
  };
}

/** The container as `observe` shows it. */
export async function observed(lab: Lab, id: string): Promise<ActualContainer> {
  const state = await lab.backend.observe(scope(), never);
  const found = state.containers.find((container) => container.id === id);
  if (found === undefined) throw new Error(`container ${id} is not among the observed`);
  return found;
}
