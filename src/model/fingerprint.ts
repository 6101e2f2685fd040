import { createHash } from "node:crypto";
import { stableJson } from "../lib/stable-json.ts";
import type { ManifestFile } from "./manifest-tree.ts";
import type { ContainerSpec, WorkloadSpec } from "./workload.ts";

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

/** What of a workload makes it another one: what a cluster does with it as well. */
type Identified = Pick<WorkloadSpec, "kind" | "container" | "cluster">;

/** The fingerprint of a workload's desired spec. */
export function workloadFingerprint(workload: Identified, secretValues: readonly string[]): string {
  return fingerprint(workload.kind, wholeSpec(workload), secretValues);
}

/** The build identity of a workload. */
export function workloadIdentity(workload: Identified): string {
  return buildIdentity(workload.kind, wholeSpec(workload));
}

function wholeSpec({ container, cluster }: Identified): ContainerSpec {
  return cluster === undefined ? container : { ...container, ...{ cluster } };
}

/** Characters; a shorter text occurs so often that masking it would make every report unreadable. */
export const shortestMaskedText = 3;

/** A word that a plan quotes is JSON text, and so is the document it stands in; one more for JSON in a command. */
const escapingLevels = 3;

/**
 * Replaces every occurrence of a secret by `***`: as it stands, and as it looks inside JSON text that may itself stand
 * inside JSON text. Secrets that overlap go as one, so that no rest of either is left.
 */
export function redactValues(text: string, secretValues: readonly string[]): string {
  const places = secretValues.flatMap(formsOf).flatMap((form) => placesOf(form, text));
  places.sort((a, b) => a.start - b.start || b.end - a.end);
  let redacted = "";
  let shownTo = 0;
  for (const { start, end } of places) {
    if (start >= shownTo) redacted += `${text.slice(shownTo, start)}***`;
    shownTo = Math.max(shownTo, end);
  }
  return redacted + text.slice(shownTo);
}

function formsOf(secret: string): readonly string[] {
  const forms = new Set(secret === "" ? [] : [secret]);
  let form = secret;
  for (let level = 0; level < escapingLevels; level++) {
    form = JSON.stringify(form).slice(1, -1);
    if (form !== "") forms.add(form);
  }
  return [...forms];
}

function placesOf(form: string, text: string): { start: number; end: number }[] {
  const places: { start: number; end: number }[] = [];
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1))
    places.push({ start: at, end: at + form.length });
  return places;
}

/** What makes files what they are, for a hash: path, mode and content, each with a clear end. */
export function fileParts(files: Iterable<ManifestFile>): readonly (string | Uint8Array)[] {
  return [...files].flatMap(({ path, executable, content }) => [
    `${path}\0${executable ? "x" : "-"}\0${content.length}\0`,
    content,
  ]);
}

/** SHA-256 of bytes, hexadecimal. */
export function contentHash(parts: Iterable<string | Uint8Array>): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
