import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { type LockFile, lockFileName, parseLockFile } from "../model/image-lock.ts";
import { parseImageRef } from "../model/image-ref.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { decodeText } from "./text.ts";

/** A baked configuration carries the images it was baked with; others carry no such file. */
export function readLock(tree: ManifestTree, sink: DiagnosticSink): LockFile | undefined {
  const file = tree.get(lockFileName);
  const text = file && decodeText(file, sink);
  if (text === undefined) return undefined;
  const lock = parseLockFile(text);
  if (typeof lock !== "string") return lock;
  sink.error(place, "invalid-lock", `${lockFileName} cannot be read: ${lock}`, bakeAgain);
  return undefined;
}

/** Each container gets the image that was locked for its reference; one without a lock is a mistake. */
export function applyLock(
  workloads: readonly WorkloadSpec[],
  lock: LockFile,
  environment: string,
  sink: DiagnosticSink,
): readonly WorkloadSpec[] {
  if (lock.environment !== environment) {
    const message = `this configuration was baked for environment "${lock.environment}", not for "${environment}"`;
    sink.error(place, "other-environment", message, `bake it for "${environment}"`);
    return workloads;
  }
  return workloads.map((workload) => {
    const { container, positions, origin } = workload;
    if (isPinned(container.image)) return workload;
    const imageLock = lock.images.get(container.image);
    if (imageLock !== undefined) return { ...workload, container: { ...container, imageLock } };
    const message = `image "${container.image}" is not in ${lockFileName}`;
    sink.error(positions["image"] ?? origin, "image-not-locked", message, bakeAgain);
    return workload;
  });
}

/** A digest in the reference itself leaves nothing to lock. */
export function isPinned(image: string): boolean {
  const ref = parseImageRef(image);
  return typeof ref !== "string" && ref.digest !== undefined;
}

const place: Position = { file: lockFileName, line: 1, column: 1 };
const bakeAgain = "the file is written by mysysconfig bake: bake again";
