import { createHash } from "node:crypto";
import { stableJson } from "../lib/stable-json.ts";
import type { ContainerSpec } from "./workload.ts";

/**
 * Version of the hash algorithm. A container whose label has another version is compared by its live fields alone, so
 * that a release which changes the algorithm recreates nothing.
 */
export const fingerprintVersion = "v1";

/**
 * Hash of what makes a container what it is: `v1:<32 hex digits>`. Secret values take part only by their place, so that
 * nobody can guess them from the label.
 *
 * @param secretValues values that must not enter the hash
 */
export function fingerprint(
  kind: "service" | "job",
  spec: ContainerSpec,
  secretValues: readonly string[],
): string {
  const json = redactValues(stableJson({ kind, spec }), secretValues);
  return `${fingerprintVersion}:${createHash("sha256").update(json).digest("hex").slice(0, 32)}`;
}

/**
 * Identifies what was tried: 16 hexadecimal digits. Unlike the fingerprint it changes with the value of a secret, because
 * a build that failed with a wrong password deserves another try with the right one. It never leaves the ledger.
 */
export function buildIdentity(kind: "service" | "job", spec: ContainerSpec): string {
  return contentHash([stableJson({ kind, spec })]).slice(0, 16);
}

/** Replaces every occurrence of a secret (as it stands and as it looks inside JSON text) by `***`. */
export function redactValues(text: string, secretValues: readonly string[]): string {
  let redacted = text;
  for (const secret of [...secretValues].sort((a, b) => b.length - a.length)) {
    if (secret === "") continue;
    redacted = redacted.replaceAll(secret, "***");
    const inJson = JSON.stringify(secret).slice(1, -1);
    if (inJson !== secret) redacted = redacted.replaceAll(inJson, "***");
  }
  return redacted;
}

/** SHA-256 of bytes, hexadecimal. */
export function contentHash(parts: Iterable<string | Uint8Array>): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
