import type { ActualService } from "../../model/actual-swarm.ts";
import type { FieldChange } from "../../model/change.ts";
import type { ServiceSpec } from "../../model/service-spec.ts";
import type { ServiceDecision } from "./assess-service.ts";
import type { ServicePair } from "./service-pair.ts";
import { serviceRollout } from "./service-rollout.ts";
import type { ServiceWorld } from "./service-world.ts";

/** What Swarm refuses to change on a living service: it has to be allowed to remove it first. */
export function recreation(
  { workload, name }: ServicePair,
  current: ActualService,
  found: {
    readonly spec: ServiceSpec;
    readonly fields: readonly FieldChange[];
    readonly notes: readonly string[];
    readonly isRenamed: boolean;
  },
  services: ServiceWorld,
): ServiceDecision {
  const { spec, fields, notes, isRenamed } = found;
  const what = isRenamed
    ? `is named "${current.name}" instead of "${name}"`
    : `runs as ${modeOf(current.spec)} and is to run as ${modeOf(spec)}`;
  if (current.id === services.swarm.ownService) {
    const cause = `${what}, but it is what carries this out: remove it by hand with docker service rm ${current.name}, and deploy it anew`;
    return { kind: "blocked", cause, fields };
  }
  const isAllowed = services.recreate.has(workload.key) || services.recreate.has(name);
  if (!isAllowed) {
    const cause = `${what}, which Swarm cannot change on a living service; it may be removed and made anew, with an interruption, by --recreate ${workload.key}`;
    return { kind: "blocked", cause, fields };
  }
  const rollout = serviceRollout(workload, spec, services, `${what}: it is removed first`);
  return { kind: "recreate", current, spec, fields, cause: what, notes, rollout };
}

export function modeOf({ Mode }: ServiceSpec): string {
  if (Mode?.Global) return "global";
  if (Mode?.GlobalJob) return "global job";
  return Mode?.ReplicatedJob ? "replicated job" : "replicated service";
}
