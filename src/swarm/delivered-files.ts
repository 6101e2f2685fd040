import { byName } from "../lib/by-name.ts";
import { compareText } from "../lib/records.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { DeliveredFile, FileSet } from "../model/file-set.ts";
import { shortestMaskedText } from "../model/fingerprint.ts";
import type { Owner } from "../model/ownership.ts";
import type { StoredContent } from "../model/step.ts";
import type { Mount, WorkloadSpec } from "../model/workload.ts";
import { storedName } from "./stored-name.ts";

/** What of the desired state says how files get into a service. */
export type FilesOf = Pick<DesiredState, "environment" | "fileSets" | "secretValues">;

/** One file of the repository, as a service sees it. */
export interface FileDelivery {
  readonly kind: StoredContent["kind"];
  /** Name in the cluster's store. */
  readonly name: string;
  /** Absolute path in the container. */
  readonly target: string;
  readonly file: DeliveredFile;
}

type FilesMount = Extract<Mount, { kind: "files" }>;

/**
 * The files that a workload mounts, by target. Swarm has no folders of configs, so a folder becomes its files. A file that
 * is mounted by itself covers the one that a folder brings to the same place, as on an Engine.
 */
export function deliveriesOf(workload: WorkloadSpec, desired: FilesOf): readonly FileDelivery[] {
  const sets = byName(desired.fileSets);
  const mounts = workload.container.mounts.filter((mount) => mount.kind === "files");
  const folders = mounts.filter(({ path }) => path === undefined);
  const files = mounts.filter(({ path }) => path !== undefined);
  const byTarget = new Map<string, FileDelivery>();
  for (const mount of [...folders, ...files])
    for (const delivery of deliveriesOfMount(mount, sets.get(mount.fileSet), desired))
      byTarget.set(delivery.target, delivery);
  return [...byTarget.values()].sort((a, b) => compareText(a.target, b.target));
}

function deliveriesOfMount(
  mount: FilesMount,
  set: FileSet | undefined,
  desired: FilesOf,
): readonly FileDelivery[] {
  const { project, name } = desired.environment;
  const owner: Owner = { project, environment: name };
  const base = mount.target.replace(/\/+$/, "");
  return (set?.files ?? [])
    .filter(({ path }) => mount.path === undefined || path === mount.path)
    .map((file) => {
      const kind = isSecret(mount, file, desired.secretValues) ? "secret" : "config";
      const target = mount.path === undefined ? `${base}/${file.path}` : mount.target;
      return { kind, name: storedName(kind, file.content, owner), target, file };
    });
}

/** Everybody who may look at the cluster can read a config, so a file with a secret value in it is a secret, too. */
function isSecret(mount: FilesMount, { content }: DeliveredFile, secretValues: readonly string[]): boolean {
  if (mount.secret === true) return true;
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return secretValues.some((value) => value.length >= shortestMaskedText && bytes.includes(value));
}
