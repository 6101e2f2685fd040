import { compact } from "../lib/records.ts";
import { deepEqual } from "../lib/stable-json.ts";
import { isReconcilerError, ReconcilerError } from "../model/errors.ts";
import type { NetworkSpec } from "../model/network.ts";
import { labelKeys, parseRoleName } from "../model/ownership.ts";
import type { StepPayloads } from "../model/step.ts";
import type { NetworkAttachment } from "../model/workload.ts";
import { type EndpointBody, endpointBody } from "./endpoint-body.ts";
import { apiPath, unlessMissing } from "./engine-client.ts";
import type { ContainerInspect, InspectEndpoint, NetworkInspect } from "./inspect-types.ts";
import { pause } from "./pause.ts";
import type { StepRun } from "./step-run.ts";
import { removeClusterNetwork } from "./swarm/remove-network.ts";

/**
 * `POST /networks/create`. Old Engines allow two networks with one name, so the name is looked up first. One that is
 * there already and is ours came from an interrupted run.
 */
export async function executeCreateNetwork(
  payload: StepPayloads["create-network"],
  run: StepRun,
): Promise<void> {
  const { network, labels } = payload;
  const what = `create network "${network.name}"`;
  const body = networkBody(network, labels);
  const path = apiPath`/networks/${network.name}`;
  const find = () => unlessMissing(run.client.get<NetworkInspect>({ what, path }, run.signal));
  const existing = await find();
  if (existing !== undefined && isSameNetwork(existing, network, labels)) return;
  if (existing !== undefined) {
    throw new ReconcilerError("engine-conflict", `${what}: another network with this name exists`, {
      hint: "declare it as external, remove it, or choose another name",
    });
  }
  try {
    await run.client.post({ what, path: "/networks/create", body }, run.signal);
  } catch (error) {
    const made = isReconcilerError(error) && error.code !== "interrupted" ? await find() : undefined;
    if (made === undefined || !isSameNetwork(made, network, labels)) throw error;
  }
}

/** Body of `POST /networks/create` (Docker Engine API, "NetworkCreate"). */
function networkBody(network: NetworkSpec, labels: Readonly<Record<string, string>>) {
  const { ipam } = network;
  return compact<Record<string, unknown>>({
    Name: network.name,
    CheckDuplicate: true,
    Driver: network.driver,
    Internal: network.internal,
    Attachable: network.attachable,
    EnableIPv6: network.enableIpv6,
    Options: network.options,
    Labels: { ...network.labels, ...labels },
    IPAM:
      ipam === undefined
        ? undefined
        : compact<Record<string, unknown>>({
            Driver: ipam.driver ?? "default",
            Options: ipam.options,
            Config: ipam.pools.map((pool) =>
              compact<Record<string, unknown>>({
                Subnet: pool.subnet,
                IPRange: pool.ipRange,
                Gateway: pool.gateway,
                AuxiliaryAddresses: pool.auxAddresses,
              }),
            ),
          }),
  });
}

function isSameNetwork(
  live: NetworkInspect,
  wanted: NetworkSpec,
  labels: Readonly<Record<string, string>>,
): boolean {
  const own = [labelKeys.project, labelKeys.environment] as const;
  return (
    own.every((key) => live.Labels?.[key] === labels[key]) &&
    (wanted.driver === undefined || wanted.driver === live.Driver) &&
    (wanted.internal ?? false) === (live.Internal ?? false) &&
    Object.entries(wanted.options).every(([key, value]) => live.Options?.[key] === value) &&
    (wanted.ipam?.pools ?? []).every(
      (pool, index) => pool.subnet === undefined || pool.subnet === live.IPAM?.Config?.[index]?.Subnet,
    )
  );
}

/** How often and how long to wait for endpoints of containers that have just gone. */
const inUseTries = 5;
const inUseDelayMs = 500;

/**
 * `DELETE /networks/{id}`; 404 is as wanted, endpoints of removed containers linger for a moment. Networks of a cluster
 * have ids of another form, and tasks that end later than the answer.
 */
export async function executeRemoveNetwork(
  payload: StepPayloads["remove-network"],
  run: StepRun,
): Promise<void> {
  if (!/^[0-9a-f]{64}$/.test(payload.id)) return await removeClusterNetwork(payload, run);
  const request = { what: `remove network "${payload.network}"`, path: apiPath`/networks/${payload.id}` };
  for (let attempt = 1; ; attempt++) {
    try {
      await run.client.delete(request, run.signal);
      return;
    } catch (error) {
      if (!isReconcilerError(error)) throw error;
      if (error.code === "engine-not-found") return;
      if (error.code !== "engine-conflict" || attempt === inUseTries) throw error;
      await pause(inUseDelayMs, run.signal);
    }
  }
}

/** Attaches each network again with its aliases and addresses, unless it has them already. */
export async function executeCutOver(payload: StepPayloads["cut-over"], run: StepRun): Promise<void> {
  const { container, attachments, withheld } = payload;
  const id = run.idOf(container);
  const ownName = withheld ? container.name : parseRoleName(container.name).base;
  for (const attachment of attachments) await attach({ id, name: container.name, ownName }, attachment, run);
}

/** Attaches one network; see `attach`. */
export async function executeConnect(payload: StepPayloads["connect-network"], run: StepRun): Promise<void> {
  const { name } = payload.container;
  const container = { id: run.idOf(payload.container), name, ownName: parseRoleName(name).base };
  await attach(container, payload.attachment, run);
}

/**
 * Brings one endpoint to its wanted aliases and addresses: nothing when it has them, otherwise disconnect and connect,
 * since an endpoint cannot be changed (Docker Engine API, "NetworkConnect"). Links of the endpoint are kept.
 *
 * @param ownName the name that becomes an alias beside the declared ones
 */
async function attach(
  { id, name, ownName }: { id: string; name: string; ownName: string },
  attachment: NetworkAttachment,
  run: StepRun,
): Promise<void> {
  const { network } = attachment;
  const what = `attach container "${name}" to network "${network}"`;
  const container = await run.client.get<ContainerInspect>(
    { what, path: apiPath`/containers/${id}/json` },
    run.signal,
  );
  const live = container.NetworkSettings?.Networks?.[network];
  const endpoint = endpointBody(attachment, ownName);
  if (live && isSameEndpoint(live, endpoint, container.Config.Hostname)) return;
  if (live) await disconnect(id, network, what, run);
  const links = live?.Links ?? [];
  await connectEndpoint(
    id,
    network,
    links.length === 0 ? endpoint : { ...endpoint, Links: links },
    what,
    run,
  );
}

/** Engines below API 1.45 add the short id and the host name to the aliases by themselves. */
function isSameEndpoint(live: InspectEndpoint, wanted: EndpointBody, hostname: string | undefined): boolean {
  const has = new Set(live.Aliases ?? []);
  const isGenerated = (alias: string) => /^[0-9a-f]{12}$/.test(alias) || alias === hostname;
  const spare = [...has].filter((alias) => !isGenerated(alias) && !(wanted.Aliases ?? []).includes(alias));
  return (
    spare.length === 0 &&
    (wanted.Aliases ?? []).every((alias) => has.has(alias)) &&
    deepEqual(settings(live), settings(wanted))
  );
}

function settings({ IPAMConfig: config, DriverOpts, GwPriority }: InspectEndpoint): readonly unknown[] {
  const addresses = [config?.IPv4Address ?? "", config?.IPv6Address ?? "", ...(config?.LinkLocalIPs ?? [])];
  return [addresses, DriverOpts ?? {}, GwPriority ?? 0];
}

/** `POST /networks/{id}/connect`; an endpoint that is there already is as wanted. */
export async function connectEndpoint(
  id: string,
  network: string,
  endpoint: EndpointBody,
  what: string,
  run: StepRun,
): Promise<void> {
  const body = { Container: id, EndpointConfig: endpoint };
  try {
    await run.client.post({ what, path: apiPath`/networks/${network}/connect`, body }, run.signal);
  } catch (error) {
    const message = isReconcilerError(error) ? error.message : "";
    if (!/endpoint with name .* already exists in network|already attached to network/i.test(message))
      throw error;
  }
}

/** Detaches a container from a network. */
export async function executeDisconnect(
  payload: StepPayloads["disconnect-network"],
  run: StepRun,
): Promise<void> {
  const { container, network } = payload;
  const what = `detach container "${container.name}" from network "${network}"`;
  await disconnect(run.idOf(container), network, what, run);
}

/** `POST /networks/{id}/disconnect`; neither a missing network nor a missing endpoint is a failure. */
async function disconnect(id: string, network: string, what: string, run: StepRun): Promise<void> {
  try {
    await run.client.post(
      { what, path: apiPath`/networks/${network}/disconnect`, body: { Container: id, Force: false } },
      run.signal,
    );
  } catch (error) {
    if (!isReconcilerError(error)) throw error;
    if (error.code === "engine-not-found" || /is not connected to/i.test(error.message)) return;
    throw error;
  }
}
