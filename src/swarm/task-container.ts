import { compact, compareText, sortedRecord } from "../lib/records.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { ConfigReference, SecretReference, TaskContainerSpec } from "../model/service-spec.ts";
import type { ContainerSpec, Healthcheck, WorkloadSpec } from "../model/workload.ts";
import { nanoseconds, unlessEmpty } from "./api-values.ts";
import { serviceApiHas } from "./api-version.ts";
import { effectiveCapabilities } from "./capabilities.ts";
import { deliveriesOf } from "./delivered-files.ts";
import { readSecurityOptions } from "./security-options.ts";
import { taskMounts } from "./task-mounts.ts";

export interface ContainerContext {
  readonly desired: Pick<DesiredState, "environment" | "volumes" | "fileSets" | "secretValues">;
  /** `sha256:…` that the image's tag stands for. */
  readonly digest?: string;
  readonly apiVersion: string;
}

/** The container of a task (Docker Engine API 1.41, "TaskSpec.ContainerSpec"). Equal specs give equal bodies. */
export function taskContainer(workload: WorkloadSpec, context: ContainerContext): TaskContainerSpec {
  const { container } = workload;
  return compact<TaskContainerSpec>({
    ...processPart(container, context.digest),
    ...securityPart(container),
    ...namePart(container),
    Mounts: unlessEmpty(taskMounts(container.mounts, context.desired)),
    Healthcheck: container.healthcheck && healthcheckBody(container.healthcheck, context.apiVersion),
    ...fileReferences(workload, context.desired),
  });
}

type Part = Partial<TaskContainerSpec>;

function processPart(
  spec: ContainerSpec,
  digest: string | undefined,
): Pick<TaskContainerSpec, "Image"> & Part {
  return compact<TaskContainerSpec>({
    Image: pinnedImage(spec.image, digest),
    Labels: unlessEmpty(sortedRecord(spec.labels)),
    // An empty list would let the image's entrypoint through; one empty word resets it.
    Command: spec.entrypoint?.length === 0 ? [""] : spec.entrypoint,
    Args: unlessEmpty(spec.command),
    Env: unlessEmpty(
      Object.entries(spec.environment)
        .sort(([a], [b]) => compareText(a, b))
        .map(([name, value]) => `${name}=${value}`),
    ),
    Dir: spec.workingDir,
    User: spec.user,
    Groups: unlessEmpty(spec.groupAdd),
    TTY: spec.tty === true ? true : undefined,
    OpenStdin: spec.stdinOpen === true ? true : undefined,
    Init: spec.init,
    StopSignal: spec.stopSignal,
    StopGracePeriod:
      spec.stopTimeoutSeconds === undefined ? undefined : nanoseconds(spec.stopTimeoutSeconds * 1000),
  });
}

/** `myrepo/web:58-develop` → `myrepo/web:58-develop@sha256:…`, so that all nodes run the same image. */
export function pinnedImage(reference: string, digest: string | undefined): string {
  return digest === undefined || reference.includes("@") ? reference : `${reference}@${digest}`;
}

function securityPart(spec: ContainerSpec): Part {
  const { add, drop } = effectiveCapabilities(spec.capAdd ?? [], spec.capDrop ?? []);
  return compact<Part>({
    Privileges: readSecurityOptions(spec.securityOpt ?? []).privileges,
    ReadOnly: spec.readOnlyRootfs === true ? true : undefined,
    CapabilityAdd: unlessEmpty(add),
    CapabilityDrop: unlessEmpty(drop),
    Sysctls: spec.sysctls && unlessEmpty(sortedRecord(spec.sysctls)),
    Ulimits: unlessEmpty(
      (spec.ulimits ?? [])
        .map(({ name, soft, hard }) => ({ Name: name, Hard: hard, Soft: soft }))
        .sort((a, b) => compareText(a.Name, b.Name)),
    ),
    OomScoreAdj: spec.oomScoreAdj,
  });
}

function namePart(spec: ContainerSpec): Part {
  const { dns, dnsSearch, dnsOptions } = spec;
  const config = compact<NonNullable<TaskContainerSpec["DNSConfig"]>>({
    Nameservers: unlessEmpty(dns),
    Search: unlessEmpty(dnsSearch),
    Options: unlessEmpty(dnsOptions),
  });
  return compact<Part>({
    Hostname: spec.hostname,
    Hosts: unlessEmpty((spec.extraHosts ?? []).map(hostLine)),
    DNSConfig: unlessEmpty(config),
  });
}

/** `name:address` → `address name`, as in hosts(5); an IPv6 address has colons of its own. */
function hostLine(entry: string): string {
  const colon = entry.indexOf(":");
  const address = entry.slice(colon + 1).replace(/^\[(.*)\]$/, "$1");
  return colon < 0 ? entry : `${address} ${entry.slice(0, colon)}`;
}

/** Older Engines drop the start interval without a word, so that it would differ for ever. */
function healthcheckBody(
  check: Healthcheck,
  apiVersion: string,
): NonNullable<TaskContainerSpec["Healthcheck"]> {
  if (check.kind === "none") return { Test: ["NONE"] };
  const isKnown = serviceApiHas(apiVersion, "healthStartInterval");
  const given = (ms: number | undefined) => (ms === undefined ? undefined : nanoseconds(ms));
  return compact<NonNullable<TaskContainerSpec["Healthcheck"]>>({
    Test: check.test,
    Interval: given(check.intervalMs),
    Timeout: given(check.timeoutMs),
    Retries: check.retries,
    StartPeriod: given(check.startPeriodMs),
    StartInterval: isKnown ? given(check.startIntervalMs) : undefined,
  });
}

function fileReferences(workload: WorkloadSpec, desired: ContainerContext["desired"]): Part {
  const configs: ConfigReference[] = [];
  const secrets: SecretReference[] = [];
  for (const { kind, name, target, file } of deliveriesOf(workload, desired)) {
    const File = { Name: target, UID: String(file.uid), GID: String(file.gid), Mode: file.mode };
    if (kind === "config") configs.push({ File, ConfigName: name });
    else secrets.push({ File, SecretName: name });
  }
  for (const { kind, name, target, uid, gid, mode } of workload.cluster?.stored ?? []) {
    const File = { Name: target, UID: uid, GID: gid, Mode: mode };
    if (kind === "config") configs.push({ File, ConfigName: name });
    else secrets.push({ File, SecretName: name });
  }
  return compact<Part>({
    Configs: unlessEmpty(configs.sort((a, b) => compareText(a.File?.Name ?? "", b.File?.Name ?? ""))),
    Secrets: unlessEmpty(secrets.sort((a, b) => compareText(a.File?.Name ?? "", b.File?.Name ?? ""))),
  });
}
