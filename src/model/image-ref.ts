/**
 * Image references as Docker reads them (distribution reference grammar): `[host[:port]/]path[:tag][@digest]`.
 */
export interface ImageRef {
  /** Registry host as written or `docker.io`. */
  readonly registry: string;
  /** Path inside the registry; official images carry their `library/`. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: string;
}

const pathPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
/** Characters of the longest tag. */
export const maxTagLength = 128;
export const tagPattern: RegExp = new RegExp(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,${maxTagLength - 1}}$`);
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const hostPattern = /^(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9]|\[[0-9a-fA-F:]+\])(?::[0-9]+)?$/;

/** Whether a text can be the tag of an image. */
export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/** Whether a text can be the digest of an image, `sha256:…`. */
export function isDigest(text: string): boolean {
  return digestPattern.test(text);
}

/** Parses a reference, or returns a sentence that says what is wrong with it. */
export function parseImageRef(text: string): ImageRef | string {
  let rest = text;
  let digest: string | undefined;
  const at = rest.indexOf("@");
  if (at >= 0) {
    digest = rest.slice(at + 1);
    rest = rest.slice(0, at);
    if (!isDigest(digest)) return `invalid digest "${digest}"`;
  }
  let tag: string | undefined;
  const colon = rest.lastIndexOf(":");
  if (colon > rest.lastIndexOf("/")) {
    tag = rest.slice(colon + 1);
    rest = rest.slice(0, colon);
    if (!isTag(tag)) return `invalid tag "${tag}"`;
  }
  const { registry, path } = splitRegistry(rest);
  if (!hostPattern.test(registry)) return `invalid registry "${registry}"`;
  if (!pathPattern.test(path)) {
    return /[A-Z]/.test(path)
      ? `repository name "${rest}" must be lowercase`
      : `invalid repository name "${rest}"`;
  }
  return {
    registry,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

function splitRegistry(name: string): { registry: string; path: string } {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const isHost = first !== "" && (/[.:]/.test(first) || first === "localhost" || /[A-Z]/.test(first));
  const registry = isHost ? first : "docker.io";
  const path = isHost ? name.slice(slash + 1) : name;
  if (registry === "docker.io" || registry === "index.docker.io") {
    return { registry: "docker.io", path: path.includes("/") ? path : `library/${path}` };
  }
  return { registry, path };
}

/** The name people write and the Engine lists: no `docker.io/library/`, no tag. */
export function familiarName(ref: ImageRef): string {
  if (ref.registry !== "docker.io") return `${ref.registry}/${ref.path}`;
  return ref.path.startsWith("library/") ? ref.path.slice("library/".length) : ref.path;
}

/** The reference people write; a missing tag becomes `latest` unless a digest pins the image. */
export function familiarReference(ref: ImageRef): string {
  const name = familiarName(ref);
  if (ref.digest !== undefined) return `${name}${ref.tag === undefined ? "" : `:${ref.tag}`}@${ref.digest}`;
  return `${name}:${ref.tag ?? "latest"}`;
}

/** `myrepo/web:58-develop` → `59-develop`: the repository need not be said twice. */
export function shortReference(before: string | undefined, after: string | undefined): string {
  if (before === undefined || after === undefined) return after ?? "none";
  const colon = before.lastIndexOf(":");
  const prefix = colon > before.lastIndexOf("/") ? before.slice(0, colon + 1) : "";
  return prefix !== "" && after.startsWith(prefix) && before.includes("/")
    ? after.slice(prefix.length)
    : after;
}
