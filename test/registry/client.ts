/** The registry client as tests want it: a clock of their own, credentials as an object, failures as values. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { type ImageRef, parseImageRef } from "../../src/model/image-ref.ts";
import type { ImageRegistry } from "../../src/ports.ts";
import { openImageRegistry, type RegistryOptions } from "../../src/registry/open-registry.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

export const never = new AbortController().signal;

export interface OpenClient {
  readonly registry: ImageRegistry;
  readonly clock: VirtualClock;
}

export async function openClient(options: Partial<RegistryOptions> = {}): Promise<OpenClient> {
  const clock = new VirtualClock();
  return { clock, registry: await openImageRegistry({ clock, ...options }, never) };
}

/** A folder that goes away with its scope. */
export async function temporaryDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "mysysconfig-registry-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Writes a docker `config.json` with these entries and answers its path. */
export async function writeLogins(dir: string, auths: Readonly<Record<string, object>>): Promise<string> {
  const path = join(await mkdtemp(join(dir, "docker-")), "config.json");
  await writeFile(path, JSON.stringify({ auths }));
  return path;
}

export function loginEntry({ username, password }: Login): { auth: string } {
  return { auth: Buffer.from(`${username}:${password}`).toString("base64") };
}

export function ref(text: string): ImageRef {
  const parsed = parseImageRef(text);
  if (typeof parsed === "string") throw new Error(parsed);
  return parsed;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  /** The error with causes and stacks, as far as anything of it can be printed. */
  readonly everything: string;
}

/** The failure of what must fail. */
export async function failureOf(attempt: Promise<unknown>): Promise<Failure> {
  const outcome = await attempt.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!("error" in outcome)) throw new Error(`it did not fail: ${inspect(outcome.value)}`);
  const { code, message, hint } = outcome.error as Failure;
  return { code, message, hint, everything: inspect(outcome.error, { depth: 20, showHidden: true }) };
}
