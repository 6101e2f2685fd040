import { isObject } from "../lib/shape.ts";
import { ReconcilerError } from "../model/errors.ts";
import type { ImageFacts } from "../model/image-facts.ts";
import { familiarName, familiarReference, type ImageRef, isTag } from "../model/image-ref.ts";
import type { ImageRegistry } from "../ports.ts";
import type { Subject } from "./authorizer.ts";
import { isDigest, sha256, verifies } from "./digest.ts";
import { type HostRules, registryOrigin } from "./hosts.ts";
import type { HttpAnswer } from "./http-transport.ts";
import { parseJson } from "./json.ts";
import { nextLink } from "./link-header.ts";
import {
  acceptManifests,
  type ConfigFacts,
  type IndexEntry,
  type Manifest,
  parseConfig,
  parseManifest,
} from "./manifest.ts";
import { Operation, type OperationLimits } from "./operation.ts";
import { formatPlatform, parsePlatform, pickPlatform } from "./platform.ts";
import { invalidAnswer } from "./registry-errors.ts";
import type { RegistrySession } from "./registry-session.ts";

const mebibyte = 1024 * 1024;
const maximumBytes = { tagPage: 8 * mebibyte, manifest: 4 * mebibyte, config: 8 * mebibyte };
/** Tags that one page is asked for; a registry may give fewer. */
const pageSize = 1000;
const maximumPages = 500;
const defaultPlatform = "linux/amd64";

export interface ClientOptions {
  readonly session: RegistrySession;
  readonly rules: HostRules;
  readonly limits: OperationLimits;
}

/** One question: its limits, and the repository that it is about. */
interface Question {
  readonly operation: Operation;
  readonly subject: Subject;
}

interface ReadManifest {
  readonly manifest: Manifest;
  readonly digest: string;
}

/** Reads registries by the OCI distribution specification, which is Docker's registry API v2. */
export class RegistryClient implements ImageRegistry {
  private readonly options: ClientOptions;

  constructor(options: ClientOptions) {
    this.options = options;
  }

  async listTags(image: ImageRef, signal: AbortSignal): Promise<readonly string[]> {
    return await this.answer(`list tags of "${familiarName(image)}"`, image, signal, async (question) => {
      const { origin } = question.subject;
      const { what } = question.operation;
      const tags = new Set<string>();
      const seen = new Set<string>();
      let page: URL | undefined = new URL(`/v2/${image.path}/tags/list?n=${pageSize}`, origin);
      while (page !== undefined) {
        if (seen.has(page.href)) throw invalidAnswer(what, `"${origin.host}" repeats a page of tags`);
        if (seen.size === maximumPages)
          throw invalidAnswer(what, `"${origin.host}" has more than ${maximumPages} pages of tags`);
        const answer = await this.get(question, page, "application/json", maximumBytes.tagPage);
        if (answer === undefined && seen.size === 0) return [];
        seen.add(page.href);
        for (const tag of readTags(answer, question)) tags.add(tag);
        page = nextPage(answer, page, question);
      }
      return [...tags];
    });
  }

  async resolveDigest(image: ImageRef, signal: AbortSignal): Promise<string | undefined> {
    return await this.answer(`resolve "${familiarReference(image)}"`, image, signal, async (question) => {
      const { operation, subject } = question;
      const url = manifestUrl(question, referenceOf(image));
      const head = { method: "HEAD", url, accept: acceptManifests, maximumBytes: 0 } as const;
      const answer = await this.options.session.read(head, subject, operation);
      if (answer === undefined) return undefined;
      const told = answer.headers["docker-content-digest"];
      // The header is optional: without it the manifest itself has to tell.
      if (told === undefined) return (await this.readManifest(question, referenceOf(image)))?.digest;
      if (!isDigest(told)) throw invalidAnswer(operation.what, "the registry answers with a broken digest");
      if (image.digest !== undefined && told !== image.digest)
        throw invalidAnswer(operation.what, `the registry answers with another digest, ${told}`);
      return told;
    });
  }

  async describe(
    image: ImageRef,
    signal: AbortSignal,
    platform: string = defaultPlatform,
  ): Promise<ImageFacts | undefined> {
    return await this.answer(`describe "${familiarReference(image)}"`, image, signal, async (question) => {
      const found = await this.readManifest(question, referenceOf(image));
      if (found === undefined) return undefined;
      const { manifest, digest } = found;
      const entries = manifest.kind === "index" ? manifest.entries : [];
      const entry = pickPlatform(entries, parsePlatform(platform)) ?? onlyEntry(entries);
      const { facts, platform: own } =
        manifest.kind === "image"
          ? await this.readConfig(question, manifest.configDigest)
          : await this.readEntry(question, entry?.digest);
      const named = entries.flatMap((one) => one.platform ?? []);
      const platforms = named.length === 0 && own !== undefined ? [own] : named;
      return { digest, platforms: [...new Set(platforms.map(formatPlatform))], ...facts };
    });
  }

  private async answer<T>(
    what: string,
    image: ImageRef,
    signal: AbortSignal,
    work: (question: Question) => Promise<T>,
  ): Promise<T> {
    const origin = registryOrigin(image.registry, this.options.rules);
    const subject = { origin, image };
    if (image.digest !== undefined && !isDigest(image.digest)) {
      throw new ReconcilerError("usage", `${what}: a digest of this kind cannot be checked`, {
        hint: "pin the image with sha256: and 64 lower case hexadecimal digits",
      });
    }
    return await Operation.run(what, signal, this.options.limits, (operation) =>
      work({ operation, subject }),
    );
  }

  private async get(
    { operation, subject }: Question,
    url: URL,
    accept: string,
    limit: number,
  ): Promise<HttpAnswer | undefined> {
    const request = { method: "GET", url, accept, maximumBytes: limit } as const;
    return await this.options.session.read(request, subject, operation);
  }

  /** Reads a manifest, and checks it against each digest that it is said to have. */
  private async readManifest(question: Question, reference: string): Promise<ReadManifest | undefined> {
    const url = manifestUrl(question, reference);
    const answer = await this.get(question, url, acceptManifests, maximumBytes.manifest);
    if (answer === undefined) return undefined;
    const { body, headers } = answer;
    const { what } = question.operation;
    const told = headers["docker-content-digest"];
    const claims = [
      ...(told === undefined ? [] : [String(told)]),
      ...(isDigest(reference) ? [reference] : []),
    ];
    for (const claim of claims)
      if (!verifies(claim, body)) throw invalidAnswer(what, `the manifest is not the one of its digest`);
    const manifest = parseManifest(body, headers["content-type"]);
    if (typeof manifest === "string") throw invalidAnswer(what, manifest);
    return { manifest, digest: claims.at(-1) ?? sha256(body) };
  }

  private async readEntry(question: Question, digest: string | undefined): Promise<ConfigFacts> {
    if (digest === undefined) return noFacts;
    const found = await this.readManifest(question, digest);
    if (found?.manifest.kind === "image") return await this.readConfig(question, found.manifest.configDigest);
    const reason = found === undefined ? "is missing" : "is an index again";
    throw invalidAnswer(question.operation.what, `${digest}, which its index names, ${reason}`);
  }

  private async readConfig(question: Question, digest: string | undefined): Promise<ConfigFacts> {
    if (digest === undefined) return noFacts;
    const { operation, subject } = question;
    const url = new URL(`/v2/${subject.image.path}/blobs/${digest}`, subject.origin);
    const answer = await this.get(question, url, "*/*", maximumBytes.config);
    if (answer === undefined)
      throw invalidAnswer(
        operation.what,
        `the configuration ${digest}, which its manifest names, is missing`,
      );
    if (!verifies(digest, answer.body))
      throw invalidAnswer(operation.what, `the configuration is not the one of ${digest}`);
    const config = parseConfig(answer.body);
    if (typeof config === "string") throw invalidAnswer(operation.what, config);
    return config;
  }
}

const noFacts: ConfigFacts = { facts: {} };

/** An index of one image need not name its platform. */
function onlyEntry(entries: readonly IndexEntry[]): IndexEntry | undefined {
  return entries.length === 1 && entries[0]?.platform === undefined ? entries[0] : undefined;
}

/** A digest pins the image, so that a tag beside it says nothing. */
function referenceOf({ digest, tag }: ImageRef): string {
  return digest ?? tag ?? "latest";
}

function manifestUrl({ subject }: Question, reference: string): URL {
  return new URL(`/v2/${subject.image.path}/manifests/${reference}`, subject.origin);
}

/** The tags of one page; an empty repository has `null` instead of a list. */
function readTags(answer: HttpAnswer | undefined, { operation, subject }: Question): readonly string[] {
  const value = answer && parseJson(answer.body);
  const tags = isObject(value) ? (value["tags"] ?? []) : undefined;
  if (Array.isArray(tags) && tags.every((tag) => typeof tag === "string" && isTag(tag))) return tags;
  throw invalidAnswer(operation.what, `"${subject.origin.host}" answers with something else than tags`);
}

/** The address of the next page, which must be on the registry itself. */
function nextPage(
  answer: HttpAnswer | undefined,
  page: URL,
  { operation, subject }: Question,
): URL | undefined {
  const link = nextLink(answer?.headers["link"]?.toString());
  if (link === undefined) return undefined;
  const next = URL.canParse(link, page.href) ? new URL(link, page) : undefined;
  if (next?.origin === subject.origin.origin) return next;
  const where = next === undefined ? "no address" : `another host, "${next.host}"`;
  throw invalidAnswer(operation.what, `the next page of tags of "${subject.origin.host}" is ${where}`);
}
