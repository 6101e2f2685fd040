import { findRegistryAuth } from "../../credentials/registry-auth.ts";
import { compareText } from "../../lib/records.ts";
import { Semaphore } from "../../lib/semaphore.ts";
import type { ActualService } from "../../model/actual-swarm.ts";
import { isReconcilerError } from "../../model/errors.ts";
import { familiarReference, isDigest, parseImageRef } from "../../model/image-ref.ts";
import { statusOf } from "../api-errors.ts";
import { apiPath, type EngineClient } from "../engine-client.ts";
import type { DistributionAnswer } from "./answers.ts";

/** Registries are slower than the Engine, and one that is away must not hold up a plan. */
const width = 8;
const registryTimeoutMs = 10_000;

export interface ImageDigests {
  /** Familiar reference → `sha256:…`. */
  readonly digests: ReadonlyMap<string, string>;
  readonly digestProblems: ReadonlyMap<string, string>;
}

interface Registries {
  readonly client: EngineClient;
  /** A docker `config.json` with credentials. */
  readonly configPath: string | undefined;
  /** Why nobody was reached there, by registry: the others need not wait for the same. */
  readonly away: Map<string, string>;
  readonly timeoutMs: number;
}

/**
 * The digests that the images of a desired state have. One that a service of ours carries stays as it is, so that a plan
 * asks registries about new images only; of the others the Engine asks the registry (Docker Engine API,
 * "DistributionInspect"). That a registry cannot tell is an answer, too: such an image is used by its tag.
 */
export async function findDigests(
  client: EngineClient,
  images: Iterable<string>,
  services: readonly ActualService[],
  configPath: string | undefined,
  signal: AbortSignal,
  timeoutMs = registryTimeoutMs,
): Promise<ImageDigests> {
  const carried = carriedDigests(services);
  const tagged = [...images].filter((image) => !image.includes("@")).sort(compareText);
  const slots = new Semaphore(width);
  const registries = { client, configPath, away: new Map<string, string>(), timeoutMs };
  const asked = tagged.filter((image) => !carried.has(image));
  const answers = await Promise.all(
    asked.map((image) => slots.run(async () => [image, await askDigest(registries, image, signal)] as const)),
  );
  const known = tagged.flatMap((image) => {
    const digest = carried.get(image);
    return digest === undefined ? [] : [[image, digest] as const];
  });
  const told = answers.flatMap(([image, { digest }]) =>
    digest === undefined ? [] : [[image, digest] as const],
  );
  return {
    digests: new Map([...known, ...told].sort(([a], [b]) => compareText(a, b))),
    digestProblems: new Map(
      answers.flatMap(([image, { problem }]) => (problem === undefined ? [] : [[image, problem] as const])),
    ),
  };
}

/** Of each image that a service of ours was made from: its digest, or `undefined` when it was made without one. */
function carriedDigests(services: readonly ActualService[]): ReadonlyMap<string, string | undefined> {
  const carried = new Map<string, string | undefined>();
  for (const { ownership, record, spec } of services) {
    if (ownership.kind !== "owned" || record.image === undefined) continue;
    const digest = /@(.+)$/.exec(spec.TaskTemplate.ContainerSpec?.Image ?? "")?.[1];
    if (!carried.has(record.image) || digest !== undefined) carried.set(record.image, digest);
  }
  return carried;
}

type DigestAnswer = { readonly digest?: string; readonly problem?: string };

async function askDigest(registries: Registries, image: string, signal: AbortSignal): Promise<DigestAnswer> {
  const ref = parseImageRef(image);
  if (typeof ref === "string") return { problem: `no digest of "${image}": ${ref}` };
  const away = registries.away.get(ref.registry);
  if (away !== undefined) return { problem: `no digest of "${image}": ${away}` };
  const { client, configPath, timeoutMs } = registries;
  try {
    const auth = await findRegistryAuth(image, configPath, signal);
    const path = apiPath`/distribution/${familiarReference(ref)}/json`.replace(
      /%2F|%3A/g,
      decodeURIComponent,
    );
    const request = {
      what: `ask "${ref.registry}"`,
      path,
      timeoutMs,
      ...(auth === undefined ? {} : { auth }),
    };
    const digest = (await client.get<DistributionAnswer>(request, signal))?.Descriptor?.digest;
    if (digest !== undefined && isDigest(digest)) return { digest };
    return { problem: `no digest of "${image}": the registry named none` };
  } catch (error) {
    if (signal.aborted || !isReconcilerError(error)) throw error;
    if (isAway(error)) registries.away.set(ref.registry, error.message);
    return { problem: `no digest of "${image}": ${error.message}` };
  }
}

/** Nobody answered, as opposed to a registry that refuses or does not know the image. */
function isAway(error: unknown): boolean {
  if (statusOf(error) === undefined) return true;
  const words =
    /no such host|connection refused|timeout|deadline exceeded|unreachable|no route|server misbehaving/i;
  return error instanceof Error && words.test(error.message);
}
