import { compact, compareText, sortedRecord } from "../lib/records.ts";
import type { NetworkAttachmentSpec } from "../model/service-spec.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { unlessEmpty } from "./api-values.ts";

/**
 * Networks of the tasks by name. The Engine's default bridge needs none: a task has a way out without it. `host` is one of
 * the networks that every node has (`docker service create --network host`); `none` is not.
 */
export function taskNetworks(workload: WorkloadSpec): readonly NetworkAttachmentSpec[] {
  const { network } = workload.container;
  if (network.kind === "host") return [{ Target: "host" }];
  if (network.kind !== "networks") return [];
  const extra = containerAlias(workload);
  return network.attachments
    .map(({ network: name, aliases, driverOptions }) => {
      const options = unlessEmpty({ ...workload.cluster?.networkOptions?.[name], ...driverOptions });
      return compact<NetworkAttachmentSpec>({
        Target: name,
        Aliases: unlessEmpty([...new Set([...aliases, ...extra])].sort()),
        DriverOpts: options && sortedRecord(options),
      });
    })
    .sort((a, b) => compareText(a.Target, b.Target));
}

/**
 * On an Engine, a container is found by its own name, too. The service of a stack is not named like its container, so a name
 * that was chosen (`container_name`) becomes an alias; the derived ones, numbered by replica, have no meaning here.
 */
function containerAlias({ key, containerNames }: WorkloadSpec): readonly string[] {
  const [name] = containerNames;
  if (!key.includes("/") || name === undefined || containerNames.length > 1) return [];
  return name === `${key.replace("/", "-")}-1` ? [] : [name];
}
