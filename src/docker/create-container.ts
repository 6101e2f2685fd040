import { apiSupports } from "../model/engine-api.ts";
import { isReconcilerError, ReconcilerError } from "../model/errors.ts";
import { labelKeys } from "../model/ownership.ts";
import type { StepPayloads } from "../model/step.ts";
import type { ContainerSpec } from "../model/workload.ts";
import { isUnknownOutcome } from "./api-errors.ts";
import { buildCreateRequest, type CreateContext, type CreateRequest } from "./create-body.ts";
import { apiPath, unlessMissing } from "./engine-client.ts";
import type { ContainerInspect, NetworkInspect, VolumeInspect } from "./inspect-types.ts";
import { connectEndpoint } from "./network-steps.ts";
import { findSharedContainer } from "./shared-container.ts";
import type { StepRun } from "./step-run.ts";
import { droppedFields } from "./verify-created.ts";

type Payload = StepPayloads["create-container"];

/** Unpacking a large image's first layer on a busy disk takes its time. */
const slowCall = 3;
const cleanUpTimeoutMs = 15_000;

/**
 * Creates a container, attaches it and makes sure that it is what was asked for; otherwise it is taken away again.
 *
 * @returns its id
 */
export async function executeCreateContainer(payload: Payload, run: StepRun): Promise<string> {
  const what = `create container "${payload.name}"`;
  const request = buildCreateRequest(payload.workload.container, await prepare(payload, what, run));
  const { id, warnings } = await createOnce(request, payload, what, run);
  try {
    for (const { network, endpoint } of request.connectAfter) {
      await connectEndpoint(id, network, endpoint, what, run);
    }
    await verify(id, request, warnings, what, run);
  } catch (error) {
    await discard(id, run);
    throw error;
  }
  return id;
}

/** Looks up what the body needs and the Engine would find out too late, or not at all. */
async function prepare(payload: Payload, what: string, run: StepRun): Promise<CreateContext> {
  const spec = payload.workload.container;
  await requireNetworks(spec, what, run);
  const mountpoints = await filesMountpoints(spec, what, run);
  const shared = await findSharedContainer(spec.network, payload.labels, what, run);
  return {
    name: payload.name,
    labels: payload.labels,
    aliases: payload.aliases,
    apiVersion: run.engine.apiVersion,
    ...(shared === undefined ? {} : { sharedContainer: shared }),
    filesMountpoint: (fileSet) => mountpoints.get(fileSet) ?? "",
  };
}

/** A container on a missing or ambiguous network is created all the same and fails only when it starts. */
async function requireNetworks(spec: ContainerSpec, what: string, run: StepRun): Promise<void> {
  if (spec.network.kind !== "networks") return;
  for (const { network } of spec.network.attachments) {
    const found = await unlessMissing(
      run.client.get<NetworkInspect>({ what, path: apiPath`/networks/${network}` }, run.signal),
    );
    if (found !== undefined) continue;
    throw new ReconcilerError("engine-not-found", `${what}: network "${network}" does not exist`, {
      hint: "declare the network, or create it on the Engine if it is external",
    });
  }
}

/** The Engine would put an empty volume in the place of missing files. */
async function filesMountpoints(
  spec: ContainerSpec,
  what: string,
  run: StepRun,
): Promise<Map<string, string>> {
  const names = new Set(spec.mounts.flatMap((mount) => (mount.kind === "files" ? [mount.fileSet] : [])));
  const found = new Map<string, string>();
  for (const name of names) {
    const volume = await unlessMissing(
      run.client.get<VolumeInspect>({ what, path: apiPath`/volumes/${name}` }, run.signal),
    );
    const isNeeded = !apiSupports(run.engine.apiVersion, "volumeSubpath");
    if (volume === undefined || (isNeeded && !volume.Mountpoint)) {
      throw new ReconcilerError("engine-not-found", `${what}: the files in volume "${name}" are not there`);
    }
    found.set(name, volume.Mountpoint ?? "");
  }
  return found;
}

/** Who interrupts a creation does not wait for its answer; what it made all the same is taken away. */
async function discardUnanswered(name: string, payload: Payload, run: StepRun): Promise<void> {
  const signal = AbortSignal.timeout(cleanUpTimeoutMs);
  const what = `look for container "${name}"`;
  const made = await unlessMissing(
    run.client.get<ContainerInspect>({ what, path: apiPath`/containers/${name}/json` }, signal),
  );
  const txn = payload.labels[labelKeys.txn];
  if (made !== undefined && txn !== undefined && made.Config.Labels?.[labelKeys.txn] === txn)
    await discard(made.Id, run);
}

interface Created {
  readonly id: string;
  readonly warnings: readonly string[];
}

/**
 * A lost answer and a taken name are settled by looking: the container with our transaction is the one we made. If the
 * answer was lost and nothing was made, a second try brings the Engine's own words.
 */
async function createOnce(
  request: CreateRequest,
  payload: Payload,
  what: string,
  run: StepRun,
  isFirst = true,
): Promise<Created> {
  try {
    const answer = await run.client.post<{ Id: string; Warnings?: readonly string[] | null }>(
      {
        what,
        path: "/containers/create",
        query: { name: request.name, platform: request.platform },
        body: request.body,
        patience: slowCall,
      },
      run.signal,
    );
    const warnings = answer.Warnings ?? [];
    for (const warning of warnings) run.progress({ text: `the Engine warns: ${warning}` });
    return { id: answer.Id, warnings };
  } catch (error) {
    if (run.signal.aborted) await discardUnanswered(request.name, payload, run);
    const isOpen = isUnknownOutcome(error) || (isReconcilerError(error) && error.code === "engine-conflict");
    if (!isOpen) throw error;
    const existing = await unlessMissing(
      run.client.get<ContainerInspect>({ what, path: apiPath`/containers/${request.name}/json` }, run.signal),
    );
    const txn = payload.labels[labelKeys.txn];
    if (existing !== undefined && txn !== undefined && existing.Config.Labels?.[labelKeys.txn] === txn)
      return { id: existing.Id, warnings: [] };
    if (existing === undefined && isFirst && isUnknownOutcome(error))
      return await createOnce(request, payload, what, run, false);
    throw error;
  }
}

async function verify(
  id: string,
  request: CreateRequest,
  warnings: readonly string[],
  what: string,
  run: StepRun,
): Promise<void> {
  const created = await run.client.get<ContainerInspect>(
    { what, path: apiPath`/containers/${id}/json` },
    run.signal,
  );
  const dropped = droppedFields(request.body, created);
  if (dropped.length === 0) return;
  const words = warnings.length === 0 ? "" : ` (${warnings.join("; ")})`;
  throw new ReconcilerError(
    "engine-unsupported",
    `${what}: the Engine dropped ${dropped.join(", ")}${words}`,
    {
      hint: "the Engine or its kernel does not support these settings: take them out or update it",
    },
  );
}

/** It never started, so its anonymous volumes hold nothing. What cannot be removed now is tidied by the next run. */
async function discard(id: string, run: StepRun): Promise<void> {
  const request = { what: "discard container", path: apiPath`/containers/${id}`, query: { v: "true" } };
  try {
    await run.client.delete(
      { ...request, timeoutMs: cleanUpTimeoutMs },
      AbortSignal.timeout(cleanUpTimeoutMs),
    );
  } catch {
    // The failure that led here is the one to report.
  }
}
