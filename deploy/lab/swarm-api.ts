/** The calls of the Docker Engine's API that a Swarm lab makes to build a Swarm and to look at it. */
import { type EngineApi, EngineError } from "./engine-api.ts";
import { waitUntil } from "./waiting.ts";

export type Role = "manager" | "worker";
export type NodeState = "unknown" | "down" | "ready" | "disconnected";
export type Availability = "active" | "pause" | "drain";

/** A node as a manager sees it. */
export interface SeenNode {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: { readonly Role: Role; readonly Availability: Availability };
  readonly Description: { readonly Hostname?: string };
  readonly Status: { readonly State: NodeState };
  /** Managers only. */
  readonly ManagerStatus?: {
    readonly Leader?: boolean;
    readonly Reachability: "unknown" | "unreachable" | "reachable";
  };
}

/** A manager without a leader answers after 20 s that there is none, even when there is one again meanwhile. */
const ANSWER_MS = 30_000;
/** So a wait asks anew after this time. */
const PROBE_MS = 2_000;
const UPDATE_MS = 60_000;
const SWARM_PORT = 2377;

export interface SwarmSettings {
  /** How often a node reports. A manager that hears nothing for about three times as long calls it down. */
  readonly heartbeatMs?: number;
}

/** Makes a Swarm of one node and answers the tokens for joining it. */
export async function initSwarm(
  api: EngineApi,
  address: string,
  { heartbeatMs }: SwarmSettings,
): Promise<Readonly<Record<Role, string>>> {
  const nanoseconds = heartbeatMs === undefined ? {} : { HeartbeatPeriod: heartbeatMs * 1e6 };
  const json = { ...listening(address), Spec: { Dispatcher: nanoseconds } };
  await api.call("POST", "/swarm/init", { json });
  const { JoinTokens } = await api.call<{ JoinTokens: { Manager: string; Worker: string } }>("GET", "/swarm");
  return { manager: JoinTokens.Manager, worker: JoinTokens.Worker };
}

export async function joinSwarm(
  api: EngineApi,
  address: string,
  manager: string,
  token: string,
): Promise<void> {
  const json = { ...listening(address), JoinToken: token, RemoteAddrs: [`${manager}:${SWARM_PORT}`] };
  await api.call("POST", "/swarm/join", { json });
}

function listening(address: string) {
  return { ListenAddr: `${address}:${SWARM_PORT}`, AdvertiseAddr: address };
}

/** The id of the Engine's own node. */
export async function ownNodeId(api: EngineApi): Promise<string> {
  const { Swarm } = await api.call<{ Swarm: { NodeID: string } }>("GET", "/info");
  return Swarm.NodeID;
}

export function listNodes(manager: EngineApi, idleMs = ANSWER_MS): Promise<readonly SeenNode[]> {
  return manager.call("GET", "/nodes", { idleMs });
}

/** `undefined` while the Swarm has no leader, or the manager cannot reach it. */
export async function listNodesIfLed(manager: EngineApi): Promise<readonly SeenNode[] | undefined> {
  try {
    return await listNodes(manager, PROBE_MS);
  } catch (error) {
    if (error instanceof EngineError && error.status >= 500) return undefined;
    if (/no byte from the Engine/.test(String(error))) return undefined;
    throw error;
  }
}

export async function setAvailability(
  manager: EngineApi,
  id: string,
  availability: Availability,
): Promise<void> {
  await waitUntil(`node ${id} to be set to "${availability}"`, UPDATE_MS, async () => {
    const { Version, Spec } = await manager.call<SeenNode>("GET", `/nodes/${id}`);
    try {
      await manager.call("POST", `/nodes/${id}/update`, {
        query: { version: String(Version.Index) },
        json: { ...Spec, Availability: availability },
      });
      return true;
    } catch (error) {
      // Its manager has written something about the node meanwhile: the same again on the new version.
      if (error instanceof EngineError && /update out of sequence/.test(error.message)) return undefined;
      throw error;
    }
  });
}
