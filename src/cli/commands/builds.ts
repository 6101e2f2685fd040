import { Semaphore } from "../../lib/semaphore.ts";
import { type ExitCode, exitCodes, ReconcilerError } from "../../model/errors.ts";
import { sourcesOf } from "../../model/finding-sources.ts";
import { familiarName, parseImageRef } from "../../model/image-ref.ts";
import type { ImageRegistry } from "../../ports.ts";
import { targetOf } from "../../reconcile/target.ts";
import type { ImageSite } from "../../release/image-site.ts";
import { type ImageBuilds, imagesOf, listBuilds, updateRequests } from "../../release/list-builds.ts";
import { type ReleaseView, readRelease } from "../../release/release-view.ts";
import { formatBuilds } from "../builds-text.ts";
import { reportMistakes, runSignal, withEngine } from "../prepare.ts";
import { withRepository } from "../repository.ts";
import type { App, Runtime } from "../runtime.ts";
import { commitTags, type SetImageFlags } from "./set-image.ts";

export interface BuildsFlags extends SetImageFlags {
  readonly last: number;
  /** Commits the newest allowed builds. */
  readonly update: boolean;
  /** Asks the Engine which builds failed there. */
  readonly skipFailed: boolean;
}

/** Requests to registries at a time. */
const width = 6;

/** `builds`: what the registries have, what runs where, and what the policies would choose. */
export async function buildsCommand(
  names: readonly string[],
  flags: BuildsFlags,
  runtime: Runtime,
): Promise<ExitCode> {
  const app = await runtime.createApp(flags);
  const signal = runSignal(flags, runtime);
  const revision = await app.source.resolveRevision(signal);
  const tree = await app.source.readTree(revision, signal);
  const inputs = { ...app.inputs, branch: app.inputs.branch ?? revision.branch };
  const view = readRelease({ tree, inputs });
  if (!("sites" in view))
    return reportMistakes({ diagnostics: view, sources: sourcesOf(tree, view) }, flags, runtime);
  refuseUnknown(names, view);
  const failed = flags.skipFailed ? await failedImages(app, view, signal) : new Set<string>();
  const running = await runningTags(view, flags, runtime, signal);
  const registry = await app.registry(signal);
  const slots = new Semaphore(width);
  const images = imagesOf(view, names);
  const all = await Promise.all(
    images.map(async (image) => {
      const tags = await slots.run(() => registry.listTags(refOf(image), signal));
      const failedTags = new Set(tags.filter((tag) => failed.has(`${image}:${tag}`)));
      const builds = listBuilds({ view, image, tags, running, failed: failedTags, count: flags.last });
      return await withFacts(builds, registry, slots, signal);
    }),
  );
  if (flags.update) return await update(all, flags, runtime);
  if (flags.json)
    runtime.stdout(`${JSON.stringify({ version: 1, environment: view.environment.name, images: all })}\n`);
  else runtime.stdout(formatBuilds(all, app.clock.now(), runtime.paint));
  return exitCodes.converged;
}

/** A name that stands for nothing would have no effect beside others that do. */
function refuseUnknown(names: readonly string[], view: ReleaseView): void {
  const unknown = names.filter((name) => imagesOf(view, [name]).length === 0).map((name) => `"${name}"`);
  if (unknown.length === 0) return;
  throw new ReconcilerError("usage", `builds: no workload and no image is called ${unknown.join(" or ")}`, {
    hint: `there are: ${imagesOf(view, []).join(", ") || "none"}`,
  });
}

function refOf(image: string) {
  const ref = parseImageRef(image);
  if (typeof ref === "string") throw new ReconcilerError("internal", `image "${image}": ${ref}`);
  return ref;
}

async function withFacts(
  builds: ImageBuilds,
  registry: ImageRegistry,
  slots: Semaphore,
  signal: AbortSignal,
): Promise<ImageBuilds> {
  const listed = await Promise.all(
    builds.listed.map(async (build) => {
      const ref = { ...refOf(builds.image), tag: build.tag };
      const facts = await slots.run(() => registry.describe(ref, signal));
      return facts === undefined ? build : { ...build, facts };
    }),
  );
  return { ...builds, listed };
}

/** References that the ledger of the environment's Engine says have failed. */
async function failedImages(app: App, view: ReleaseView, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const { project, name } = view.environment;
  return withEngine(app, signal, async (backend) => {
    const store = backend.stateStore(app.clock, targetOf(view.environment, backend.swarmRole()));
    const { ledger } = await store.read({ project, environment: name }, signal);
    const names = ledger.failures.flatMap(({ image }) => {
      const ref = parseImageRef(image);
      return typeof ref === "string" || ref.tag === undefined ? [] : [`${familiarName(ref)}:${ref.tag}`];
    });
    return new Set(names);
  });
}

/** What the environments of the repository run, each read from its own branch; alone the own one without a repository. */
async function runningTags(
  view: ReleaseView,
  flags: BuildsFlags,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly ImageSite[]>> {
  const own: [string, readonly ImageSite[]] = [view.environment.name, view.sites];
  if (flags.repo === undefined) return new Map([own]);
  const others = view.settings.environments.filter(({ name }) => name !== view.environment.name);
  return withRepository(flags, runtime, signal, async ({ repository, inputs }) => {
    const found: [string, readonly ImageSite[]][] = [];
    for (const { name, branch = name } of others) {
      const sites = await sitesOf(branch).catch((error: unknown) => {
        // An environment may be declared before its branch exists.
        if (error instanceof ReconcilerError && error.code === "unknown-revision") return [];
        throw error;
      });
      found.push([name, sites]);
    }
    return new Map([own, ...found]);

    async function sitesOf(branch: string): Promise<readonly ImageSite[]> {
      const revision = await repository.resolve(branch, signal);
      const tree = await repository.readTree(revision, signal);
      const { environment: _own, ...others } = inputs;
      const other = readRelease({ tree, inputs: { ...others, branch } });
      return "sites" in other ? other.sites : [];
    }
  });
}

/** One commit with the newest allowed build of every place that the policy moves. */
async function update(all: readonly ImageBuilds[], flags: BuildsFlags, runtime: Runtime): Promise<ExitCode> {
  const requests = updateRequests(all);
  for (const { image, places } of all)
    for (const { label, choice } of places)
      for (const { tag, reason } of choice.skipped)
        runtime.stderr(`${label}: ${image}:${tag} is skipped: ${reason}\n`);
  if (requests.length > 0) return await commitTags(requests, flags, runtime);
  runtime.stdout(
    flags.json
      ? `${JSON.stringify({ version: 1, pushed: false, changes: [] })}\n`
      : "Nothing to do: every image is at its newest allowed build.\n",
  );
  return exitCodes.converged;
}
