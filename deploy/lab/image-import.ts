/** Images without a registry: a folder or a tar becomes an image through the Engine's import call. */
import { createReadStream } from "node:fs";
import { type EngineApi, EngineError } from "./engine-api.ts";

/** What a Dockerfile would say about the image; each key is one of its instructions. */
export interface ImageConfig {
  readonly cmd?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly expose?: readonly string[];
  readonly volumes?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly workdir?: string;
  readonly stopSignal?: string;
  readonly healthcheck?: ImageHealthcheck;
}

export interface ImageHealthcheck {
  readonly command: readonly string[];
  /** Durations as Docker writes them, such as `500ms` or `2s`. */
  readonly interval?: string;
  readonly timeout?: string;
  readonly startPeriod?: string;
  readonly retries?: number;
}

/** Imports a tar of a root folder under the reference (`name:tag`) and answers the image's id. */
export async function importImage(
  api: EngineApi,
  tarFile: string,
  reference: string,
  config: ImageConfig = {},
): Promise<string> {
  let id = "";
  const { repo, tag } = splitReference(reference);
  const query = { fromSrc: "-", repo, tag, changes: toInstructions(config) };
  await api.progress("POST", "/images/create", { query, stream: createReadStream(tarFile) }, (event) => {
    id = event.status ?? id;
  });
  return id;
}

export async function hasImage(api: EngineApi, reference: string): Promise<boolean> {
  try {
    await api.call("GET", `/images/${reference}/json`);
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return false;
    throw error;
  }
}

export function splitReference(reference: string): { readonly repo: string; readonly tag: string } {
  const at = reference.lastIndexOf(":");
  // A colon before the last slash belongs to the registry's port.
  if (at <= reference.lastIndexOf("/")) throw new Error(`image reference without a tag: "${reference}"`);
  return { repo: reference.slice(0, at), tag: reference.slice(at + 1) };
}

function toInstructions(config: ImageConfig): string[] {
  const { cmd, entrypoint, healthcheck } = config;
  return [
    ...(entrypoint === undefined ? [] : [`ENTRYPOINT ${JSON.stringify(entrypoint)}`]),
    ...(cmd === undefined ? [] : [`CMD ${JSON.stringify(cmd)}`]),
    ...Object.entries(config.env ?? {}).map(([name, value]) => `ENV ${name}=${quote(value)}`),
    ...Object.entries(config.labels ?? {}).map(([name, value]) => `LABEL ${quote(name)}=${quote(value)}`),
    ...(config.expose ?? []).map((port) => `EXPOSE ${port}`),
    ...(config.volumes ?? []).map((path) => `VOLUME ${JSON.stringify([path])}`),
    ...(config.user === undefined ? [] : [`USER ${config.user}`]),
    ...(config.workdir === undefined ? [] : [`WORKDIR ${config.workdir}`]),
    ...(config.stopSignal === undefined ? [] : [`STOPSIGNAL ${config.stopSignal}`]),
    ...(healthcheck === undefined ? [] : [toHealthcheck(healthcheck)]),
  ];
}

function toHealthcheck(check: ImageHealthcheck): string {
  const options = [
    ["interval", check.interval],
    ["timeout", check.timeout],
    ["start-period", check.startPeriod],
    ["retries", check.retries],
  ] as const;
  const given = options.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
  return ["HEALTHCHECK", ...given, "CMD", JSON.stringify(check.command)].join(" ");
}

/** Instructions expand `$NAME` and take `\` and `"` as their own: a value must come out as it went in. */
function quote(value: string): string {
  return `"${value.replace(/[\\"$]/g, "\\$&")}"`;
}
