import { programVersionVariable } from "../model/baked-image.ts";
import type { ConnectedBackend } from "../ports.ts";
import type { Followed } from "./daemon-app.ts";

/**
 * The version of the program in the image that this daemon was started from and follows, when it is another one than the
 * one that runs. The configuration of that image is applied all the same; who replaces the program is the host.
 */
export async function findNewerProgram(
  backend: ConnectedBackend,
  followed: Followed | undefined,
  running: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (followed?.kind !== "image" || !followed.isOwn) return undefined;
  const image = await backend.imageStore().inspect(followed.reference, signal);
  const wanted = image?.environment[programVersionVariable];
  return wanted === undefined || wanted === "" || wanted === running ? undefined : wanted;
}
