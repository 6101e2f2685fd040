import { deepEqual } from "../lib/stable-json.ts";
import { isReconcilerError, ReconcilerError } from "../model/errors.ts";
import type { StepPayloads } from "../model/step.ts";
import { apiPath } from "./engine-client.ts";
import { fillContainerName } from "./files-archive.ts";
import type { VolumeInspect } from "./inspect-types.ts";
import type { StepRun } from "./step-run.ts";

/**
 * `POST /volumes/create`. It answers 201 with the old volume when the name is taken, whatever was asked for: only the
 * answer itself tells.
 */
export async function executeCreateVolume(
  payload: StepPayloads["create-volume"],
  run: StepRun,
): Promise<void> {
  const { volume, labels } = payload;
  const what = `create volume "${volume.name}"`;
  const body = {
    Name: volume.name,
    ...(volume.driver === undefined ? {} : { Driver: volume.driver }),
    DriverOpts: volume.driverOptions,
    Labels: { ...volume.labels, ...labels },
  };
  const made = await run.client.post<VolumeInspect>({ what, path: "/volumes/create", body }, run.signal);
  const isSame =
    (volume.driver === undefined || made.Driver === volume.driver) &&
    deepEqual(made.Options ?? {}, volume.driverOptions);
  if (isSame) return;
  throw new ReconcilerError(
    "engine-conflict",
    `${what}: a volume with another driver or other options has this name`,
    {
      hint: "its data is kept: declare it as external, or give the volume another name",
    },
  );
}

/** `DELETE /volumes/{name}` for files of the repository, which can be made again at any time; 404 is as wanted. */
export async function executeRemoveFiles(payload: StepPayloads["remove-files"], run: StepRun): Promise<void> {
  const what = `remove files "${payload.volume}"`;
  const leftover = apiPath`/containers/${fillContainerName(payload.volume)}`;
  for (const path of [leftover, apiPath`/volumes/${payload.volume}`]) {
    try {
      await run.client.delete({ what, path }, run.signal);
    } catch (error) {
      if (!isReconcilerError(error) || error.code !== "engine-not-found") throw error;
    }
  }
}
