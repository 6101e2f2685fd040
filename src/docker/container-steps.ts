import { compact } from "../lib/records.ts";
import { isReconcilerError, ReconcilerError } from "../model/errors.ts";
import type { InPlaceUpdate, StepPayloads } from "../model/step.ts";
import { containerName, toRestart } from "./actual-container.ts";
import { isUnknownOutcome } from "./api-errors.ts";
import { restartBody } from "./create-body.ts";
import { apiPath, unlessMissing } from "./engine-client.ts";
import type { ContainerInspect } from "./inspect-types.ts";
import type { StepRun } from "./step-run.ts";

/** Starting and removing wait for the kernel and the disk. */
const slowCall = 2;
/** What the Engine may need on top of the grace period: SIGKILL, then taking the container down. */
const stopSlackMs = 60_000;

/** `POST /containers/{id}/start`; 304 says that it runs already. */
export async function executeStart(payload: StepPayloads["start-container"], run: StepRun): Promise<void> {
  const id = run.idOf(payload.container);
  const what = `start container "${payload.container.name}"`;
  try {
    await run.client.post({ what, path: apiPath`/containers/${id}/start`, patience: slowCall }, run.signal);
  } catch (error) {
    if (!isUnknownOutcome(error)) throw error;
    const state = (await inspect(id, what, run))?.State.Status;
    // A short job may have ended by now; it was never started before.
    if (payload.run && state === "exited") return;
    if (state !== "running" && state !== "restarting") throw error;
  }
}

/** `POST /containers/{id}/unpause`; a container that is not paused is as wanted. */
export async function executeUnpause(
  payload: StepPayloads["unpause-container"],
  run: StepRun,
): Promise<void> {
  const id = run.idOf(payload.container);
  const what = `unpause container "${payload.container.name}"`;
  try {
    await run.client.post({ what, path: apiPath`/containers/${id}/unpause` }, run.signal);
  } catch (error) {
    if (!/is not paused/i.test(isReconcilerError(error) ? error.message : "")) throw error;
  }
}

/**
 * Sets the restart policy to `no`, so that a reboot cannot bring the container back beside its successor, then stops it.
 * A container that is down or gone is as wanted.
 */
export async function executeStop(payload: StepPayloads["stop-container"], run: StepRun): Promise<void> {
  const id = run.idOf(payload.container);
  const what = `stop container "${payload.container.name}"`;
  const container = await inspect(id, what, run);
  if (container === undefined || container.State.Status === "removing") return;
  const isDisarmed = await tryDisarm(container, what, run);
  if (!["created", "exited", "dead"].includes(container.State.Status)) {
    await stop(id, what, Math.max(0, Math.ceil(payload.timeoutSeconds)), run);
  }
  if (!isDisarmed) await disarmRestart(container, what, run);
}

/** The Engine fails to update a container that is just crashing; once it is stopped, it can be updated. */
async function tryDisarm(container: ContainerInspect, what: string, run: StepRun): Promise<boolean> {
  try {
    await disarmRestart(container, what, run);
    return true;
  } catch (error) {
    if (isReconcilerError(error) && error.code === "engine-failed") return false;
    throw error;
  }
}

/**
 * `POST /containers/{id}/update` with the restart policy `no`, unless it is that already. A container that removes
 * itself has no policy, and the Engine refuses to set one; one that is gone needs none.
 */
async function disarmRestart(container: ContainerInspect, what: string, run: StepRun): Promise<void> {
  const { Id: id, HostConfig: host } = container;
  if (host.AutoRemove === true || toRestart(host.RestartPolicy).name === "no") return;
  const body = { RestartPolicy: restartBody({ name: "no" }) };
  try {
    await run.client.post({ what, path: apiPath`/containers/${id}/update`, body }, run.signal);
  } catch (error) {
    if (!isReconcilerError(error)) throw error;
    if (error.code !== "engine-not-found" && !/marked for removal/i.test(error.message)) throw error;
  }
}

/** `POST /containers/{id}/stop`: the stop signal, and SIGKILL after the grace period. */
async function stop(id: string, what: string, seconds: number, run: StepRun): Promise<void> {
  const request = {
    what,
    path: apiPath`/containers/${id}/stop`,
    query: { t: String(seconds) },
    timeoutMs: seconds * 1000 + stopSlackMs,
  };
  try {
    await run.client.post(request, run.signal);
  } catch (error) {
    if (isReconcilerError(error) && error.code === "engine-not-found") return;
    if (!isUnknownOutcome(error)) throw error;
    const state = (await inspect(id, what, run))?.State.Status;
    if (state === "running" || state === "restarting" || state === "paused") throw error;
  }
}

/** `POST /containers/{id}/rename`; the Engine refuses a rename to the present name, which is as wanted. */
export async function executeRename(payload: StepPayloads["rename-container"], run: StepRun): Promise<void> {
  const { from, to } = payload;
  if (from === to) return;
  const id = run.idOf(payload.container);
  const what = `rename container "${from}" to "${to}"`;
  try {
    await run.client.post({ what, path: apiPath`/containers/${id}/rename`, query: { name: to } }, run.signal);
  } catch (error) {
    const isGone = isReconcilerError(error) && error.code === "engine-not-found";
    const container = isGone ? undefined : await inspect(id, what, run);
    if (container === undefined || containerName(container.Name) !== to) throw error;
  }
}

/**
 * `DELETE /containers/{id}`. Never takes volumes along: an anonymous one may hold the only copy of somebody's data. A
 * running container is not removed; one that the Engine calls dead is, by force.
 */
export async function executeRemove(payload: StepPayloads["remove-container"], run: StepRun): Promise<void> {
  const id = run.idOf(payload.container);
  const what = `remove container "${payload.container.name}"`;
  const path = apiPath`/containers/${id}`;
  try {
    await run.client.delete({ what, path, patience: slowCall }, run.signal);
  } catch (error) {
    if (!isReconcilerError(error)) throw error;
    if (error.code === "engine-not-found") return;
    if (/removal of container .* is already in progress/i.test(error.message))
      return await awaitGone(id, what, run);
    const container = await inspect(id, what, run);
    if (container === undefined) return;
    if (container.State.Status !== "dead") throw error;
    await run.client.delete({ what, path, query: { force: "true" }, patience: slowCall }, run.signal);
  }
}

/** `POST /containers/{id}/wait?condition=removed` answers when a removal that is under way has ended. */
async function awaitGone(id: string, what: string, run: StepRun): Promise<void> {
  const path = apiPath`/containers/${id}/wait`;
  const query = { condition: "removed" };
  await unlessMissing(run.client.post({ what, path, query, patience: slowCall }, run.signal));
}

/**
 * `POST /containers/{id}/update`: limits and restart policy of a living container. The Engine ignores what it cannot
 * change, so the result is read back.
 */
export async function executeUpdate(payload: StepPayloads["update-container"], run: StepRun): Promise<void> {
  const id = run.idOf(payload.container);
  const what = `update container "${payload.container.name}"`;
  const body = updateBody(payload.update);
  await run.client.post({ what, path: apiPath`/containers/${id}/update`, body }, run.signal);
  const container = await inspect(id, what, run);
  if (container === undefined) throw new ReconcilerError("engine-not-found", `${what}: it is gone`);
  const live = container.HostConfig as Readonly<Record<string, unknown>>;
  const { RestartPolicy: restart, ...limits } = body;
  const ignored = Object.entries(limits).flatMap(([key, value]) => (live[key] === value ? [] : [key]));
  if (restart !== undefined && toRestart(container.HostConfig.RestartPolicy).name !== restart.Name)
    ignored.push("RestartPolicy");
  if (ignored.length === 0) return;
  throw new ReconcilerError("engine-unsupported", `${what}: the Engine ignored ${ignored.sort().join(", ")}`);
}

/** Body of `POST /containers/{id}/update` (Docker Engine API, "ContainerUpdate"). */
function updateBody(update: InPlaceUpdate) {
  return compact<{ RestartPolicy?: ReturnType<typeof restartBody> } & Record<string, unknown>>({
    RestartPolicy: update.restart === undefined ? undefined : restartBody(update.restart),
    Memory: update.memory,
    MemoryReservation: update.memoryReservation,
    MemorySwap: update.memorySwap,
    NanoCpus: update.nanoCpus,
    CpuShares: update.cpuShares,
    CpuPeriod: update.cpuPeriod,
    CpuQuota: update.cpuQuota,
    CpusetCpus: update.cpusetCpus,
    CpusetMems: update.cpusetMems,
    PidsLimit: update.pidsLimit,
    BlkioWeight: update.blkioWeight,
  });
}

async function inspect(id: string, what: string, run: StepRun): Promise<ContainerInspect | undefined> {
  return await unlessMissing(
    run.client.get<ContainerInspect>({ what, path: apiPath`/containers/${id}/json` }, run.signal),
  );
}
