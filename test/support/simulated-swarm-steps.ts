import { ReconcilerError } from "../../src/model/errors.ts";
import { labelKeys } from "../../src/model/ownership.ts";
import type { ServiceSpec } from "../../src/model/service-spec.ts";
import type { StepPayloads } from "../../src/model/step.ts";
import type { BackendStepKind, StepContext, StepOutput } from "../../src/ports.ts";
import { specHash } from "../../src/swarm/canonical-spec.ts";
import type { SimulatedSwarm } from "./simulated-swarm.ts";
import { OutOfSequence } from "./simulated-swarm-manager.ts";
import { withNames } from "./simulated-swarm-view.ts";

/** The effects of steps on the simulated cluster: the calls that the real adapter makes, in its order. */
type Effects = {
  readonly [K in BackendStepKind]: (
    payload: StepPayloads[K],
    swarm: SimulatedSwarm,
    context: StepContext,
  ) => Promise<StepOutput | undefined> | StepOutput | undefined;
};

const noEngine = (): never => {
  throw new Error("a cluster has no containers of its own");
};

const networkPatienceMs = 30_000;
const networkPauseMs = 500;
const updateTries = 5;

export const effects: Effects = {
  ...{ "pull-image": noEngine, "create-volume": noEngine, "create-files": noEngine },
  ...{ "create-container": noEngine, "start-container": noEngine, "unpause-container": noEngine },
  ...{ "cut-over": noEngine, "update-container": noEngine, "connect-network": noEngine },
  ...{ "disconnect-network": noEngine, "stop-container": noEngine, "rename-container": noEngine },
  ...{ "remove-container": noEngine, "remove-files": noEngine, "remove-image": noEngine },
  "create-network"({ network, labels }, { manager }) {
    manager.createNetwork(network.name, { ...network.labels, ...labels }, network);
    return undefined;
  },
  /** Tasks of a service that was removed a moment ago may still be there. */
  async "remove-network"({ id }, { manager, clock, sync }) {
    for (let waitedMs = 0; ; waitedMs += networkPauseMs) {
      try {
        manager.removeNetwork(id);
        return undefined;
      } catch (error) {
        if (waitedMs >= networkPatienceMs) throw error;
        await clock.sleep(networkPauseMs);
        sync();
      }
    }
  },
  "create-stored"({ stored, labels }, { manager }) {
    const { kind, name, content } = stored;
    if (manager.storedByName(kind, name) === undefined)
      manager.createStored({ kind, name, labels, content: new TextDecoder().decode(content) });
    return undefined;
  },
  "remove-stored"({ id }, { manager }) {
    manager.removeStored(id);
    return undefined;
  },
  "create-service"({ spec }, swarm) {
    const body = withIds(spec, swarm);
    const taken = swarm.state.serviceByName(spec.Name);
    if (taken !== undefined && isOfThisRollout(taken.spec, spec)) return { serviceId: taken.id };
    return { serviceId: swarm.manager.createService(body).id };
  },
  "update-service"(payload, swarm, context) {
    update(payload, context.idOf(payload.service), swarm);
    return undefined;
  },
  "remove-service"({ service }, { manager }, context) {
    manager.removeService(context.idOf(service));
    return undefined;
  },
};

function isOfThisRollout({ Labels: live = {} }: ServiceSpec, { Labels: wanted = {} }: ServiceSpec): boolean {
  const own = [labelKeys.project, labelKeys.environment, labelKeys.workload, labelKeys.txn];
  return wanted[labelKeys.txn] !== undefined && own.every((key) => live[key] === wanted[key]);
}

function update({ spec, previous }: StepPayloads["update-service"], id: string, swarm: SimulatedSwarm): void {
  const body = withIds(spec, swarm);
  for (let attempt = 1; ; attempt += 1) {
    const live = swarm.state.services.get(id);
    if (live === undefined) throw intervened("somebody removed it meanwhile");
    const seen = withNames(live.spec, swarm.state);
    const { version } = live;
    if (isAsWanted(seen, spec)) return;
    if (!isAsBefore(seen, previous)) throw intervened("somebody else changed it meanwhile");
    swarm.betweenLookAndWrite?.(live);
    try {
      swarm.updates.push(live.spec.Name);
      swarm.manager.updateService(id, version, body);
      return;
    } catch (error) {
      if (!(error instanceof OutOfSequence)) throw error;
      if (attempt === updateTries) throw intervened(`others changed it ${updateTries} times in a row`);
    }
  }
}

function isAsWanted(live: ServiceSpec, wanted: ServiceSpec): boolean {
  const { ForceUpdate = live.TaskTemplate.ForceUpdate } = wanted.TaskTemplate;
  return specHash(live) === specHash(wanted) && ForceUpdate === live.TaskTemplate.ForceUpdate;
}

function isAsBefore(live: ServiceSpec, previous: ServiceSpec): boolean {
  const forced = (spec: ServiceSpec) => spec.TaskTemplate.ForceUpdate ?? 0;
  return specHash(live) === specHash(previous) && forced(live) === forced(previous);
}

function intervened(reason: string): ReconcilerError {
  return new ReconcilerError("precondition-failed", `${reason}, it was not overwritten`);
}

/** Configs and secrets need their ids. */
function withIds(spec: ServiceSpec, { manager }: SimulatedSwarm): ServiceSpec {
  const container = spec.TaskTemplate.ContainerSpec;
  const idOf = (kind: "config" | "secret", name: string) => {
    const found = manager.storedByName(kind, name);
    if (found === undefined)
      throw new ReconcilerError("engine-not-found", `${kind} "${name}" does not exist`);
    return found.id;
  };
  const Configs = container.Configs?.map((one) => ({ ...one, ConfigID: idOf("config", one.ConfigName) }));
  const Secrets = container.Secrets?.map((one) => ({ ...one, SecretID: idOf("secret", one.SecretName) }));
  const ContainerSpec = {
    ...container,
    ...(Configs === undefined ? {} : { Configs }),
    ...(Secrets === undefined ? {} : { Secrets }),
  };
  return { ...spec, TaskTemplate: { ...spec.TaskTemplate, ContainerSpec } };
}
