import { hasErrors } from "../lib/diagnostic.ts";
import { isReconcilerError, type ReconcilerError } from "../model/errors.ts";
import { parseImageRef } from "../model/image-ref.ts";
import type { AheadBuild } from "../model/ledger.ts";
import type { Mark } from "../model/mark.ts";
import type { ImageRegistry } from "../ports.ts";
import { imagesOf, listBuilds, updateRequests } from "../release/list-builds.ts";
import { type ReleaseView, readRelease } from "../release/release-view.ts";
import { type ImageRequest, setImages } from "../release/set-images.ts";
import type { Configuration } from "./configuration-watch.ts";
import type { DaemonApp, Followed } from "./daemon-app.ts";
import { imagePath } from "./followed.ts";

export type ImageMark = Extract<Mark, { kind: "image" }>;

/** What pushes to registries lead to in this run. */
export interface PushOutcome {
  /** To roll out before the commit. */
  readonly ahead: readonly AheadBuild[];
  /** The branch has a new commit of ours: it has to be read again. */
  readonly committed: boolean;
  /** One sentence for each image that somebody pushed. */
  readonly facts: readonly string[];
  /** Why nobody could be asked: the pushes are still to be followed up. */
  readonly error?: ReconcilerError;
}

export interface PushContext {
  readonly app: DaemonApp;
  readonly followed: Followed;
  readonly configuration: Configuration;
  /** References of images that failed here before. */
  readonly failed: ReadonlySet<string>;
  /** The Engine's clock. */
  readonly now: string;
}

/**
 * Somebody says that images were pushed. The registry is asked what it really has, and the policies of the images choose
 * among it: never a build of another branch, never an older one, never one that failed here.
 */
export async function followPushes(
  marks: readonly ImageMark[],
  context: PushContext,
  signal: AbortSignal,
): Promise<PushOutcome> {
  const { configuration, app } = context;
  const { tree, desired } = configuration;
  const inputs = { ...app.inputs, branch: desired.environment.branch };
  const view = readRelease({ tree, inputs });
  if (!("sites" in view) || marks.length === 0) return nothing([]);
  const meant = imagesOf(view, []).filter((image) => marks.some((mark) => isSameImage(mark, image)));
  if (meant.length === 0) return nothing([]);
  const registry = await app.registry(signal);
  const facts: string[] = [];
  const found: NewBuild[] = [];
  for (const image of meant) {
    const builds = await newBuildsOf(image, view, registry, context, signal);
    if (builds.length === 0) facts.push(`${image}: no newer build that may run here`);
    found.push(...builds);
  }
  if (found.length === 0) return nothing(facts);
  const carriedOut = await carryOut(found, view, context, signal);
  return { ...carriedOut, facts: [...facts, ...carriedOut.facts] };
}

interface NewBuild {
  readonly image: string;
  readonly tag: string;
  readonly requests: readonly ImageRequest[];
}

function isSameImage(mark: ImageMark, image: string): boolean {
  const pushed = imagePath(mark.image);
  return pushed !== undefined && pushed === imagePath(image);
}

async function newBuildsOf(
  image: string,
  view: ReleaseView,
  registry: ImageRegistry,
  { failed }: PushContext,
  signal: AbortSignal,
): Promise<readonly NewBuild[]> {
  const ref = parseImageRef(image);
  if (typeof ref === "string") return [];
  const tags = await registry.listTags(ref, signal);
  const failedTags = new Set(tags.filter((tag) => failed.has(`${image}:${tag}`)));
  const builds = listBuilds({ view, image, tags, running: new Map(), failed: failedTags, count: 0 });
  const byTag = Map.groupBy(updateRequests([builds]), ({ tag }) => tag);
  return [...byTag].map(([tag, requests]) => ({ image, tag, requests }));
}

async function carryOut(
  builds: readonly NewBuild[],
  view: ReleaseView,
  context: PushContext,
  signal: AbortSignal,
): Promise<PushOutcome> {
  const { newBuilds } = view.environment;
  if (newBuilds === "apply") {
    const ahead = builds.map(({ image, tag }) => ({ image, tag, since: context.now }));
    return { ahead, committed: false, facts: builds.map((build) => `${nameOf(build)} goes ahead of Git`) };
  }
  if (newBuilds === "wait") return waiting(builds, "policy.registry is wait");
  if (context.followed.kind !== "branch") return waiting(builds, "no Git branch is followed to commit to");
  return await commit(builds, context, context.followed.branch, signal);
}

async function commit(
  builds: readonly NewBuild[],
  { app }: PushContext,
  branch: string,
  signal: AbortSignal,
): Promise<PushOutcome> {
  const requests = builds.flatMap((build) => build.requests);
  let mistake: string | undefined;
  try {
    await using repository = await app.repository(signal);
    const result = await repository.commit(
      branch,
      (tree) => {
        const edited = setImages({ tree, inputs: { ...app.inputs, branch } }, requests, {
          allowDowngrade: false,
        });
        mistake = hasErrors(edited.diagnostics) ? edited.diagnostics[0]?.message : undefined;
        const { message, files } = edited.value ?? {};
        return message === undefined || files === undefined ? undefined : { message, files };
      },
      signal,
    );
    if (mistake !== undefined) return waiting(builds, mistake);
    const facts = builds.map((build) => `${nameOf(build)} committed to ${branch}`);
    return { ahead: [], committed: true, facts: result.isNew ? facts : [] };
  } catch (error) {
    const isDenied =
      isReconcilerError(error) && ["git-access-denied", "git-push-refused"].includes(error.code);
    if (!isDenied) throw error;
    return waiting(builds, `the repository takes no commit from here: ${error.message}`);
  }
}

function waiting(builds: readonly NewBuild[], why: string): PushOutcome {
  return nothing(builds.map((build) => `${nameOf(build)} waits for its commit: ${why}`));
}

function nothing(facts: readonly string[]): PushOutcome {
  return { ahead: [], committed: false, facts };
}

const nameOf = ({ image, tag }: NewBuild) => `${image}:${tag}`;
