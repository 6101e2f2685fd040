import type { ActualService, ActualSwarm } from "../../model/actual-swarm.ts";
import { labelKeys } from "../../model/ownership.ts";
import type { ServiceSpec } from "../../model/service-spec.ts";
import type { WorkloadSpec } from "../../model/workload.ts";
import { specHash } from "../../swarm/canonical-spec.ts";
import { serviceNameOf, toServiceSpec } from "../../swarm/to-service-spec.ts";
import { objectLabels } from "../labels.ts";
import type { World } from "../world.ts";

/** Both states of a cluster, with an index for everything that is looked up by name. */
export interface ServiceWorld {
  readonly world: World;
  readonly swarm: ActualSwarm;
  readonly txn: string;
  /** Workloads whose service may be removed and made anew, with the time without service that this takes. */
  readonly recreate: ReadonlySet<string>;
  readonly servicesByName: ReadonlyMap<string, ActualService>;
  /** Owned ones by the key of their workload. */
  readonly servicesByWorkload: ReadonlyMap<string, readonly ActualService[]>;
  /** Another source that already manages this project and environment. */
  readonly rivalSource: string | undefined;
  /** The service that a workload should be; made once. */
  readonly specOf: (workload: WorkloadSpec) => ServiceSpec;
}

export function createServiceWorld(
  world: World,
  swarm: ActualSwarm,
  txn: string,
  recreate: ReadonlySet<string>,
): ServiceWorld {
  const { desired } = world;
  const owned = swarm.services.filter(({ ownership }) => ownership.kind === "owned");
  const servicesByName = new Map(swarm.services.map((service) => [service.name, service]));
  const specs = new Map<string, ServiceSpec>();
  return {
    ...{ world, swarm, txn, recreate, servicesByName },
    servicesByWorkload: Map.groupBy(owned, ({ record, name }) => record.workload ?? `service ${name}`),
    rivalSource: owned.find(
      ({ record }) =>
        desired.revision.source !== undefined &&
        record.source !== undefined &&
        record.source !== desired.revision.source,
    )?.record.source,
    specOf(workload) {
      const known = specs.get(workload.key);
      if (known !== undefined) return known;
      const digest = digestOf(workload, servicesByName.get(serviceNameOf(workload)), swarm);
      const bare = toServiceSpec(workload, {
        desired,
        labels: serviceLabels(workload, world, txn),
        apiVersion: world.actual.engine.apiVersion,
        ...(digest === undefined ? {} : { digest }),
      });
      const fingerprint = specHash(bare, desired.secretValues);
      const spec = { ...bare, Labels: { ...bare.Labels, [labelKeys.spec]: fingerprint } };
      specs.set(workload.key, spec);
      return spec;
    },
  };
}

/**
 * The digest that a tag stands for: the one that was locked when the configuration was baked, else the one that the
 * service runs under the same tag, else what the registry says. A tag that moves is not followed by itself.
 */
function digestOf(
  { container }: WorkloadSpec,
  live: ActualService | undefined,
  swarm: ActualSwarm,
): string | undefined {
  const { image, imageLock } = container;
  if (image.includes("@")) return undefined;
  if (imageLock?.kind === "digest") return imageLock.value;
  if (live?.ownership.kind === "owned" && live.record.image === image) {
    const [, digest] = live.spec.TaskTemplate.ContainerSpec.Image.split("@");
    return digest;
  }
  return swarm.digests.get(image);
}

/** Our labels on a service; those of its containers would restart its tasks with every change. */
function serviceLabels(workload: WorkloadSpec, world: World, txn: string): Readonly<Record<string, string>> {
  const needs = [...new Set(workload.dependsOn.map((dependency) => dependency.workload))].sort();
  return {
    ...objectLabels(world.desired),
    [labelKeys.workload]: workload.key,
    [labelKeys.kind]: workload.kind,
    [labelKeys.txn]: txn,
    ...(needs.length > 0 ? { [labelKeys.needs]: needs.join(",") } : {}),
    ...(workload.timer === undefined ? {} : { [labelKeys.timer]: workload.timer.unit }),
  };
}
