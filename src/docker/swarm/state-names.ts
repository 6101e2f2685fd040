import { contentHash } from "../../model/fingerprint.ts";
import { labelKeys, type Owner, ownerLabels } from "../../model/ownership.ts";
import { placeName } from "../state-place.ts";

/** Names of what holds the memory of one environment in a cluster's store. */
export interface ClusterPlace {
  readonly owner: Owner;
  /** `project "shop", environment "develop"`, for messages. */
  readonly subject: string;
  /** The config whose labels say which documents count. */
  readonly head: string;
  /** The config that exists as long as a run holds the lock. */
  readonly lock: string;
}

export function clusterPlace(owner: Owner): ClusterPlace {
  const name = placeName(owner);
  return {
    owner,
    subject: `project "${owner.project}", environment "${owner.environment}"`,
    head: configName(`mysysconfig-state-${name}`),
    lock: configName(`mysysconfig-lock-${name}`),
  };
}

const longestName = 64;
const hashDigits = 16;

/** Names of configs have at most 64 characters, and a letter or digit at both ends (SwarmKit, `validateAnnotations`). */
function configName(name: string): string {
  const isAllowed = name.length <= longestName && /^[a-zA-Z0-9](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9])?$/.test(name);
  return isAllowed ? name : shortened(name, contentHash([name]));
}

function shortened(name: string, hash: string): string {
  const allowed = name.replace(/[^a-zA-Z0-9_.-]/g, "-");
  return `${allowed.slice(0, longestName - hashDigits - 1)}-${hash.slice(0, hashDigits)}`;
}

/**
 * Name of a part of a document. It has the holder of the lock in it: nobody else makes a part of this name, so whoever
 * removes parts that he made cannot remove what another run relies on.
 */
export function partName({ head }: ClusterPlace, holderId: string, bytes: Uint8Array): string {
  return shortened(head, contentHash([`${head}\0${holderId}\0`, bytes]));
}

export function contentLabels({ owner }: ClusterPlace, content: "state" | "lock"): Record<string, string> {
  return { ...ownerLabels(owner), [labelKeys.content]: content };
}
