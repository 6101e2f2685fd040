import { Semaphore } from "../lib/semaphore.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { ReconcilerError } from "../model/errors.ts";
import { parseImageRef } from "../model/image-ref.ts";
import type { ImageRegistry } from "../ports.ts";
import { unlockedImages } from "../release/bake.ts";

/** Registries asked at a time. */
const width = 8;

/**
 * The digest of each image that a configuration names by its tag alone: the locked one of a baked configuration, else
 * the one that the registry has now.
 *
 * @throws ReconcilerError `image-unknown` when a registry does not have one
 */
export async function resolveDigests(
  desired: DesiredState,
  registry: ImageRegistry,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const slots = new Semaphore(width);
  const known = lockedDigests(desired);
  const unknown = unlockedImages(desired).filter((reference) => !known.has(reference));
  const pairs = unknown.map((reference) =>
    slots.run(async (): Promise<readonly [string, string]> => {
      const ref = parseImageRef(reference);
      const digest = typeof ref === "string" ? undefined : await registry.resolveDigest(ref, signal);
      if (digest !== undefined) return [reference, digest];
      throw new ReconcilerError("image-unknown", `image "${reference}" is not in its registry`, {
        hint: "has the build been pushed? --tags-only leaves digests out",
      });
    }),
  );
  return new Map([...known, ...(await Promise.all(pairs))]);
}

/** What a baked configuration was locked to; an image that was locked by its id has no digest. */
function lockedDigests({ workloads }: DesiredState): ReadonlyMap<string, string> {
  return new Map(
    workloads.flatMap(({ container: { image, imageLock } }) =>
      imageLock?.kind === "digest" ? [[image, imageLock.value] as const] : [],
    ),
  );
}
