import { listIncludes, listStackFiles } from "../compose/list-includes.ts";
import { compileDesiredState } from "../desired/compile-desired-state.ts";
import { compileContext } from "../desired/compile-manifests.ts";
import { classifyManifests, type ManifestJob } from "../desired/manifest-files.ts";
import { renderConfiguration } from "../desired/render-configuration.ts";
import type { RunInputs } from "../desired/run-inputs.ts";
import type { Settings } from "../desired/settings-file.ts";
import type { StackJob } from "../desired/stack-files.ts";
import { newSubstituter } from "../desired/substitute.ts";
import { type Diagnostic, hasErrors } from "../lib/diagnostic.ts";
import type { CompileContext } from "../model/compile.ts";
import type { Environment } from "../model/environment.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import type { RenderedTree } from "../render/render-tree.ts";
import { findDefaultInstance } from "../unit/read-unit.ts";
import { findComposeImages, type ManifestImages } from "./compose-images.ts";
import { FileTexts, textOf } from "./file-texts.ts";
import type { ImageSite } from "./image-site.ts";
import { mergeInstances, toSite } from "./site-mapping.ts";
import { findUnitImages } from "./unit-images.ts";

/**
 * A configuration repository that CI is about to change, with what chooses its environment and its values.
 */
export interface ReleaseTarget {
  readonly tree: ManifestTree;
  /** `branch` is the branch of the repository that the change goes to. */
  readonly inputs: RunInputs;
}

/** What can be said about the images of a repository, as the target's environment reads it. */
export interface ReleaseView {
  readonly settings: Settings;
  readonly environment: Environment;
  /** Own images, exceptions and branch of the environment. */
  readonly images: CompileContext["images"];
  readonly rendered: RenderedTree;
  /** Sorted by manifest, then by place. */
  readonly sites: readonly ImageSite[];
  /** Why sites may be missing; they matter only to those who look for one. */
  readonly diagnostics: readonly Diagnostic[];
  /** Never to be shown. */
  readonly secretValues: readonly string[];
}

/** `%H` has no meaning where no Engine is. */
export const hostName = "localhost";

/**
 * Renders the repository for its environment and finds every image of its units and stacks.
 *
 * @returns errors instead when the settings cannot be read or no environment can be chosen
 */
export function readRelease({ tree, inputs }: ReleaseTarget): ReleaseView | readonly Diagnostic[] {
  const { settings, environment, images, values, rendered, diagnostics } = renderConfiguration(
    tree,
    inputs,
    true,
  );
  if (!settings || !environment || !images) return diagnostics.filter(({ severity }) => severity === "error");
  const owner = { project: environment.project, environment: environment.name };
  const substituter =
    values && newSubstituter(settings.substitutions, values.templateValues, values.secretValues);
  const table = substituter === undefined ? {} : { substituter };
  const setting = { settings, owner, images, variables: values?.variables, hostName, ...table };
  const context = compileContext(rendered.tree, setting);
  const trees = {
    written: new FileTexts(tree),
    rendered: new FileTexts(rendered.tree),
    mapPosition: rendered.mapPosition,
  };
  const { jobs } = classifyManifests(
    rendered.tree.keys(),
    settings.instances,
    (path) => findDefaultInstance(path, rendered.tree),
    (path) => listIncludes(path, rendered.tree, context.variables),
  );
  const found = jobs.map((job) => ({ path: job.path, ...findImages(job, context) }));
  const sites = found.flatMap(({ path, images }) =>
    images.map((image) => toSite(image, image.file ?? path, trees)),
  );
  const others = found.flatMap(({ diagnostics: mistakes }) => mistakes.filter((item) => hasErrors([item])));
  return {
    settings,
    environment,
    images: context.images,
    rendered,
    sites: mergeInstances(sites),
    diagnostics: [
      ...diagnostics.filter((item) => hasErrors([item])),
      ...others.map((item) => ({ ...item, position: rendered.mapPosition(item.position) })),
    ],
    secretValues: values?.secretValues ?? [],
  };
}

function findImages(job: ManifestJob, context: CompileContext): ManifestImages {
  const { path } = job;
  const text = textOf(context.tree, path);
  if (job.kind === "timer") return { images: [], diagnostics: [] };
  if (job.kind === "compose") return findStackImages(job, context);
  return findUnitImages({ path, text, instance: job.instance }, context);
}

/** Of several files that name the image of a service, the one counts that is laid over the others. */
function findStackImages({ path, overrides, stack }: StackJob, context: CompileContext): ManifestImages {
  const { tree, variables } = context;
  const found = listStackFiles([...overrides.toReversed(), path], tree, variables).map((file) => {
    const images = findComposeImages({ path: file, text: textOf(tree, file), stack, variables });
    return file === path ? images : { ...images, images: images.images.map((image) => ({ ...image, file })) };
  });
  const byKey = new Map(
    found.flatMap(({ images }) => images.map((image) => [image.key, image] as const)).reverse(),
  );
  return {
    images: [...byKey.values()].reverse(),
    diagnostics: found.flatMap(({ diagnostics }) => diagnostics),
  };
}

/** The tree with other or further files. */
export function withFiles(tree: ManifestTree, files: ReadonlyMap<string, Uint8Array>): ManifestTree {
  const changed = [...files].map(([path, content]) => {
    return [path, { path, content, executable: tree.get(path)?.executable ?? false }] as const;
  });
  return new Map([...tree, ...changed]);
}

/** All that is wrong with a configuration, and its warnings; secrets need not be given. */
export function compileTarget({ tree, inputs }: ReleaseTarget): readonly Diagnostic[] {
  const options = { allowMissingSecrets: true, hostName };
  return compileDesiredState(tree, { id: "submitted" }, inputs, options).diagnostics;
}
