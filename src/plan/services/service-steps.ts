import { labelKeys } from "../../model/ownership.ts";
import type { StoredContent } from "../../model/step.ts";
import { isJob } from "../../swarm/convergence.ts";
import { storedContents } from "../../swarm/stored-contents.ts";
import { actualTarget, type Chain, ChainBuilder, createdTarget } from "../chain.ts";
import { networkStepId } from "../infrastructure.ts";
import type { DecidedService } from "./decide-services.ts";
import { serviceGateOf } from "./service-gate.ts";
import type { ServiceWorld } from "./service-world.ts";

export const storeStepId = ({ kind, name }: StoredContent) => `store ${kind} ${name}`;

/**
 * The steps of one service. Swarm replaces its tasks; the gate is ours, with a deadline, because Swarm has none.
 *
 * @param known which shared steps there are in this plan
 */
export function serviceChain(
  { pair, decision }: DecidedService,
  services: ServiceWorld,
  known: (step: string) => boolean,
): Chain {
  const { workload } = pair;
  const cause = "cause" in decision ? decision.cause : "";
  const chain = new ChainBuilder(workload.key, cause);
  const { image } = workload.container;
  // The service that carries this out is in Swarm's hands: it will not be here to see the end.
  const isSelf = pair.current !== undefined && pair.current.id === services.swarm.ownService;
  switch (decision.kind) {
    case "create": {
      const step = chain.add("create-service", "create", { spec: decision.spec, image }, preparations());
      const gate = serviceGateOf(workload, decision.spec, services);
      if (workload.timer === undefined)
        chain.add("gate-service", "gate", { service: createdTarget(step, decision.spec.Name), gate });
      break;
    }
    case "update": {
      const { current, spec, isUngated } = decision;
      const service = actualTarget(current);
      const isWatched = isUngated !== true && !isSelf;
      const gate = serviceGateOf(workload, spec, services);
      // Going back to an earlier job would run that one again.
      const watched = isWatched && !isJob(spec) ? { gate } : {};
      const payload = { service, spec, previous: current.spec, image, ...watched };
      chain.add("update-service", "update", payload, preparations());
      chain.mark("release");
      if (isWatched) chain.add("gate-service", "gate", { service, gate });
      break;
    }
    case "recreate": {
      const { current, spec } = decision;
      const gone = {
        ...{ service: actualTarget(current), previous: current.spec, image },
        ...(isJob(current.spec) ? {} : { gate: serviceGateOf(workload, current.spec, services) }),
      };
      chain.add("remove-service", "remove", gone, preparations());
      chain.mark("release");
      const step = chain.add("create-service", "create", { spec, image });
      const gate = serviceGateOf(workload, spec, services);
      if (workload.timer === undefined)
        chain.add("gate-service", "gate", { service: createdTarget(step, spec.Name), gate });
      break;
    }
    case "wait": {
      const { current, back: spec } = decision;
      const gate = serviceGateOf(workload, current.spec, services);
      const back =
        spec === undefined ? {} : { back: { spec, image: spec.Labels?.[labelKeys.image] ?? image } };
      chain.add("gate-service", "gate", { service: actualTarget(current), gate, ...back });
      break;
    }
    case "unchanged":
    case "blocked":
      break;
    default:
      return decision satisfies never;
  }
  return chain.build();

  function preparations(): readonly string[] {
    const { network } = workload.container;
    const networks =
      network.kind === "networks" ? network.attachments.map((one) => networkStepId(one.network)) : [];
    const stored = storedContents(workload, services.world.desired).map(storeStepId);
    return [...new Set([...networks, ...stored])].filter(known);
  }
}
