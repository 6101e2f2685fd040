import { compileDesiredState } from "../desired/compile-desired-state.ts";
import type { RunInputs } from "../desired/run-inputs.ts";
import { type Diagnostic, hasErrors } from "../lib/diagnostic.ts";
import { Semaphore } from "../lib/semaphore.ts";
import { bakedLabel, type LocalImage } from "../model/baked-image.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { ReconcilerError } from "../model/errors.ts";
import { sourcesOf } from "../model/finding-sources.ts";
import {
  formatLockFile,
  type ImageLock,
  type LockFile,
  lockFileName,
  parseLockFile,
} from "../model/image-lock.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import type { Progress } from "../model/run-event.ts";
import type { ConfigSource, ImageStore } from "../ports.ts";
import { bake, unlockedImages } from "./bake.ts";
import { findCredentials } from "./find-credentials.ts";
import { hostName } from "./release-view.ts";

export interface BakeDeps {
  readonly source: ConfigSource;
  readonly store: ImageStore;
  /** The digest that a reference names in its registry now; `undefined`: the registry does not know it. */
  readonly resolveDigest: (reference: string, signal: AbortSignal) => Promise<string | undefined>;
  readonly report: (progress: Progress) => void;
}

export interface BakeOptions {
  readonly inputs: RunInputs;
  /** Without tag: `mysysconfig`, `registry.example.com/ops/mysysconfig`. */
  readonly name: string;
  /** The image of the tool. */
  readonly base: string;
  readonly buildNumber?: number;
  readonly push: boolean;
  /** Lock the images that the Engine has, by id, and ask no registry. */
  readonly isLocal: boolean;
  /** How a branch is written in a tag. */
  readonly branchTag: (branch: string) => string;
}

export type BakeResult =
  | {
      readonly kind: "invalid";
      readonly diagnostics: readonly Diagnostic[];
      readonly sources: ReadonlyMap<string, string>;
    }
  | {
      /** `unchanged`: the image of exactly this system is there already. */
      readonly kind: "baked" | "unchanged";
      readonly desired: DesiredState;
      readonly image: LocalImage;
      readonly tags: readonly string[];
      readonly lock: LockFile;
      readonly isPushed: boolean;
    };

/** Registries asked at a time. */
const width = 8;

/**
 * Makes the image of a whole system: compiles the configuration, locks every image, builds, and pushes if asked. The
 * secrets of the run play no part: nothing of them can get into the image.
 */
export async function bakeImage(
  deps: BakeDeps,
  options: BakeOptions,
  signal: AbortSignal,
): Promise<BakeResult> {
  const { source, store, report } = deps;
  const revision = await source.resolveRevision(signal);
  const written = await source.readTree(revision, signal);
  const inputs = { ...options.inputs, secrets: new Map<string, string>() };
  const compiled = compileDesiredState(written, revision, inputs, {
    allowMissingSecrets: true,
    hostName,
  });
  const { value: desired, rendered, secretReaders } = compiled;
  const values = bakedValues(written, options.inputs);
  const credentials = findCredentials(withValues(written, values), compiled.allowedCredentials);
  const diagnostics = [...compiled.diagnostics, ...credentials];
  if (desired === undefined || hasErrors(diagnostics))
    return { kind: "invalid", diagnostics, sources: sourcesOf(written, diagnostics) };
  if (desired.workloads.length === 0)
    throw new ReconcilerError(
      "configuration-unreadable",
      "there is nothing to bake: no workload is declared",
      {
        hint: "put one file for each thing that should run into units/",
      },
    );
  const lock = await lockImages(desired, values, deps, options, signal);
  const branch = desired.environment.branch ?? revision.branch ?? desired.environment.name;
  const buildTag =
    options.buildNumber === undefined ? undefined : `${options.buildNumber}-${options.branchTag(branch)}`;
  const tags = [options.branchTag(branch), ...(buildTag === undefined ? [] : [buildTag])].map(
    (tag) => `${options.name}:${tag}`,
  );
  const base = { reference: options.base, id: (await findBase(options.base, deps, signal)).id };
  const { context, identity } = bake({
    ...{ written, rendered, secretReaders, lock, base, tags },
    revision: { ...revision, branch },
    ...(buildTag === undefined ? {} : { buildTag }),
  });
  const [first = ""] = tags;
  const before = await store.inspect(first, signal);
  const isSame = before?.labels[bakedLabel] === identity;
  if (isSame) for (const tag of tags.slice(1)) await store.tag(first, tag, signal);
  else await store.build(context, report, signal);
  if (options.push) for (const tag of tags) await store.push(tag, report, signal);
  const image = await store.inspect(first, signal);
  if (image === undefined)
    throw new ReconcilerError("build-failed", `build image "${first}": it is not there`);
  const kind = isSame ? "unchanged" : "baked";
  return { kind, desired, image, tags, lock, isPushed: options.push };
}

async function findBase(
  reference: string,
  { store, report }: BakeDeps,
  signal: AbortSignal,
): Promise<LocalImage> {
  const local = await store.inspect(reference, signal);
  if (local !== undefined) return local;
  await store.pull(reference, report, signal);
  const pulled = await store.inspect(reference, signal);
  if (pulled !== undefined) return pulled;
  throw new ReconcilerError("build-failed", `the base image "${reference}" is not on the Engine`);
}

/** Values that come with the run, and those of the run that baked what is baked again; as one wins over another. */
function bakedValues(
  written: ManifestTree,
  { variables, mountedValues }: RunInputs,
): ReadonlyMap<string, string> {
  const baked = parseLockFile(new TextDecoder().decode(written.get(lockFileName)?.content));
  const before = typeof baked === "string" ? [] : baked.values;
  return new Map([...before, ...variables, ...mountedValues]);
}

/** They are written into the image as they are, so that they are looked at as its files are. */
function withValues(written: ManifestTree, values: ReadonlyMap<string, string>): ManifestTree {
  const text = formatLockFile({ environment: "", images: new Map(), values });
  const file = { path: lockFileName, content: new TextEncoder().encode(text), executable: false };
  return new Map([...written, [lockFileName, file]]);
}

/** Which image each reference stands for now. What was given to this run as a value belongs to the system, too. */
async function lockImages(
  desired: DesiredState,
  values: ReadonlyMap<string, string>,
  deps: BakeDeps,
  options: BakeOptions,
  signal: AbortSignal,
): Promise<LockFile> {
  const slots = new Semaphore(width);
  const locks = unlockedImages(desired).map((reference) =>
    slots.run(async () => [reference, await lockImage(reference, deps, options.isLocal, signal)] as const),
  );
  return { environment: desired.environment.name, images: new Map(await Promise.all(locks)), values };
}

async function lockImage(
  reference: string,
  { store, resolveDigest, report }: BakeDeps,
  isLocal: boolean,
  signal: AbortSignal,
): Promise<ImageLock> {
  const digest = isLocal ? undefined : await resolveDigest(reference, signal);
  report({ text: `locking ${reference}` });
  if (digest !== undefined) return { kind: "digest", value: digest };
  const local = await store.inspect(reference, signal);
  if (local !== undefined) return { kind: "id", value: local.id };
  const where = isLocal ? "on this Engine" : "in its registry, nor on this Engine";
  const message = `lock image "${reference}": it is ${isLocal ? "not" : "neither"} ${where}`;
  throw new ReconcilerError("image-unknown", message, {
    hint: "has the build been pushed? is the tag right?",
  });
}
