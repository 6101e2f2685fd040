import { alignColumns, type Paint } from "../lib/paint.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { isOwnImage } from "../model/image-policy.ts";
import { familiarName, parseImageRef } from "../model/image-ref.ts";
import { type Revision, shortRevision } from "../model/revision.ts";
import { type TagForm, tagForm } from "./tag-form.ts";

/** Which version of everything an environment runs at one revision. */
export interface Composition {
  readonly project: string;
  readonly environment: string;
  readonly revision: Pick<Revision, "id" | "branch">;
  /** Sorted by key. */
  readonly components: readonly Component[];
}

/** One workload and the image it runs. */
export interface Component {
  /** Key of the workload: `web`, `shop/api`. */
  readonly key: string;
  /** Familiar name of the image without tag: `myrepo/web`. */
  readonly image: string;
  readonly tag?: string;
  /** `sha256:…` */
  readonly digest?: string;
  readonly form: TagForm["form"];
  /** Number and branch of a build of one's own. */
  readonly build?: number;
  readonly branch?: string;
}

export interface CompositionOptions {
  /** Digests by the reference that a workload runs, for those that are not pinned already. */
  readonly digests?: ReadonlyMap<string, string>;
  /** Patterns of own images (`images.own`): only their tags are numbers of builds. */
  readonly own: readonly string[];
}

/** The composition that a desired state stands for. Pure. */
export function compositionOf(desired: DesiredState, options: CompositionOptions): Composition {
  const { environment, revision, workloads } = desired;
  const { id, branch } = revision;
  const components = workloads.map(({ key, container }) => componentOf(key, container.image, options));
  return {
    project: environment.project,
    environment: environment.name,
    revision: { id, ...(branch === undefined ? {} : { branch }) },
    components: components.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)),
  };
}

function componentOf(key: string, reference: string, { digests, own }: CompositionOptions): Component {
  const ref = parseImageRef(reference);
  // The compiler lets no other references through.
  if (typeof ref === "string") return { key, image: reference, form: "other" };
  const image = familiarName(ref);
  const digest = ref.digest ?? digests?.get(reference);
  return {
    key,
    image,
    ...(ref.tag === undefined ? {} : { tag: ref.tag }),
    ...(digest === undefined ? {} : { digest }),
    ...tagForm(ref.tag, isOwnImage(image, own)),
  };
}

/** What runs of a component, without the image's name: `58-develop`, `58-develop@sha256:0123456789ab`. */
export function versionText({ tag, digest }: Pick<Component, "tag" | "digest">): string {
  const short = digest?.replace(/^([^:]+:[0-9a-fA-F]{12})[0-9a-fA-F]+$/, "$1");
  return `${tag ?? ""}${short === undefined ? "" : `@${short}`}` || "latest";
}

/** With the image's name: `myrepo/web:58-develop`, `postgres@sha256:0123456789ab`. */
export function componentText(component: Pick<Component, "image" | "tag" | "digest">): string {
  const isDigestAlone = component.tag === undefined && component.digest !== undefined;
  return `${component.image}${isDigestAlone ? "" : ":"}${versionText(component)}`;
}

/** A table for people, one line a component. */
export function formatComposition(composition: Composition, paint: Paint): string {
  const { environment, revision, components } = composition;
  const title = `${paint("bold", environment)} @ ${shortRevision(revision)}, ${countOf(components.length)}`;
  const rows = components.map((component) => [
    `  ${paint("bold", component.key)}`,
    component.image,
    versionText(component),
    paint("dim", component.form === "build" ? `build ${component.build} of ${component.branch}` : ""),
  ]);
  return `${[title, "", ...alignColumns(rows)].join("\n")}\n`;
}

function countOf(count: number): string {
  return `${count} component${count === 1 ? "" : "s"}`;
}
