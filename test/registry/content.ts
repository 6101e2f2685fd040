/** Puts images into a real registry over its API, without an Engine. */
import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";

/** A registry that may be written to. */
export interface Target {
  /** `http://127.0.0.1:5000` */
  readonly origin: string;
  readonly authorization?: string;
  /** PEM of the certificate that it shows. */
  readonly authority?: string;
}

export const ociTypes = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
} as const;

export const dockerTypes = {
  index: "application/vnd.docker.distribution.manifest.list.v2+json",
  manifest: "application/vnd.docker.distribution.manifest.v2+json",
  config: "application/vnd.docker.container.image.v1+json",
  layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

type Types = typeof ociTypes | typeof dockerTypes;

export interface ImageContent {
  readonly platform?: string;
  readonly created?: string;
  readonly labels?: Readonly<Record<string, unknown>>;
}

export function digestOf(bytes: Buffer | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** An empty tar is two blocks of zeros. */
const emptyTar = Buffer.alloc(1024);
const emptyLayer = gzipSync(emptyTar);

function configOf({ platform = "linux/amd64", created, labels }: ImageContent): string {
  const [os, architecture, variant] = platform.split("/");
  return JSON.stringify({
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(created === undefined ? {} : { created }),
    config: labels === undefined ? {} : { Labels: labels },
    rootfs: { type: "layers", diff_ids: [digestOf(emptyTar)] },
  });
}

/** Pushes an image of one empty layer, under one tag, several or none, and answers its digest. */
export async function pushContent(
  target: Target,
  repository: string,
  tag: string | readonly string[] | undefined,
  content: ImageContent = {},
  types: Types = ociTypes,
): Promise<string> {
  const config = configOf(content);
  await pushBlob(target, repository, Buffer.from(config));
  await pushBlob(target, repository, emptyLayer);
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: types.layer, digest: digestOf(emptyLayer), size: emptyLayer.length }],
  };
  for (const name of [tag].flat()) await pushManifest(target, repository, name, types.manifest, manifest);
  return digestOf(JSON.stringify(manifest));
}

/** Pushes one image for each platform and an index of them; answers the index's digest. */
export async function pushIndex(
  target: Target,
  repository: string,
  tag: string,
  contents: readonly ImageContent[],
  types: Types = ociTypes,
): Promise<string> {
  const manifests: object[] = [];
  for (const content of contents) {
    const [os, architecture, variant] = (content.platform ?? "linux/amd64").split("/");
    const digest = await pushContent(target, repository, undefined, content, types);
    const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
    manifests.push({ mediaType: types.manifest, digest, size: 1, platform });
  }
  const body = { schemaVersion: 2, mediaType: types.index, manifests };
  return await pushManifest(target, repository, tag, types.index, body);
}

export async function pushManifest(
  target: Target,
  repository: string,
  tag: string | undefined,
  type: string,
  manifest: object,
): Promise<string> {
  const body = JSON.stringify(manifest);
  const digest = digestOf(body);
  await call(target, "PUT", `/v2/${repository}/manifests/${tag ?? digest}`, { "content-type": type }, body);
  return digest;
}

async function pushBlob(target: Target, repository: string, bytes: Buffer): Promise<void> {
  const location = await call(target, "POST", `/v2/${repository}/blobs/uploads/`, {});
  const upload = new URL(location ?? "", target.origin);
  upload.searchParams.set("digest", digestOf(bytes));
  await call(
    target,
    "PUT",
    upload.pathname + upload.search,
    { "content-type": "application/octet-stream" },
    bytes,
  );
}

/** Answers the `Location` of a good answer. */
async function call(
  { origin, authorization, authority }: Target,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer | string = "",
): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const url = new URL(path, origin);
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const sent = send(url, {
    method,
    headers: {
      ...headers,
      "content-length": Buffer.byteLength(body),
      ...(authorization === undefined ? {} : { authorization }),
    },
    ...(authority === undefined ? {} : { ca: authority }),
  });
  sent.on("error", reject);
  sent.on("response", (response) => {
    const { statusCode = 0, headers: answered } = response;
    text(response).then((words) => {
      if (statusCode < 300) resolve(answered.location);
      else reject(new Error(`${method} ${url.pathname}: ${statusCode} ${words}`));
    }, reject);
  });
  sent.end(body);
  return await promise;
}
