import { Readable } from "node:stream";
import type { EngineSurroundings } from "../../../src/docker/actual-container.ts";
import {
  buildCreateRequest,
  type CreateContext,
  type CreateRequest,
} from "../../../src/docker/create-body.ts";
import type { ContainerInspect } from "../../../src/docker/inspect-types.ts";
import type { ContainerSpec } from "../../../src/model/workload.ts";

export const containerId = "c0ffee".padEnd(64, "0");

export function spec(fields: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    image: "myrepo/web:58-develop",
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

export function request(
  fields: Partial<ContainerSpec> = {},
  context: Partial<CreateContext> = {},
): CreateRequest {
  return buildCreateRequest(spec(fields), {
    name: "web",
    labels: {},
    aliases: "attached",
    apiVersion: "1.51",
    filesMountpoint: (fileSet) => `/var/lib/docker/volumes/${fileSet}/_data`,
    ...context,
  });
}

/** What an Engine would report about a container made by this request, without any default of its own. */
export function inspectOf({ body, connectAfter, name }: CreateRequest): ContainerInspect {
  const { HostConfig, NetworkingConfig, ...config } = body;
  const [primary] = Object.values(NetworkingConfig?.EndpointsConfig ?? {});
  const mac = primary?.MacAddress === undefined ? {} : { MacAddress: primary.MacAddress };
  const later = connectAfter.map(({ network, endpoint }) => [network, endpoint] as const);
  return {
    Id: containerId,
    Name: `/${name}`,
    Created: "2026-11-21T10:00:00Z",
    Image: "sha256:1234",
    RestartCount: 0,
    State: {
      Status: "running",
      ExitCode: 0,
      StartedAt: "2026-11-21T10:00:01Z",
      FinishedAt: "",
      OOMKilled: false,
      Error: "",
    },
    Config: { Hostname: containerId.slice(0, 12), ...mac, ...config },
    HostConfig,
    NetworkSettings: { Networks: { ...NetworkingConfig?.EndpointsConfig, ...Object.fromEntries(later) } },
  };
}

export const surroundings: EngineSurroundings = {
  owner: { project: "shop", environment: "develop" },
  nameOf: () => undefined,
  isObserved: () => false,
  networkIds: new Map(),
  filesVolumes: new Map(),
};

export function streamOf(...chunks: (string | Uint8Array)[]): Readable {
  return Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
}
