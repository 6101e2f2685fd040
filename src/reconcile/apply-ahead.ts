import { compareTags, parseTag } from "../model/build-tag.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { familiarName, familiarReference, parseImageRef } from "../model/image-ref.ts";
import type { AheadBuild } from "../model/ledger.ts";
import type { WorkloadSpec } from "../model/workload.ts";

/** A desired state with the builds in it that were rolled out before Git asked for them. */
export interface AheadState {
  readonly desired: DesiredState;
  /** Those that are still ahead; the commit of the others has arrived, or nothing uses them any more. */
  readonly ahead: readonly AheadBuild[];
  /** One sentence for each: what runs, and what Git still says. */
  readonly notices: readonly string[];
}

/** Puts a build in place of every older build of the same image and branch. */
export function applyAhead(desired: DesiredState, builds: readonly AheadBuild[]): AheadState {
  if (builds.length === 0) return { desired, ahead: [], notices: [] };
  const taken = new Map<AheadBuild, readonly WorkloadSpec[]>();
  const workloads = desired.workloads.map((workload) => {
    const build = builds.find((candidate) => isOlderThan(workload.container.image, candidate));
    if (build === undefined) return workload;
    taken.set(build, [...(taken.get(build) ?? []), workload]);
    return withBuild(workload, build);
  });
  return {
    desired: taken.size === 0 ? desired : { ...desired, workloads },
    ahead: builds.filter((build) => taken.has(build)),
    notices: [...taken].map(([build, before]) => noticeOf(build, before)),
  };
}

function isOlderThan(image: string, build: AheadBuild): boolean {
  const ref = parseImageRef(image);
  if (typeof ref === "string" || ref.tag === undefined || familiarName(ref) !== build.image) return false;
  return (compareTags(parseTag(ref.tag), parseTag(build.tag)) ?? 0) < 0;
}

/** The digest and the lock of the older build go with it. */
function withBuild(workload: WorkloadSpec, { tag }: AheadBuild): WorkloadSpec {
  const { imageLock: _ofOlder, ...container } = workload.container;
  const ref = parseImageRef(container.image);
  if (typeof ref === "string") return workload;
  const { registry, path } = ref;
  return { ...workload, container: { ...container, image: familiarReference({ registry, path, tag }) } };
}

function noticeOf({ image, tag, since }: AheadBuild, before: readonly WorkloadSpec[]): string {
  const places = before.map(({ container, positions, origin }) => {
    const { file, line } = positions["image"] ?? origin;
    return `${file}:${line} still says ${container.image.slice(container.image.lastIndexOf(":") + 1)}`;
  });
  return `ahead of Git: ${image}:${tag} since ${since}; ${[...new Set(places)].join(", ")}`;
}
