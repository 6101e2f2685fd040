import type { ActualImage, ActualState } from "../model/actual-state.ts";
import type { ContainerSpec } from "../model/workload.ts";

/**
 * The image that a container would be made from without a pull. One that the Engine has by the same name for another
 * platform than the declared one is none: the Engine would refuse to create the container (case 80).
 */
export function localImage(
  actual: Pick<ActualState, "images">,
  { image, platform }: Pick<ContainerSpec, "image" | "platform">,
): ActualImage | undefined {
  const found = actual.images.get(image);
  return found === undefined || platform === undefined || isFor(platform, found.platform) ? found : undefined;
}

/** `linux`, `linux/arm64` and `linux/arm64/v8` all mean the same image; what is not said matches anything. */
function isFor(declared: string, platform: string): boolean {
  const parts = platform.split("/");
  return declared.split("/").every((part, index) => parts[index] === undefined || part === parts[index]);
}
