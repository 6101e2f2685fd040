import { parseBytes } from "../../../../src/lib/bytes.ts";
import { parseGoDuration } from "../../../../src/lib/duration.ts";
import { familiarReference, parseImageRef } from "../../../../src/model/image-ref.ts";
import { asSet, type CanonicalStack, compactValue } from "./canonical.ts";
import { type ComposeModel, type Json, mapValues } from "./compose-answer.ts";
import type { ComposeCase } from "./oracle-case.ts";
import { parallel } from "./ours.ts";
import { delivered, mountsOf } from "./their-mounts.ts";

/** What Compose's normalised model says, as far as it is for running. */
export function canonicalModel(model: ComposeModel, one: ComposeCase): CanonicalStack {
  const plain = unescaped(model) as ComposeModel;
  const names = (section: Json) =>
    Object.fromEntries(Object.values(section ?? {}).map((item: Json) => [item.name, item]));
  return compactValue({
    services: Object.fromEntries(
      Object.entries(plain.services ?? {}).map(([name, service]) => [
        name,
        serviceOf(name, service, plain, one),
      ]),
    ),
    networks: mapValues(
      names(plain.networks),
      ({ name: _, enable_ipv4: __, "x-a": ___, ...network }) => network,
    ),
    volumes: mapValues(names(plain.volumes), ({ name: _, ...volume }) => volume),
  }) as CanonicalStack;
}

/** `config` writes a dollar as two, so that its answer is a compose file again. */
function unescaped(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$$", "$");
  if (Array.isArray(value)) return value.map(unescaped);
  return value !== null && typeof value === "object"
    ? mapValues(value as Record<string, Json>, unescaped)
    : value;
}

function serviceOf(name: string, service: Json, model: ComposeModel, one: ComposeCase): Json {
  const { deploy = {} } = service;
  return {
    image: service.image === undefined ? undefined : imageOf(service.image),
    command: service.command ?? undefined,
    entrypoint: isReset(service.entrypoint) ? "the image's is reset" : (service.entrypoint ?? undefined),
    ...pick(service, ["user", "working_dir", "hostname", "domainname", "init", "tty", "stdin_open"]),
    ...pick(service, [
      "stop_signal",
      "platform",
      "runtime",
      "privileged",
      "read_only",
      "cgroup",
      "cgroup_parent",
    ]),
    ...pick(service, ["uts", "userns_mode", "cpuset", "oom_kill_disable", "oom_score_adj"]),
    mem_swappiness: number(service.mem_swappiness),
    ...pick(service, ["sysctls", "logging", "annotations", "storage_opt", "labels"]),
    ...sets(service, ["cap_add", "cap_drop", "group_add", "security_opt", "device_cgroup_rules"]),
    ...pick(service, ["dns", "dns_search", "dns_opt"]),
    environment: mapValues(service.environment ?? {}, (value: Json) => value ?? undefined),
    stop_grace_period: seconds(service.stop_grace_period),
    restart: isNo(service.restart) ? undefined : (service.restart ?? restartOf(deploy.restart_policy)),
    healthcheck: healthcheckOf(service.healthcheck),
    ports: asSet((service.ports ?? []).map(portOf)),
    expose: asSet((service.expose ?? []).flatMap(exposed)),
    ...mountsOf(service, model, one),
    delivered: delivered(service, model, one),
    networks: networksOf(service, model),
    network_mode: service.network_mode === undefined ? undefined : sharedOf(service.network_mode, model),
    ipc: service.ipc === undefined ? undefined : sharedOf(service.ipc, model),
    pid: service.pid === undefined ? undefined : sharedOf(service.pid, model),
    extra_hosts: asSet(service.extra_hosts ?? []),
    links: asSet([...(service.links ?? []).flatMap(aliased), ...(service.external_links ?? []).map(full)]),
    devices: asSet(devicesOf(service)),
    gpus: asSet([...gpusOf(service.gpus, true), ...gpusOf(deploy.resources?.reservations?.devices, false)]),
    ulimits: mapValues(service.ulimits ?? {}, (limit: Json) =>
      typeof limit === "number" ? { soft: limit, hard: limit } : limit,
    ),
    ...limitsOf(service, deploy),
    depends_on: service.depends_on,
    containers: containersOf(name, service, deploy),
    deploy: deployOf(deploy),
  };

  function aliased(link: string): string[] {
    const [target = "", alias = target] = link.split(":");
    return alias === target ? [] : [`${firstContainer(target, model)}:${alias}`];
  }
}

export function imageOf(text: string): string {
  const ref = parseImageRef(text);
  return typeof ref === "string" ? text : familiarReference(ref);
}

function full(link: string): string {
  return link.includes(":") ? link : `${link}:${link}`;
}

function firstContainer(service: string, model: ComposeModel): string {
  return model.services?.[service]?.container_name ?? `shop-${service}-1`;
}

function sharedOf(mode: string, model: ComposeModel): string {
  return mode.startsWith("service:") ? `container:${firstContainer(mode.slice(8), model)}` : mode;
}

function isReset(entrypoint: readonly string[] | null | undefined): boolean {
  return entrypoint?.length === 0 || (entrypoint?.length === 1 && entrypoint[0] === "");
}

function isNo(restart: string | undefined): boolean {
  return restart === "no";
}

function restartOf(policy: Json): string | undefined {
  if (policy === undefined) return undefined;
  const { condition = "any", max_attempts } = policy;
  if (condition === "on-failure")
    return max_attempts === undefined ? condition : `on-failure:${max_attempts}`;
  return condition === "none" ? undefined : "always";
}

function healthcheckOf(check: Json): Json {
  if (!check) return undefined;
  if (check.disable === true || check.test?.[0] === "NONE") return { off: true };
  return {
    test: check.test,
    interval: seconds(check.interval),
    timeout: seconds(check.timeout),
    start_period: seconds(check.start_period),
    start_interval: seconds(check.start_interval),
    retries: check.retries,
  };
}

function portOf(port: Json): string {
  const published = port.published === "0" ? "" : (port.published ?? "");
  return `${port.host_ip ?? ""} ${published} ${port.target}/${port.protocol ?? "tcp"}`;
}

function exposed(text: string): string[] {
  const [, first = "", last = first, protocol = "/tcp"] = /^(\d+)(?:-(\d+))?(\/\w+)?$/.exec(text) ?? [];
  return Array.from(
    { length: Number(last) - Number(first) + 1 },
    (_, index) => `${Number(first) + index}${protocol}`,
  );
}

function networksOf(service: Json, model: ComposeModel): Json {
  const entries = Object.entries(service.networks ?? {}).map(([key, endpoint]) => {
    const { aliases, priority: _, interface_name, driver_opts, ...rest } = (endpoint ?? {}) as Json;
    const options = { ...driver_opts, "com.docker.network.endpoint.ifname": interface_name };
    const mac = { mac_address: rest.mac_address ?? service.mac_address };
    return [
      model.networks?.[key]?.name,
      { ...rest, ...mac, aliases: asSet(aliases), driver_opts: options, on: true },
    ];
  });
  return Object.fromEntries(entries);
}

function devicesOf(service: Json): string[] {
  return (service.devices ?? []).map((device: Json) =>
    device.target === undefined || device.source.includes("=")
      ? `cdi ${device.source}`
      : `${device.source} ${device.target} ${device.permissions}`,
  );
}

function gpusOf(requests: Json, areGpus: boolean): Json[] {
  return (requests ?? []).map(({ capabilities = [], count, device_ids, driver, options }: Json) => ({
    capabilities: areGpus ? asSet(["gpu", ...capabilities]) : asSet(capabilities),
    count: count ?? (device_ids === undefined ? -1 : undefined),
    device_ids,
    driver,
    options,
  }));
}

function limitsOf(service: Json, { resources = {} }: Json): Json {
  const { limits = {}, reservations = {} } = resources;
  const io = service.blkio_config ?? {};
  const rates = (list: Json) =>
    list?.map(({ path, Path = path, rate, Rate = rate }: Json) => [Path, size(Rate)]);
  return {
    memory: size(service.mem_limit ?? limits.memory),
    memory_reservation: size(service.mem_reservation ?? reservations.memory),
    memory_swap: size(service.memswap_limit),
    cpus: number(service.cpus ?? limits.cpus),
    cpus_reserved: number(reservations.cpus),
    generic: reservations.generic_resources?.map((item: Json) => item.discrete_resource_spec),
    ...mapValues(
      pick(service, ["cpu_shares", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime"]),
      number,
    ),
    pids: number(service.pids_limit ?? limits.pids),
    shm_size: size(service.shm_size),
    io_weight: io.weight,
    io_weights: io.weight_device?.map(({ Path, Weight }: Json) => [Path, Weight]),
    io: mapValues(
      pick(io, ["device_read_bps", "device_write_bps", "device_read_iops", "device_write_iops"]),
      rates,
    ),
  };
}

function containersOf(name: string, service: Json, deploy: Json): string[] {
  if (service.container_name !== undefined) return [service.container_name];
  const count = deploy.replicas ?? service.scale ?? 1;
  return Array.from({ length: count }, (_, index) => `shop-${name}-${index + 1}`);
}

function deployOf({
  mode,
  endpoint_mode,
  labels,
  placement,
  update_config,
  rollback_config,
  restart_policy,
}: Json): Json {
  const rollout = (config: Json) =>
    config && {
      ...config,
      parallelism: parallel(number(config.parallelism)),
      delay: seconds(config.delay),
      monitor: seconds(config.monitor),
    };
  return {
    mode,
    endpoint_mode,
    labels,
    constraints: asSet((placement?.constraints ?? []).map((text: string) => text.replaceAll(" ", ""))),
    spread: placement?.preferences?.map(({ spread }: Json) => spread),
    max_replicas_per_node: placement?.max_replicas_per_node || undefined,
    update: rollout(update_config),
    rollback: rollout(rollback_config),
    restart: restart_policy && {
      ...restart_policy,
      delay: seconds(restart_policy.delay),
      window: seconds(restart_policy.window),
    },
  };
}

function seconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : (parseGoDuration(text) ?? Number.NaN) / 1000;
}

function size(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  return value === "-1" || value === -1 ? -1 : parseBytes(String(value));
}

function number(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function pick(from: Json, keys: readonly string[]): Json {
  return Object.fromEntries(keys.map((key) => [key, from[key]]));
}

function sets(from: Json, keys: readonly string[]): Json {
  return mapValues(pick(from, keys), (list: Json) => asSet(list));
}
