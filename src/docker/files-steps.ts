import { ReconcilerError } from "../model/errors.ts";
import type { FileSet } from "../model/file-set.ts";
import { labelKeys } from "../model/ownership.ts";
import type { StepPayloads } from "../model/step.ts";
import { createVessel } from "./empty-image.ts";
import { apiPath, unlessMissing } from "./engine-client.ts";
import { fillContainerName, fillTarget, findDifferences, packFiles } from "./files-archive.ts";
import type { ContainerInspect, VolumeInspect } from "./inspect-types.ts";
import type { StepRun } from "./step-run.ts";

type Payload = StepPayloads["create-files"];

const slowCall = 3;

/**
 * Delivers files into the volume that is named after their content.
 *
 * Labels of a volume never change, so they cannot say "complete". Instead the volume is born with the container that
 * fills it, and that container is removed only after everything has been read back: the volume without the container is
 * complete, the volume with it is a fill that was interrupted and is done again. Filling twice gives the same result.
 */
export async function executeCreateFiles(payload: Payload, run: StepRun): Promise<void> {
  const { fileSet, labels } = payload;
  const what = `deliver files "${fileSet.name}"`;
  const leftover = await findFillContainer(fileSet, what, run);
  if (leftover === undefined && (await isComplete(fileSet, labels, what, run))) return;
  if (leftover !== undefined) await removeFillContainer(leftover, what, run);
  const id = await createFillContainer(payload, what, run);
  await run.client.put(
    {
      what,
      path: apiPath`/containers/${id}/archive`,
      query: { path: fillTarget },
      archive: await packFiles(fileSet),
      patience: slowCall,
    },
    run.signal,
  );
  await verifyFill(id, fileSet, what, run);
  await removeFillContainer(id, what, run);
}

/** A volume with the right name that is not labelled as ours was made by somebody else, perhaps empty: fill it. */
async function isComplete(
  fileSet: FileSet,
  labels: Readonly<Record<string, string>>,
  what: string,
  run: StepRun,
): Promise<boolean> {
  const volume = await unlessMissing(
    run.client.get<VolumeInspect>({ what, path: apiPath`/volumes/${fileSet.name}` }, run.signal),
  );
  const keys = [labelKeys.project, labelKeys.environment, labelKeys.content];
  return volume !== undefined && keys.every((key) => volume.Labels?.[key] === labels[key]);
}

async function findFillContainer(fileSet: FileSet, what: string, run: StepRun): Promise<string | undefined> {
  const path = apiPath`/containers/${fillContainerName(fileSet.name)}/json`;
  return (await unlessMissing(run.client.get<ContainerInspect>({ what, path }, run.signal)))?.Id;
}

async function createFillContainer(
  { fileSet, labels }: Payload,
  what: string,
  run: StepRun,
): Promise<string> {
  const name = fillContainerName(fileSet.name);
  return await createVessel(
    run.client,
    { name, labels, volume: fileSet.name, target: fillTarget },
    what,
    run.signal,
  );
}

async function verifyFill(id: string, fileSet: FileSet, what: string, run: StepRun): Promise<void> {
  const archive = await run.client.stream(
    "GET",
    { what, path: apiPath`/containers/${id}/archive`, query: { path: fillTarget } },
    run.signal,
  );
  const wrong = await findDifferences(fileSet, archive);
  if (wrong.length === 0) return;
  throw new ReconcilerError(
    "engine-failed",
    `${what}: not delivered as sent: ${wrong.slice(0, 5).join(", ")}`,
  );
}

async function removeFillContainer(id: string, what: string, run: StepRun): Promise<void> {
  await unlessMissing(run.client.delete({ what, path: apiPath`/containers/${id}` }, run.signal));
}
