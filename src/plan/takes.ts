import type { Decided } from "./decide.ts";
import { addressClaims, anyAddress, overlaps, type PortClaim, portClaims, portName } from "./exclusive.ts";
import type { Pairing } from "./pair.ts";
import { isUp, type World } from "./world.ts";

/** Something that only one container can have, which an instance is about to take from containers that have it now. */
export interface Take {
  readonly kind: "port" | "address" | "name";
  /** `host port 8080`, for people. */
  readonly text: string;
  /** Names of the containers that hold it, other than the instance's own. */
  readonly holders: readonly string[];
}

/** Finds the holders of what an instance needs, by index. */
export class Holders {
  private readonly ports = new Map<string, { readonly name: string; readonly claim: PortClaim }[]>();
  private readonly addresses = new Map<string, string[]>();
  private readonly world: World;

  constructor(pairing: Pairing, world: World) {
    this.world = world;
    for (const { current, leftovers } of pairing.pairs)
      for (const container of [current, ...leftovers]) if (container !== undefined) this.add(container.name);
    for (const { name } of pairing.orphans) this.add(name);
  }

  private add(name: string): void {
    const container = this.world.containersByName.get(name);
    if (container === undefined || !isUp(container)) return;
    for (const claim of portClaims(container.spec)) push(this.ports, claim.key, { name, claim });
    for (const claim of addressClaims(container.spec)) push(this.addresses, claim, name);
  }

  /** What the instance needs and others have. */
  takesOf({ pair, decision }: Decided): readonly Take[] {
    const own = new Set([pair.current, ...pair.leftovers].map((container) => container?.name));
    const { name, workload } = pair.instance;
    const takes: Take[] = [];
    const isNew = decision.kind === "create" || decision.kind === "replace";
    const isRepaired = decision.kind === "repair" || decision.kind === "in-place";
    if (isNew || (isRepaired && decision.repair.start)) {
      for (const claim of portClaims(workload.container)) {
        takes.push({
          kind: "port",
          text: `host port ${portName(claim.key)}`,
          holders: this.portHolders(claim),
        });
      }
    }
    const attachments = decision.kind === "in-place" ? decision.diff.attach : [];
    const attached = {
      kind: "networks",
      attachments: attachments.map(({ attachment }) => attachment),
    } as const;
    if (isNew || attachments.length > 0) {
      for (const claim of addressClaims(isNew ? workload.container : { network: attached })) {
        const text = `address ${claim.slice(claim.indexOf(" ") + 1)}`;
        takes.push({ kind: "address", text, holders: this.addresses.get(claim) ?? [] });
      }
    }
    if (isNew || (isRepaired && decision.repair.rename)) {
      const holder = this.world.containersByName.get(name);
      takes.push({ kind: "name", text: `the name "${name}"`, holders: holder ? [name] : [] });
    }
    return takes.flatMap((take) => {
      const holders = take.holders.filter((holder) => !own.has(holder));
      return holders.length === 0 ? [] : [{ ...take, holders: [...new Set(holders)] }];
    });
  }

  /** Declared ports of our own containers, and whatever the Engine says is published right now. */
  private portHolders(claim: PortClaim): readonly string[] {
    const declared = (this.ports.get(claim.key) ?? []).filter((holder) => overlaps(holder.claim, claim));
    const published = (this.world.publishedPorts.get(claim.key) ?? []).filter((port) =>
      overlaps({ key: claim.key, ip: anyAddress(port.hostIp) }, claim),
    );
    return [...declared.map((holder) => holder.name), ...published.map((port) => port.container)];
  }
}

export function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
