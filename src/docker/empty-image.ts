import { ReconcilerError } from "../model/errors.ts";
import { statusOf } from "./api-errors.ts";
import type { EngineClient } from "./engine-client.ts";
import { packNothing } from "./files-archive.ts";
import { readNdjson } from "./ndjson.ts";

/** An image without a single file, made on the Engine itself: no registry is needed. */
const emptyImage = "mysysconfig-empty:1";
const slowCall = 3;

export interface VesselSpec {
  readonly name: string;
  /** Of the container, and of the volume when it does not exist yet. */
  readonly labels: Readonly<Record<string, string>>;
  /** Labels of the volume when they are not those of the container. */
  readonly volumeLabels?: Readonly<Record<string, string>>;
  readonly volume: string;
  /** Where the volume is mounted; the archive calls take paths below it. */
  readonly target: string;
}

/**
 * Creates a container that is never started: it makes the files of a volume reachable through the archive calls, and
 * its name is taken as long as it exists (Docker Engine API, "ContainerCreate"). The image is imported when the Engine
 * misses it, which it says before it looks at the name.
 *
 * @param what the attempt, for messages
 * @returns the container's id
 * @throws ReconcilerError with status 409 (`statusOf`) when the name is taken
 */
export async function createVessel(
  client: EngineClient,
  spec: VesselSpec,
  what: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await postVessel(client, spec, what, signal);
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    await importEmptyImage(client, what, signal);
    return await postVessel(client, spec, what, signal);
  }
}

async function postVessel(
  client: EngineClient,
  { name, labels, volumeLabels = labels, volume, target }: VesselSpec,
  what: string,
  signal: AbortSignal,
): Promise<string> {
  const body = {
    Image: emptyImage,
    // Never run: the Engine only wants to see a command.
    Cmd: ["-"],
    Labels: labels,
    NetworkDisabled: true,
    HostConfig: {
      NetworkMode: "none",
      Mounts: [
        {
          Type: "volume",
          Source: volume,
          Target: target,
          VolumeOptions: { NoCopy: true, Labels: volumeLabels },
        },
      ],
    },
  };
  const request = { what, path: "/containers/create", query: { name }, body, patience: slowCall };
  return (await client.post<{ Id: string }>(request, signal)).Id;
}

/** Docker Engine API, "ImageCreate" with `fromSrc`: an archive without an entry is the smallest image there is. */
async function importEmptyImage(client: EngineClient, what: string, signal: AbortSignal): Promise<void> {
  const [repo, tag] = emptyImage.split(":");
  const archive = await packNothing();
  const stream = await client.stream(
    "POST",
    { what, path: "/images/create", query: { fromSrc: "-", repo, tag }, archive },
    signal,
  );
  for await (const line of readNdjson(stream)) {
    if (line.kind !== "value" || line.value["error"] === undefined) continue;
    throw new ReconcilerError("engine-failed", `${what}: import an empty image: ${line.value["error"]}`);
  }
}
