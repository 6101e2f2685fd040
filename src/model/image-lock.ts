/**
 * Which image a reference stands for, however its tag moves: the digest of its manifest in a registry, or, for an image
 * that never was in one, the id that it has on an Engine.
 */
export interface ImageLock {
  readonly kind: "digest" | "id";
  /** `sha256:` and 64 hexadecimal digits. */
  readonly value: string;
}

export const lockFileName = "mysysconfig.lock";

/** What `bake` resolved, as it lies beside the configuration in a baked image. */
export interface LockFile {
  /** The environment that was baked; the locks say nothing about another one. */
  readonly environment: string;
  /** Reference as the configuration writes it → image. */
  readonly images: ReadonlyMap<string, ImageLock>;
  /** Values that came with the run of `bake`; the system would be another one without them. */
  readonly values: ReadonlyMap<string, string>;
}

const lockVersion = 1;
const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** The same locks give the same text. */
export function formatLockFile(lock: LockFile): string {
  const images = sorted(lock.images).map(([reference, { kind, value }]) => [reference, { [kind]: value }]);
  const document = {
    version: lockVersion,
    environment: lock.environment,
    images: Object.fromEntries(images),
    values: Object.fromEntries(sorted(lock.values)),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** The locks of a file, or a sentence that says why it is none. */
export function parseLockFile(text: string): LockFile | string {
  const document = parseJson(text);
  if (!isRecord(document)) return "it is no JSON object";
  const { version, environment, images, values } = document;
  if (version !== lockVersion) return `its version is ${JSON.stringify(version)}, not ${lockVersion}`;
  if (typeof environment !== "string") return "it names no environment";
  if (!isRecord(images) || !isRecord(values)) return "it has no images or no values";
  const locks = new Map<string, ImageLock>();
  for (const [reference, lock] of Object.entries(images)) {
    const found = readLock(lock);
    if (found === undefined) return `the lock of "${reference}" has neither a digest nor an id`;
    locks.set(reference, found);
  }
  const texts = Object.entries(values).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  if (texts.length < Object.keys(values).length) return "one of its values is no text";
  return { environment, images: locks, values: new Map(texts) };
}

function readLock(lock: unknown): ImageLock | undefined {
  if (!isRecord(lock)) return undefined;
  for (const kind of ["digest", "id"] as const) {
    const value = lock[kind];
    if (typeof value === "string" && digestPattern.test(value)) return { kind, value };
  }
  return undefined;
}

/** `locked sha256:12ab34c`: seven digits are what people compare. */
export function lockText({ kind, value }: ImageLock): string {
  return `locked ${kind === "id" ? "id " : ""}${value.slice(0, "sha256:".length + 7)}`;
}

function sorted<T>(map: ReadonlyMap<string, T>): (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
