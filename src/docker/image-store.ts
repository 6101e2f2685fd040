import type { Readable } from "node:stream";
import { findRegistryAuth } from "../credentials/registry-auth.ts";
import type { BuildContext, LocalImage } from "../model/baked-image.ts";
import { ReconcilerError } from "../model/errors.ts";
import { familiarName, parseImageRef } from "../model/image-ref.ts";
import type { ManifestFile } from "../model/manifest-tree.ts";
import { labelKeys } from "../model/ownership.ts";
import type { Progress } from "../model/run-event.ts";
import type { ImageStore } from "../ports.ts";
import { statusOf } from "./api-errors.ts";
import { apiPath, type EngineClient, unlessMissing } from "./engine-client.ts";
import { packFiles, unpackFiles } from "./files-archive.ts";
import { imagePath, tagImage } from "./image-reference.ts";
import { followPull, pullImage } from "./image-steps.ts";
import type { ImageInspect } from "./inspect-types.ts";
import { readNdjson } from "./ndjson.ts";
import type { StepSettings } from "./step-run.ts";

type Report = (progress: Progress) => void;

/** A build of a few small layers; what takes long is a busy Engine. */
const buildTimeoutMs = 10 * 60_000;
const slowCall = 3;
/** Marks the containers that exist to read an image. */
const readerContent = "source";
const leftoverSeconds = 3_600;
/** A configuration is small; what is larger is no configuration. */
const maxBytes = 64 * 1024 * 1024;

/** Images of one Engine: looked at, built, tagged, pushed and read without being run. */
export class EngineImageStore implements ImageStore {
  private readonly client: EngineClient;
  private readonly settings: StepSettings;

  constructor(client: EngineClient, settings: StepSettings) {
    this.client = client;
    this.settings = settings;
  }

  async inspect(reference: string, signal: AbortSignal): Promise<LocalImage | undefined> {
    const request = { what: `inspect image "${reference}"`, path: imagePath(reference) };
    const image = await unlessMissing(this.client.get<ImageInspect>(request, signal));
    return image === undefined ? undefined : toFacts(image, reference);
  }

  async pull(reference: string, report: Report, signal: AbortSignal): Promise<void> {
    const { client, settings } = this;
    await pullImage(reference, undefined, { client, settings, progress: report, signal });
  }

  /** The classic builder (Docker Engine API, "ImageBuild"): nothing but copying and labels is asked of it. */
  async build({ tags, files, buildArgs }: BuildContext, report: Report, signal: AbortSignal): Promise<void> {
    const what = `build image "${tags[0]}"`;
    const archive = await packFiles({ name: "context", files: [...files.values()].map(toDelivered) });
    const query = { t: tags[0], buildargs: JSON.stringify(buildArgs), rm: "1", forcerm: "1" };
    const request = { what, path: "/build", query, archive, timeoutMs: buildTimeoutMs };
    const stream = await this.client.stream("POST", request, signal);
    await readBuild(stream, what, report);
    for (const tag of tags.slice(1)) await this.tag(tags[0] ?? "", tag, signal);
  }

  async tag(from: string, reference: string, signal: AbortSignal): Promise<void> {
    await tagImage(this.client, from, reference, signal);
  }

  /** Docker Engine API, "ImagePush"; like a pull it answers 200 and tells a failure in the stream. */
  async push(reference: string, report: Report, signal: AbortSignal): Promise<void> {
    const ref = parseImageRef(reference);
    if (typeof ref === "string") throw new ReconcilerError("usage", `push "${reference}": ${ref}`);
    const what = `push "${reference}"`;
    const auth = await findRegistryAuth(reference, this.settings.registryConfigPath, signal);
    const path = apiPath`/images/${familiarName(ref)}/push`.replace(/%2F|%3A/g, decodeURIComponent);
    const request = { what, path, query: { tag: ref.tag ?? "latest" }, timeoutMs: buildTimeoutMs };
    // The Engine refuses a push without the header, also where nobody asks for credentials.
    const header = { auth: auth ?? { serveraddress: ref.registry } };
    try {
      const stream = await this.client.stream("POST", { ...request, ...header }, signal);
      await followPull(stream, ({ text, ...rest }) =>
        report({ ...rest, text: text.replace(/^pulling/, "pushing") }),
      );
    } catch (cause) {
      const because = cause instanceof Error ? cause.message.replace(`${what}: `, "") : String(cause);
      throw new ReconcilerError("push-failed", `${what}: ${because}`, { hint: pushHint, cause });
    }
  }

  /**
   * The files below a folder of an image, read through a container that is created for it, never started, and removed
   * (Docker Engine API, "ContainerArchive"). Links are left out: they mean nothing outside their image.
   */
  async readFiles(reference: string, folder: string, signal: AbortSignal): Promise<readonly ManifestFile[]> {
    const what = `read ${folder} of image "${reference}"`;
    const id = await this.createReader(reference, what, signal);
    try {
      const request = { what, path: apiPath`/containers/${id}/archive`, query: { path: folder } };
      return await collect(await this.client.stream("GET", request, signal), folder, what);
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      const message = `image "${reference}" has no configuration: there is no ${folder} in it`;
      const hint = "make it with mysysconfig bake, or FROM the tool's image";
      throw new ReconcilerError("configuration-unreadable", message, { hint, cause: error });
    } finally {
      await this.removeReader(id, what);
    }
  }

  private async createReader(reference: string, what: string, signal: AbortSignal): Promise<string> {
    await this.removeLeftovers(what, signal);
    const body = {
      Image: reference,
      // Never run: an image without a command of its own is refused otherwise.
      Cmd: ["-"],
      Labels: { [labelKeys.content]: readerContent },
      NetworkDisabled: true,
      HostConfig: { NetworkMode: "none" },
    };
    const request = { what, path: "/containers/create", body, patience: slowCall };
    return (await this.client.post<{ Id: string }>(request, signal)).Id;
  }

  /** A run that was killed leaves its container; a living one needs it for seconds. */
  private async removeLeftovers(what: string, signal: AbortSignal): Promise<void> {
    const filters = JSON.stringify({ label: [`${labelKeys.content}=${readerContent}`] });
    const request = { what, path: "/containers/json", query: { all: "true", filters } };
    const readers = await this.client.get<{ Id: string; Created: number }[]>(request, signal);
    const newest = Math.max(...readers.map(({ Created }) => Created));
    const isOld = ({ Created }: { Created: number }) => newest - Created > leftoverSeconds;
    for (const { Id } of readers.filter(isOld)) await this.removeReader(Id, what);
  }

  /** Also after the run was told to end: the container is ours to take away. */
  private async removeReader(id: string, what: string): Promise<void> {
    const request = { what, path: apiPath`/containers/${id}`, query: { force: "true", v: "true" } };
    await unlessMissing(this.client.delete(request, new AbortController().signal));
  }
}

const pushHint =
  "does the registry exist, and do the credentials (docker login, DOCKER_CONFIG) allow a push?";

function toFacts(image: ImageInspect, reference: string): LocalImage {
  const ref = parseImageRef(reference);
  const name = typeof ref === "string" ? "" : familiarName(ref);
  const digest = (image.RepoDigests ?? []).find((one) => one.startsWith(`${name}@`))?.slice(name.length + 1);
  const variables = (image.Config?.Env ?? []).map((entry) => {
    const equals = entry.indexOf("=");
    return [entry.slice(0, equals), entry.slice(equals + 1)] as const;
  });
  return {
    id: image.Id,
    labels: image.Config?.Labels ?? {},
    environment: Object.fromEntries(variables),
    ...(digest === undefined ? {} : { digest }),
  };
}

const toDelivered = ({ path, content, executable }: ManifestFile) => ({
  ...{ path, content, uid: 0, gid: 0 },
  mode: executable ? 0o755 : 0o644,
});

async function readBuild(stream: Readable, what: string, report: Report): Promise<void> {
  let last = "";
  for await (const line of readNdjson(stream)) {
    if (line.kind !== "value") continue;
    const { stream: text, error } = line.value as { stream?: string; error?: string };
    if (error !== undefined) {
      const hint = last === "" ? undefined : `the last thing the build said: ${last}`;
      throw new ReconcilerError("build-failed", `${what}: ${error}`, { hint });
    }
    last = text?.trim() || last;
    if (text?.startsWith("Step ")) report({ text: last });
  }
}

async function collect(archive: Readable, folder: string, what: string): Promise<readonly ManifestFile[]> {
  const prefix = `${folder.slice(folder.lastIndexOf("/") + 1)}/`;
  const files: ManifestFile[] = [];
  let bytes = 0;
  for await (const { name, mode, content } of unpackFiles(archive)) {
    bytes += content.length;
    if (bytes > maxBytes) {
      const message = `${what}: more than ${maxBytes / 2 ** 20} MiB of files`;
      throw new ReconcilerError("configuration-unreadable", message, { hint: "is it a configuration?" });
    }
    const path = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    files.push({ path, content, executable: (mode & 0o111) !== 0 });
  }
  return files;
}
