import { ReconcilerError } from "../model/errors.ts";
import type { ImageLock } from "../model/image-lock.ts";
import { familiarName, familiarReference, type ImageRef, parseImageRef } from "../model/image-ref.ts";
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

/** What the Engine and a registry know a locked image by. */
export function lockedReference(image: string, { kind, value }: ImageLock): string {
  if (kind === "id") return value;
  const ref = parseImageRef(image);
  if (typeof ref === "string") throw new ReconcilerError("pull-failed", `pull "${image}": ${ref}`);
  return `${familiarName(ref)}@${value}`;
}

/** `POST /images/{name}/tag` (Docker Engine API, "ImageTag"): afterwards the tag names this image. */
export async function tagImage(
  client: EngineClient,
  from: string,
  reference: string,
  signal: AbortSignal,
): Promise<void> {
  const ref = parseImageRef(reference);
  if (typeof ref === "string") throw new ReconcilerError("internal", `tag "${reference}": ${ref}`);
  const path = imagePath(from).replace(/\/json$/, "/tag");
  const query = { repo: familiarName(ref), tag: ref.tag ?? "latest" };
  await client.post({ what: `tag "${reference}"`, path, query }, signal);
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
