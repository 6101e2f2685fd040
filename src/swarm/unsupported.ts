import { type Diagnostic, DiagnosticSink, sortDiagnostics } from "../lib/diagnostic.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { serviceApi, serviceApiHas } from "./api-version.ts";
import { deliveriesOf, type FilesOf } from "./delivered-files.ts";
import { stopFirstReasons } from "./rollout-config.ts";
import { readSecurityOptions } from "./security-options.ts";
import { isServiceName, longestServiceName, serviceNameOf } from "./service-name.ts";
import { fixedHostPort } from "./service-ports.ts";
import { readTmpfsOptions } from "./tmpfs-options.ts";
import { unsupportedFields } from "./unsupported-table.ts";

const code = "swarm-unsupported";

/**
 * What a workload declares and a service of a Swarm cannot have, at its place: an error each, because a service that is
 * less than its declaration is not what was asked for. Nothing of it concerns an Engine.
 *
 * @param apiVersion what the manager speaks; older ones drop what they do not know without a word
 */
export function unsupportedOnSwarm(workload: WorkloadSpec, apiVersion: string): readonly Diagnostic[] {
  const report = new Report(workload);
  checkName(report);
  checkFields(report);
  checkNetwork(report);
  checkPorts(report);
  checkMounts(report);
  checkRollout(report);
  checkOthers(report);
  checkApi(report, apiVersion);
  return sortDiagnostics(report.sink.diagnostics);
}

/** Largest content of the cluster's store, exclusive of the bound itself (SwarmKit; measured on Engine 20.10). */
const storeLimits = { config: 1_024_000, secret: 512_000 } as const;

/** Files of the repository that the cluster's store does not take. */
export function unstorableFiles(workload: WorkloadSpec, desired: FilesOf): readonly Diagnostic[] {
  const report = new Report(workload);
  for (const { kind, target, file } of deliveriesOf(workload, desired)) {
    const size = file.content.length;
    const what = `"${file.path}" for ${target}`;
    if (size === 0)
      report.add("mounts", `${what} is empty, which a Swarm's ${kind} cannot be`, "write a comment into it");
    else if (size >= storeLimits[kind])
      report.add(
        "mounts",
        `${what} has ${size} bytes, but a Swarm's ${kind} must be smaller than ${storeLimits[kind]}`,
        "put it into the image",
      );
  }
  return report.sink.diagnostics;
}

class Report {
  readonly sink = new DiagnosticSink();
  readonly workload: WorkloadSpec;

  constructor(workload: WorkloadSpec) {
    this.workload = workload;
  }

  /** Whether it is a service of a stack, so that people know the key rather than the flag. */
  get isStack(): boolean {
    return this.workload.key.includes("/");
  }

  add(field: string, message: string, hint: string): void {
    const { positions, origin } = this.workload;
    const [whole = ""] = field.split(".", 1);
    const place = positions[field] ?? positions[whole] ?? positions[`cluster.${field}`];
    this.sink.error(place ?? origin, code, message, hint);
  }

  /** Something that is called in two ways. */
  refuse(field: string, names: { readonly flag: string; readonly key: string }, hint: string): void {
    const name = this.isStack && names.key !== "" ? names.key : names.flag;
    this.add(field, `a Swarm's service cannot have ${name}`, hint);
  }

  warn(field: string, message: string, hint: string): void {
    const { positions, origin } = this.workload;
    this.sink.warning(positions[field] ?? origin, code, message, hint);
  }
}

function checkName(report: Report): void {
  const name = serviceNameOf(report.workload);
  if (isServiceName(name)) return;
  const message = `"${name}" is no name for a Swarm's service: letters, digits, "-" and "_", at most ${longestServiceName}`;
  report.add("name", message, "choose another name; a dot is not possible");
}

function checkFields(report: Report): void {
  for (const { field, flag, key, hint, asks } of unsupportedFields)
    if (asks(report.workload.container)) report.refuse(field, { flag, key }, hint);
}

function checkNetwork(report: Report): void {
  const { network } = report.workload.container;
  if (network.kind === "none")
    report.refuse(
      "network",
      { flag: "--network none", key: "network_mode: none" },
      "use an overlay network with internal: true",
    );
  if (network.kind === "container" || network.kind === "workload")
    report.refuse(
      "network",
      { flag: "--network container:…", key: "network_mode: service:…" },
      "put both on one network: services find each other by name",
    );
  const isBridge = network.kind === "default" && Object.keys(network).length > 1;
  if (isBridge)
    report.add("network", "a Swarm's service has no options on a node's bridge", "name an overlay network");
  if (network.kind !== "networks") return;
  for (const {
    network: name,
    ipv4,
    ipv6,
    linkLocalIps,
    macAddress,
    gatewayPriority,
  } of network.attachments) {
    const address = ipv4 ?? ipv6 ?? linkLocalIps?.[0] ?? macAddress;
    if (gatewayPriority)
      report.add(
        `network.${name}`,
        `a Swarm's service cannot choose its gateway (priority ${gatewayPriority} on network "${name}")`,
        "remove it",
      );
    if (address !== undefined)
      report.add(
        `network.${name}`,
        `a Swarm's service cannot have a fixed address (${address} on network "${name}")`,
        "let others find it by name",
      );
  }
}

function checkPorts(report: Report): void {
  const { container, cluster } = report.workload;
  for (const port of container.ports) {
    const target = `${port.containerPort}/${port.protocol}`;
    if (!["", "0.0.0.0", "::"].includes(port.hostIp))
      report.add(
        "ports",
        `a Swarm's service cannot publish port ${target} on one address (${port.hostIp})`,
        "publish it without an address, and let a firewall decide who gets through",
      );
    if (port.hostPort !== "" && port.hostPort !== "0" && fixedHostPort(port) === undefined)
      report.add(
        "ports",
        `a Swarm's service cannot choose a host port for ${target} out of ${port.hostPort}`,
        "name one port, or none to have one chosen",
      );
    if (cluster?.endpointMode === "dnsrr" && port.mode !== "host")
      report.add(
        "ports",
        `port ${target} needs mode host, because endpoint mode dnsrr has no part in the ingress network`,
        "write mode: host, or leave the endpoint mode out",
      );
  }
}

function checkMounts(report: Report): void {
  for (const mount of report.workload.container.mounts) {
    if (mount.kind === "image")
      report.add(
        `mounts.${mount.target}`,
        `a Swarm's service cannot mount the image "${mount.image}"`,
        "put its files into a volume",
      );
    if (mount.kind === "volume" && mount.selinux !== undefined)
      report.add(
        `mounts.${mount.target}`,
        `a Swarm's service cannot relabel the volume "${mount.volume}" for SELinux (:${mount.selinux})`,
        "label it on the nodes",
      );
    if (mount.kind === "bind" && mount.selinux !== undefined)
      report.add(
        `mounts.${mount.target}`,
        `a Swarm's service cannot relabel the host path "${mount.source}" for SELinux (:${mount.selinux})`,
        "label the path on the nodes",
      );
    if (mount.kind !== "tmpfs") continue;
    const { unsupported } = readTmpfsOptions(mount.options);
    if (unsupported.length > 0)
      report.add(
        `mounts.${mount.target}`,
        `a Swarm's service cannot have the options ${unsupported.join(",")} of the tmpfs on ${mount.target}`,
        "only size and mode are possible",
      );
  }
}

function checkRollout(report: Report): void {
  const { workload } = report;
  const [reason] = workload.update.order === "start-first" ? stopFirstReasons(workload, true) : [];
  if (reason === undefined) return;
  report.add(
    "update",
    `order start-first is impossible with ${reason}: the new task would wait for ever for the port of the old one`,
    "write stop-first or leave the order out, or publish the port without mode host",
  );
}

function checkOthers(report: Report): void {
  const { container } = report.workload;
  const { unsupported } = readSecurityOptions(container.securityOpt ?? []);
  for (const option of unsupported)
    report.add(
      "securityOpt",
      `a Swarm's service cannot have the security option "${option}"`,
      "possible are no-new-privileges, seccomp, apparmor=unconfined and label",
    );
  if ((container.stopTimeoutSeconds ?? 0) < 0)
    report.add(
      "stopTimeoutSeconds",
      "a Swarm's service cannot wait without end for a container to stop",
      "write a number of seconds",
    );
}

function checkApi(report: Report, apiVersion: string): void {
  const { container } = report.workload;
  const needs = (feature: keyof typeof serviceApi) =>
    `needs Engine API ${serviceApi[feature].since}, this Swarm's manager speaks ${apiVersion}`;
  const update = "update the Engines of the Swarm, or leave it out";
  const { needsPrivileges } = readSecurityOptions(container.securityOpt ?? []);
  if (needsPrivileges.length > 0 && !serviceApiHas(apiVersion, "privileges"))
    report.add("securityOpt", `security option "${needsPrivileges[0]}" ${needs("privileges")}`, update);
  if ((container.oomScoreAdj ?? 0) !== 0 && !serviceApiHas(apiVersion, "oomScoreAdj"))
    report.add("oomScoreAdj", `an OOM score ${needs("oomScoreAdj")}`, update);
  const below = container.mounts.find(
    (mount) => mount.kind === "bind" && /^(?:writable|readonly)$/.test(mount.recursive ?? ""),
  );
  if (below !== undefined && !serviceApiHas(apiVersion, "readOnlyRecursion"))
    report.add(
      `mounts.${below.target}`,
      `a say about what is mounted below ${below.target} ${needs("readOnlyRecursion")}`,
      update,
    );
  const part = container.mounts.find((mount) => mount.kind === "volume" && mount.subpath !== undefined);
  if (part !== undefined && !serviceApiHas(apiVersion, "volumeSubpath"))
    report.add(
      `mounts.${part.target}`,
      `mounting a part of a volume on ${part.target} ${needs("volumeSubpath")}`,
      update,
    );
  const check = container.healthcheck;
  const hasInterval = check?.kind === "command" && check.startIntervalMs !== undefined;
  if (hasInterval && !serviceApiHas(apiVersion, "healthStartInterval"))
    report.warn(
      "healthcheck",
      `the health check's start interval ${needs("healthStartInterval")}: it has no effect`,
      update,
    );
}
