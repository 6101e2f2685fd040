import type { Diagnostic, Position } from "../lib/diagnostic.ts";
import type { DiagnosticCode } from "../lib/diagnostic-codes.ts";
import type { TextRange } from "../lib/text-places.ts";
import { familiarName, parseImageRef } from "../model/image-ref.ts";

/** What stands behind the name in an image reference, `:58-develop@sha256:…`; the part that is edited. */
export interface ImageTail {
  readonly tag?: string;
  readonly digest?: string;
}

/** An image as one manifest names it, before it is known in which file of the repository that is written. */
export interface ManifestImage {
  /** The drop-in, or the further file of a stack, that names it instead of the manifest itself. */
  readonly file?: string;
  /** Key of the workload that runs it. */
  readonly key: string;
  /** What people call the place: `myservice`, `worker` for all instances, `shop/api`. */
  readonly label: string;
  /** The image as Docker is told it. */
  readonly reference: string;
  /** The image in the text of the manifest. */
  readonly range: TextRange;
  readonly places: readonly ImagePlace[];
  /** Why the tag cannot be edited here. */
  readonly obstacle?: Obstacle;
  /** Keys that lead to the image in a compose file. */
  readonly yamlPath?: readonly string[];
  /** Anchors around the image whose aliases would change with it. */
  readonly sharedAnchors: readonly string[];
}

/**
 * One place where the tail of an image is written: behind its name, empty when there is neither tag nor
 * digest.
 */
export type ImagePlace = TextRange;

export interface Obstacle {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint: string;
  /** The text to point at, inside the manifest; absent: the image. */
  readonly range?: TextRange;
}

/** An image at the place in the repository where its tag can be edited. */
export interface ImageSite {
  readonly image: ManifestImage;
  /** Keys of the workloads that run it; a template unit has one for each instance. */
  readonly keys: readonly string[];
  /**
   * Names of the image as people write them, without tag (`familiarName`); none when the reference is
   * mistaken.
   */
  readonly names: readonly string[];
  readonly tail: ImageTail;
  /** The file of the repository that carries the tag: the manifest, its template, or a partial. */
  readonly path: string;
  /** The image in that file. */
  readonly position: Position;
  /** Places in the text of that file, without byte order mark. */
  readonly places: readonly ImagePlace[];
  /** The manifest as rendered. */
  readonly manifestPath: string;
  /** Absent when the tag can be edited. */
  readonly obstacle?: Diagnostic;
}

/** Tag and digest of a reference, and its name where it is a reference at all. */
export function readReference(reference: string): { readonly name?: string; readonly tail: ImageTail } {
  const ref = parseImageRef(reference);
  if (typeof ref === "string") return { tail: {} };
  const { tag, digest } = ref;
  const tail = { ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
  return { name: familiarName(ref), tail };
}

export function formatTail({ tag, digest }: ImageTail): string {
  return `${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

export function variableObstacle(image: string): Obstacle {
  return {
    code: "variable-tag",
    message: `the tag of "${image}" comes from a variable, which is not edited`,
    hint: "write the tag itself here, or set the variable where it is declared",
  };
}

export function invalidObstacle(image: string): Obstacle {
  return {
    code: "invalid-image",
    message: `image "${image}" is not a valid reference`,
    hint: "write name:tag, for example myrepo/web:58-develop",
  };
}
