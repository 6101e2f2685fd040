import { isReconcilerError } from "../../model/errors.ts";
import { apiPath, type EngineClient } from "../engine-client.ts";
import type { NetworkInspect } from "../inspect-types.ts";
import type { NetworkNames } from "./actual-service.ts";

/**
 * Names of the cluster's networks by id, which never change. The list does not tell all of them: the Swarm's own `host`
 * and `bridge` are left out, and of a cluster without a leader those of other nodes are (Docker Engine API,
 * "NetworkList"); these few are asked for one by one, once.
 */
export class KnownNetworks {
  private readonly names = new Map<string, string>();

  learn(networks: readonly NetworkInspect[]): void {
    for (const { Id, Name } of networks) this.names.set(Id, Name);
  }

  /** Makes sure that these are known, as far as anybody knows them. */
  async complete(client: EngineClient, ids: Iterable<string>, signal: AbortSignal): Promise<NetworkNames> {
    const missing = [...ids].filter((id) => !this.names.has(id));
    await Promise.all(missing.map((id) => this.ask(client, id, signal)));
    return (id) => this.names.get(id) ?? id;
  }

  private async ask(client: EngineClient, id: string, signal: AbortSignal): Promise<void> {
    try {
      const request = { what: `look at network ${id}`, path: apiPath`/networks/${id}` };
      const network = await client.get<NetworkInspect>(request, signal);
      if (network.Id === id) this.learn([network]);
    } catch (error) {
      // It was removed while a task of an old spec still names it.
      if (!isReconcilerError(error) || error.code !== "engine-not-found") throw error;
    }
  }
}
