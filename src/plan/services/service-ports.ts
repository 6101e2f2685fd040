import type { ServiceSpec } from "../../model/service-spec.ts";
import type { ServiceWorld } from "./service-world.ts";

/** A fixed port that a service publishes. */
export interface PublishedPort {
  /** `tcp/8080` */
  readonly port: string;
  /** Only on nodes with a task: several services can have it, as long as their tasks are apart. */
  readonly isHost: boolean;
}

export function publishedPorts(spec: ServiceSpec | undefined): readonly PublishedPort[] {
  return (spec?.EndpointSpec?.Ports ?? []).flatMap(({ PublishMode, PublishedPort, Protocol }) =>
    PublishedPort ? [{ port: `${Protocol ?? "tcp"}/${PublishedPort}`, isHost: PublishMode === "host" }] : [],
  );
}

/** A port of the routing mesh is one service's on every node (SwarmKit, `checkPortConflicts`). */
export function portsClash(a: PublishedPort, b: PublishedPort): boolean {
  return a.port === b.port && !(a.isHost && b.isHost);
}

/** Names of the services that now hold each port, with how they do. */
export type PortHolders = ReadonlyMap<string, readonly { readonly name: string; readonly isHost: boolean }[]>;

export function portHolders({ swarm }: ServiceWorld): PortHolders {
  const all = swarm.services.flatMap(({ name, spec }) =>
    publishedPorts(spec).map(({ port, isHost }) => ({ port, holder: { name, isHost } })),
  );
  const byPort = Map.groupBy(all, ({ port }) => port);
  return new Map([...byPort].map(([port, found]) => [port, found.map(({ holder }) => holder)]));
}

/** Services that now hold what is to be published, and keep it from others. */
export function holdersOf({ port, isHost }: PublishedPort, holders: PortHolders): readonly string[] {
  return (holders.get(port) ?? []).filter((holder) => !(isHost && holder.isHost)).map(({ name }) => name);
}
