import type { Diagnostic, Position } from "../../../src/lib/diagnostic.ts";
import type { CompiledManifest } from "../../../src/model/compile.ts";
import {
  type ContainerSpec,
  type Dependency,
  defaultUpdatePolicy,
  type NetworkAttachment,
  type NetworkMode,
  type PortBinding,
  type WorkloadSpec,
} from "../../../src/model/workload.ts";

export function at(file: string, line = 1, column = 1): Position {
  return { file, line, column };
}

export function manifestOf(parts: Partial<CompiledManifest>): CompiledManifest {
  return { workloads: [], networks: [], volumes: [], fileSets: [], usedPaths: [], ...parts };
}

interface WorkloadParts extends Partial<Omit<WorkloadSpec, "container">> {
  readonly container?: Partial<ContainerSpec>;
}

/** A workload of its own unit file that runs one container with the workload's name. */
export function workloadOf(key: string, parts: WorkloadParts = {}): WorkloadSpec {
  const container: ContainerSpec = {
    image: "a:1",
    environment: {},
    labels: {},
    restart: { name: "always" },
    ports: [],
    expose: [],
    mounts: [],
    network: { kind: "default" },
    ...parts.container,
  };
  return {
    key,
    kind: "service",
    containerNames: [key.replaceAll("/", "-")],
    dependsOn: [],
    update: defaultUpdatePolicy,
    origin: at(`units/${key}.service`),
    positions: {},
    ...parts,
    container,
  };
}

export function needs(workload: string, parts: Partial<Dependency> = {}): Dependency {
  return { workload, condition: "started", required: true, restart: false, ...parts };
}

/** `127.0.0.1:80:8080/udp` and its shorter forms. */
export function port(text: string): PortBinding {
  const [address = "", protocol = "tcp"] = text.split("/");
  const match = /^(?:(.*):)?([^:]*):(\d+)$/.exec(address);
  if (!match || (protocol !== "tcp" && protocol !== "udp")) throw new Error(`no port: ${text}`);
  return {
    hostIp: match[1] ?? "",
    hostPort: match[2] ?? "",
    containerPort: Number(match[3]),
    protocol,
  };
}

export function attached(network: string, parts: Partial<NetworkAttachment> = {}): NetworkMode {
  return { kind: "networks", attachments: [{ network, aliases: [], ...parts }] };
}

/** `severity file:line code message` of each finding. */
export function say(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(
    ({ severity, position, code, message }) =>
      `${severity} ${position.file}:${position.line} ${code} ${message}`,
  );
}
