import type { ActualImage, ActualState } from "../model/actual-state.ts";
import type { ImageLock } from "../model/image-lock.ts";
import type { ContainerSpec } from "../model/workload.ts";

type Wanted = Pick<ContainerSpec, "image" | "platform" | "imageLock">;

/**
 * The image that a container would be made from without a pull. One that the Engine has by the same name for another
 * platform than the declared one is none: the Engine would refuse to create the container (case 80). Neither is one
 * that is not the locked one.
 */
export function localImage(actual: Pick<ActualState, "images">, wanted: Wanted): ActualImage | undefined {
  const found = actual.images.get(wanted.image);
  return found !== undefined && whyNot(found, wanted) === undefined ? found : undefined;
}

/** Why the image that the Engine has by that name is not the one that is wanted; `undefined` when it is. */
export function whyNot(found: ActualImage, { platform, imageLock }: Wanted): string | undefined {
  if (imageLock !== undefined && !isLocked(found, imageLock))
    return "the Engine has another one by this name";
  if (platform !== undefined && !isFor(platform, found.platform))
    return `the Engine has it for ${found.platform}, not for ${platform}`;
  return undefined;
}

export function isLocked(image: ActualImage, { kind, value }: ImageLock): boolean {
  return kind === "id" ? image.id === value : image.digests.includes(value);
}

/** `linux`, `linux/arm64` and `linux/arm64/v8` all mean the same image; what is not said matches anything. */
function isFor(declared: string, platform: string): boolean {
  const parts = platform.split("/");
  return declared.split("/").every((part, index) => parts[index] === undefined || part === parts[index]);
}
