import { ReconcilerError } from "../../src/model/errors.ts";
import { labelKeys, parseRoleName } from "../../src/model/ownership.ts";
import type { StepPayloads } from "../../src/model/step.ts";
import type { ContainerSpec, NetworkAttachment } from "../../src/model/workload.ts";
import type { BackendStepKind, StepContext, StepOutput } from "../../src/ports.ts";
import { SimulatedContainer } from "./simulated-container.ts";
import type { SimulatedEngine } from "./simulated-engine.ts";

/** The effects of steps on the simulated Engine, with the answers that were measured on a real one. */
type Effects = {
  readonly [K in BackendStepKind]: (
    payload: StepPayloads[K],
    engine: SimulatedEngine,
    context: StepContext,
  ) => Promise<StepOutput | undefined> | StepOutput | undefined;
};

const noCluster = (): never => {
  throw new Error("an Engine by itself has no services");
};

export const effects: Effects = {
  "create-stored": noCluster,
  "remove-stored": noCluster,
  "create-service": noCluster,
  "update-service": noCluster,
  "remove-service": noCluster,
  async "pull-image"({ image }, engine) {
    await engine.clock.sleep(engine.pullMs);
    const remote = engine.registry.get(image);
    if (remote === undefined)
      throw new ReconcilerError("pull-failed", `manifest for ${image} not found: manifest unknown`);
    engine.images.set(image, remote);
    return undefined;
  },
  "create-network"({ network, labels }, engine) {
    if ([...engine.networks.values()].some(({ name }) => name === network.name))
      throw new ReconcilerError("engine-refused", `network with name ${network.name} already exists`);
    engine.addNetwork(network.name, { ...network.labels, ...labels }, network);
    return undefined;
  },
  "create-volume"({ volume, labels }, engine) {
    // A taken name answers 201 with the old volume.
    if (!engine.volumes.has(volume.name)) engine.addVolume(volume.name, { ...volume.labels, ...labels });
    return undefined;
  },
  "create-files"({ fileSet, labels }, engine) {
    engine.addVolume(fileSet.name, labels);
    return undefined;
  },
  "create-container"(payload, engine) {
    return { containerId: createContainer(payload, engine).id };
  },
  "start-container"({ container }, engine, context) {
    startContainer(engine.need(context.idOf(container)), engine);
    return undefined;
  },
  "unpause-container"({ container }, engine, context) {
    const found = engine.need(context.idOf(container));
    if (found.status === "paused") found.status = "running";
    return undefined;
  },
  "cut-over"({ container, attachments }, engine, context) {
    const found = engine.need(context.idOf(container));
    for (const attachment of attachments) {
      found.endpoints.delete(attachment.network);
      engine.attach(found, attachment);
    }
    return undefined;
  },
  "update-container"({ container, update }, engine, context) {
    const found = engine.need(context.idOf(container));
    const { restart, ...limits } = update;
    if (restart !== undefined) found.restart = restart;
    found.limits = { ...found.limits, ...limits };
    return undefined;
  },
  "connect-network"({ container, attachment }, engine, context) {
    const found = engine.need(context.idOf(container));
    if (!found.endpoints.has(attachment.network)) engine.attach(found, attachment);
    return undefined;
  },
  "disconnect-network"({ container, network }, engine, context) {
    engine.find(context.idOf(container))?.endpoints.delete(network);
    return undefined;
  },
  async "stop-container"({ container, timeoutSeconds }, engine, context) {
    const found = engine.find(context.idOf(container));
    if (found === undefined) return undefined;
    found.restart = { name: "no" };
    if (!found.isUp) return undefined;
    const { stopMs } = found.image;
    const isKilled = stopMs > timeoutSeconds * 1000;
    await engine.clock.sleep(isKilled ? timeoutSeconds * 1000 : stopMs);
    if (found.isUp) found.end(isKilled ? 137 : 0);
    return undefined;
  },
  "rename-container"({ container, to }, engine, context) {
    const found = engine.need(context.idOf(container));
    if (found.name === to) return undefined;
    if (engine.byName(to) !== undefined)
      throw new ReconcilerError("engine-conflict", `the container name "/${to}" is already in use`);
    found.name = to;
    return undefined;
  },
  "remove-container"({ container }, engine, context) {
    const found = engine.find(context.idOf(container));
    if (found?.isUp)
      throw new ReconcilerError("engine-conflict", `cannot remove container "/${found.name}": it is running`);
    if (found !== undefined) engine.containers.delete(found.id);
    return undefined;
  },
  "remove-network"({ id, network }, engine) {
    const users = [...engine.containers.values()].filter(
      (container) => container.isUp && container.endpoints.get(network)?.id === id,
    );
    if (users.length > 0)
      throw new ReconcilerError("engine-conflict", `network ${network} has active endpoints`);
    engine.networks.delete(id);
    return undefined;
  },
  "remove-image"({ image }, engine) {
    const id = engine.images.get(image)?.id;
    if ([...engine.containers.values()].some((container) => container.image.id === id))
      throw new ReconcilerError("engine-conflict", `image ${image} is in use`);
    engine.images.delete(image);
    return undefined;
  },
  "remove-files"({ volume }, engine) {
    const isUsed = [...engine.containers.values()].some((container) =>
      container.sent.mounts.some((mount) => mount.kind === "files" && mount.fileSet === volume),
    );
    if (isUsed) throw new ReconcilerError("engine-conflict", `volume ${volume} is in use`);
    engine.volumes.delete(volume);
    return undefined;
  },
};

function createContainer(
  payload: StepPayloads["create-container"],
  engine: SimulatedEngine,
): SimulatedContainer {
  const { name, workload, labels, aliases } = payload;
  const spec = workload.container;
  if (engine.byName(name) !== undefined)
    throw new ReconcilerError("engine-conflict", `the container name "/${name}" is already in use`);
  const image = engine.images.get(spec.image);
  if (image === undefined) throw new ReconcilerError("engine-not-found", `no such image: ${spec.image}`);
  for (const mount of spec.mounts) {
    if (mount.kind === "volume" && !engine.volumes.has(mount.volume)) engine.addVolume(mount.volume, {});
    if (mount.kind === "files" && !engine.volumes.has(mount.fileSet))
      throw new ReconcilerError("engine-not-found", `no files ${mount.fileSet}`);
  }
  const sent = withNamespace(spec, labels, engine);
  const created = new SimulatedContainer({ id: engine.nextId(), name, sent, labels, image }, engine.clock);
  engine.containers.set(created.id, created);
  const attachments = spec.network.kind === "networks" ? spec.network.attachments : [];
  for (const { network, aliases: own, ipv4, ipv6 } of attachments) {
    const base = parseRoleName(name).base;
    const full = {
      network,
      aliases: [...new Set([...own, base])],
      ...(ipv4 === undefined ? {} : { ipv4 }),
      ...(ipv6 === undefined ? {} : { ipv6 }),
    };
    engine.attach(created, aliases === "attached" ? full : { network, aliases: [] });
  }
  return created;
}

/** The Engine keeps the id of the container whose network is shared. */
function withNamespace(
  spec: ContainerSpec,
  labels: Readonly<Record<string, string>>,
  engine: SimulatedEngine,
): ContainerSpec {
  const { network } = spec;
  if (network.kind !== "workload" && network.kind !== "container") return spec;
  const all = [...engine.containers.values()];
  const owner =
    network.kind === "container"
      ? engine.byName(network.container)
      : all.find(
          (container) =>
            container.labels[labelKeys.workload] === network.workload &&
            container.labels[labelKeys.project] === labels[labelKeys.project] &&
            parseRoleName(container.name).role === "current",
        );
  if (owner === undefined)
    throw new ReconcilerError("engine-not-found", "no container to share a network with");
  return { ...spec, network: { kind: "container", container: owner.id } };
}

function startContainer(container: SimulatedContainer, engine: SimulatedEngine): void {
  if (container.status === "paused")
    throw new ReconcilerError("engine-conflict", "cannot start a paused container");
  if (container.isUp) return;
  const refused = refusal(container, engine);
  if (refused !== undefined) {
    container.error = refused.message;
    throw refused;
  }
  container.start();
}

/** Why the Engine would not start it; the container stays as it was. */
function refusal(container: SimulatedContainer, engine: SimulatedEngine): ReconcilerError | undefined {
  if (container.image.behaviour.kind === "not-found") {
    container.exitCode = 127;
    return new ReconcilerError("engine-refused", "executable file not found in $PATH");
  }
  const { network } = container.sent;
  if (network.kind === "container" && engine.find(network.container)?.isUp !== true)
    return new ReconcilerError("engine-failed", "cannot join network of a non running container");
  for (const [name, { id, attachment }] of container.endpoints) {
    if (!engine.networks.has(id)) return new ReconcilerError("engine-not-found", `network ${name} not found`);
    const holder = engine.holderOfAddress(container, attachment);
    if (holder !== undefined)
      return new ReconcilerError("engine-refused", `Address already in use by ${holder.name}`);
  }
  for (const taken of engine.takenPorts(container))
    return new ReconcilerError("engine-failed", `Bind for ${taken} failed: port is already allocated`);
  return undefined;
}

export function sameAddress(a: NetworkAttachment, b: NetworkAttachment): boolean {
  return (
    a.network === b.network &&
    ((a.ipv4 !== undefined && a.ipv4 === b.ipv4) || (a.ipv6 !== undefined && a.ipv6 === b.ipv6))
  );
}
