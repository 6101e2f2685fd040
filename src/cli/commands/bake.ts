import { formatBranchTag } from "../../model/build-tag.ts";
import { type ExitCode, exitCodes, ReconcilerError } from "../../model/errors.ts";
import { type ImageLock, lockText } from "../../model/image-lock.ts";
import { parseImageRef } from "../../model/image-ref.ts";
import { shortRevision } from "../../model/revision.ts";
import type { ConfigSource, ImageRegistry } from "../../ports.ts";
import { type BakeResult, bakeImage } from "../../release/bake-image.ts";
import { countOf } from "../output.ts";
import { reportMistakes, runSignal, withEngine } from "../prepare.ts";
import type { App, GlobalFlags, Runtime } from "../runtime.ts";

export interface BakeFlags extends GlobalFlags {
  /** Name of the image, without a tag. */
  readonly name: string;
  /** The tool's image; the one of this version by default. */
  readonly base?: string;
  readonly build?: number;
  readonly push: boolean;
  readonly local: boolean;
  /** Bakes the files of a clone as they are, committed or not. */
  readonly workingTree: boolean;
}

/** `bake`: the configuration, validated, rendered and with every image locked, as one image. */
export async function bakeCommand(flags: BakeFlags, runtime: Runtime): Promise<ExitCode> {
  const app = await runtime.createApp(flags);
  const signal = runSignal(flags, runtime);
  return withEngine(app, signal, async (backend) => {
    let registry: ImageRegistry | undefined;
    const deps = {
      source: (await committedSource(app, flags)) ?? app.source,
      store: backend.imageStore(),
      async resolveDigest(reference: string, asked: AbortSignal) {
        const ref = parseImageRef(reference);
        registry ??= await app.registry(asked);
        return typeof ref === "string" ? undefined : await registry.resolveDigest(ref, asked);
      },
      report: ({ text }: { readonly text: string }) => runtime.stderr(`${text}\n`),
    };
    const options = {
      inputs: app.inputs,
      name: flags.name,
      base: flags.base ?? `mysysconfig:${runtime.version}`,
      push: flags.push,
      isLocal: flags.local,
      branchTag,
      ...(flags.build === undefined ? {} : { buildNumber: flags.build }),
    };
    const result = await bakeImage(deps, options, signal);
    if (result.kind === "invalid") return reportMistakes(result, flags, runtime);
    runtime.stdout(flags.json ? `${JSON.stringify(toDocument(result))}\n` : toText(result, runtime));
    return exitCodes.converged;
  });
}

/** A clone is baked as it was committed: only that can be baked again. Its files as they are have no commit. */
async function committedSource(app: App, flags: BakeFlags): Promise<ConfigSource | undefined> {
  const isElsewhere = (flags.repo ?? flags.image) !== undefined;
  return isElsewhere || flags.workingTree ? undefined : await app.committed();
}

function branchTag(branch: string): string {
  const written = formatBranchTag(branch);
  if ("tag" in written) return written.tag;
  throw new ReconcilerError("usage", `bake: branch "${branch}" cannot be a tag: ${written.mistake}`, {
    hint: "give the branch another name",
  });
}

type Done = Exclude<BakeResult, { kind: "invalid" }>;

function toDocument({ kind, tags, image, lock, desired, isPushed }: Done) {
  return {
    version: 1,
    outcome: kind,
    environment: lock.environment,
    revision: desired.revision.id,
    tags,
    image: image.id,
    pushed: isPushed,
    images: Object.fromEntries(
      [...lock.images].map(([reference, { kind: by, value }]) => [reference, { [by]: value }]),
    ),
  };
}

function toText({ kind, tags, image, lock, desired, isPushed }: Done, { paint }: Runtime): string {
  const width = Math.max(0, ...[...lock.images.keys()].map((reference) => reference.length));
  const lines = [...lock.images].map(
    ([reference, found]) => `  ${reference.padEnd(width)}  ${lockText(found)}${noteOf(found)}`,
  );
  const what = `${countOf(desired.workloads.length, "workload")}, ${countOf(lock.images.size, "image")} locked`;
  const verdict = kind === "baked" ? "Baked" : "Unchanged";
  return [
    `${paint("bold", lock.environment)} @ ${shortRevision(desired.revision)}  →  ${tags.join(", ")}`,
    ...lines,
    `${verdict}: ${image.id.slice(0, "sha256:".length + 7)}, ${what}${isPushed ? ", pushed" : ""}.`,
    "",
  ].join("\n");
}

const noteOf = ({ kind }: ImageLock) =>
  kind === "id" ? "  (in no registry: only an Engine that has this image can run it)" : "";
