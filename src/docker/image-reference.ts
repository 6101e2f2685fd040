import { ReconcilerError } from "../model/errors.ts";
import { familiarReference, type ImageRef, parseImageRef } from "../model/image-ref.ts";
import { apiPath, type EngineClient, unlessMissing } from "./engine-client.ts";
import type { ImageInspect } from "./inspect-types.ts";

/** `fromImage` and `tag` (Docker Engine API, "ImageCreate"): without a tag the Engine would pull all of them. */
export function pullReference(image: string): { fromImage: string; tag: string } {
  const ref = parseImageRef(image);
  if (typeof ref === "string") throw new ReconcilerError("pull-failed", `pull "${image}": ${ref}`);
  return { fromImage: `${ref.registry}/${ref.path}`, tag: ref.digest ?? ref.tag ?? "latest" };
}

/** The text under which the Engine finds a local image: a digest pins it, so that a tag beside it says nothing. */
export function localReference(image: string): string {
  const ref = parseImageRef(image);
  if (typeof ref === "string") return image;
  if (ref.digest === undefined) return familiarReference(ref);
  const { tag: _tag, ...pinned } = ref;
  return familiarReference(pinned as ImageRef);
}

/** Path of `ImageInspect`; the separators of a reference stay as the docker client writes them. */
export function imagePath(image: string): string {
  return apiPath`/images/${localReference(image)}/json`.replace(/%2F|%3A|%40/g, decodeURIComponent);
}

/** Whether a local image answers to the reference (Docker Engine API, "ImageInspect"). */
export async function hasImage(client: EngineClient, image: string, signal: AbortSignal): Promise<boolean> {
  const request = { what: `inspect image "${image}"`, path: imagePath(image) };
  return (await unlessMissing(client.get<ImageInspect>(request, signal))) !== undefined;
}
