import { ReconcilerError } from "../model/errors.ts";
import { labelKeys, parseRoleName } from "../model/ownership.ts";
import type { NetworkMode } from "../model/workload.ts";
import { containerName } from "./actual-container.ts";
import { apiPath, unlessMissing } from "./engine-client.ts";
import type { ContainerInspect, ContainerSummary } from "./inspect-types.ts";
import type { StepRun } from "./step-run.ts";

/**
 * Id of the container whose network a new one is to share. An id, because a name may move to another container while
 * the namespace cannot.
 *
 * @param labels our labels of the new container, which say whose workload is meant
 */
export async function findSharedContainer(
  network: NetworkMode,
  labels: Readonly<Record<string, string>>,
  what: string,
  run: StepRun,
): Promise<string | undefined> {
  if (network.kind === "container") return await containerByName(network.container, what, run);
  if (network.kind === "workload") return await containerOfWorkload(network.workload, labels, what, run);
  return undefined;
}

async function containerByName(name: string, what: string, run: StepRun): Promise<string> {
  const found = await unlessMissing(
    run.client.get<ContainerInspect>({ what, path: apiPath`/containers/${name}/json` }, run.signal),
  );
  if (found !== undefined) return found.Id;
  throw new ReconcilerError(
    "engine-not-found",
    `${what}: container "${name}", whose network it shares, does not exist`,
  );
}

/** The serving container of the workload: names tell the role, a replacement under way is the last choice. */
async function containerOfWorkload(
  workload: string,
  labels: Readonly<Record<string, string>>,
  what: string,
  run: StepRun,
): Promise<string> {
  const wanted = [
    `${labelKeys.workload}=${workload}`,
    `${labelKeys.project}=${labels[labelKeys.project] ?? ""}`,
    `${labelKeys.environment}=${labels[labelKeys.environment] ?? ""}`,
    `${labelKeys.replica}=1`,
  ];
  const filters = JSON.stringify({ label: wanted });
  const found = await run.client.get<ContainerSummary[]>(
    { what, path: "/containers/json", query: { all: "true", filters } },
    run.signal,
  );
  const ranked = found
    .map((container) => ({
      id: container.Id,
      role: parseRoleName(containerName(container.Names?.[0] ?? "")).role,
    }))
    .filter(({ role }) => role !== "previous")
    .sort((a, b) => (a.role === b.role ? 0 : a.role === "current" ? -1 : 1));
  const [best] = ranked;
  if (best !== undefined) return best.id;
  throw new ReconcilerError(
    "engine-not-found",
    `${what}: workload "${workload}", whose network it shares, has no container`,
  );
}
