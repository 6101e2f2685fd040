/** Manifests and image configurations as registries give them (OCI image specification; Docker's schema 2). Pure. */
import { fits, isObject, listOf, object, optional, type Read, text, time } from "../lib/shape.ts";
import type { ImageFacts } from "../model/image-facts.ts";
import { isDigest } from "./digest.ts";
import { parseJson } from "./json.ts";
import type { Platform } from "./platform.ts";

export interface IndexEntry {
  readonly digest: string;
  /** Absent where the entry is no image: an attestation, a signature. */
  readonly platform?: Platform;
}

export type Manifest =
  | { readonly kind: "index"; readonly entries: readonly IndexEntry[] }
  /** `configDigest` is absent for an artifact that is no image. */
  | { readonly kind: "image"; readonly configDigest?: string };

const indexTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const imageTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];
const configTypes = [
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.container.image.v1+json",
];

/** Every kind of manifest that `parseManifest` reads; without it a registry may answer with something older. */
export const acceptManifests = [...indexTypes, ...imageTypes].join(", ");

const platformShape: Read<Platform> = object<Platform>({
  os: text,
  architecture: text,
  variant: optional<string>(text),
});
const descriptorShape = object<{ digest: string; mediaType?: string; platform?: unknown }>({
  digest: text,
  mediaType: optional<string>(text),
  platform: optional<unknown>((value) => value),
});

/**
 * Reads a manifest.
 *
 * @param contentType the answer's media type, for manifests that do not carry their own
 * @returns the manifest, or what is wrong with it
 */
export function parseManifest(bytes: Buffer, contentType: string | undefined): Manifest | string {
  const value = parseJson(bytes);
  if (!isObject(value)) return "the manifest is not a JSON object";
  const declared = value["mediaType"] ?? contentType?.split(";")[0]?.trim();
  // Read by one client as an index and by another as an image, such a document could show each of them another one.
  if ("manifests" in value && ("config" in value || "layers" in value))
    return "the manifest is an index and an image at once";
  if (indexTypes.includes(String(declared))) return parseIndex(value["manifests"]);
  if (imageTypes.includes(String(declared))) return parseImage(value["config"]);
  return "the manifest is of a kind that is not supported (an old schema 1?)";
}

function parseIndex(value: unknown): Manifest | string {
  const entries = listOf(descriptorShape)(value);
  if (!fits(entries) || !entries.every(({ digest }) => isDigest(digest)))
    return "the index has entries without a digest";
  return {
    kind: "index",
    entries: entries.map(({ digest, platform: declared }) => {
      const platform = platformShape(declared);
      const isImage = fits(platform) && isPlatform(platform);
      return { digest, ...(isImage ? { platform } : {}) };
    }),
  };
}

function parseImage(value: unknown): Manifest | string {
  const config = descriptorShape(value);
  if (!fits(config) || !isDigest(config.digest)) return "the manifest names no configuration";
  const isImage = configTypes.includes(config.mediaType ?? "");
  return { kind: "image", ...(isImage ? { configDigest: config.digest } : {}) };
}

/** What a configuration tells: a part of `ImageFacts`, and the one platform of its image. */
export interface ConfigFacts {
  readonly facts: Pick<ImageFacts, "created" | "revision" | "source" | "version">;
  readonly platform?: Platform;
}

/** Reads an image's configuration, or says what is wrong with it. */
export function parseConfig(bytes: Buffer): ConfigFacts | string {
  const value = parseJson(bytes);
  if (!isObject(value)) return "the image's configuration is not a JSON object";
  const platform = platformShape(value);
  const config = isObject(value["config"]) ? value["config"] : {};
  const labels = isObject(config["Labels"]) ? config["Labels"] : {};
  const facts = {
    created: readTime(value["created"]),
    revision: readLabel(labels, "org.opencontainers.image.revision"),
    source: readLabel(labels, "org.opencontainers.image.source"),
    version: readLabel(labels, "org.opencontainers.image.version"),
  };
  const told = Object.entries(facts).filter(([, fact]) => fact !== undefined);
  return {
    facts: Object.fromEntries(told),
    ...(fits(platform) && isPlatform(platform) ? { platform } : {}),
  };
}

/** BuildKit hangs attestations into an index under the platform `unknown/unknown`. */
function isPlatform({ os, architecture, variant = "" }: Platform): boolean {
  const isName = (name: string) => /^[A-Za-z0-9._-]{1,32}$/.test(name) && name !== "unknown";
  return isName(os) && isName(architecture) && (variant === "" || isName(variant));
}

/** The zero time of Go stands for "not told". */
function readTime(value: unknown): string | undefined {
  const created = time(value);
  if (!fits(created) || created.startsWith("0001-")) return undefined;
  return new Date(created).toISOString();
}

/** Longest label that is passed on, in UTF-16 units: a longer one is no revision, address or version. */
const maximumLabel = 1024;

/** A label that fits on one line of a terminal; anything else counts as not set. */
function readLabel(labels: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
  if (typeof value !== "string" || value === "" || value.length > maximumLabel) return undefined;
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value) ? undefined : value;
}
