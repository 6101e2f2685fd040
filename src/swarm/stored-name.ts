import { createHash, scryptSync } from "node:crypto";
import type { Owner } from "../model/ownership.ts";
import type { StoredContent } from "../model/step.ts";

/** Longest name of a config or secret (SwarmKit, `validateConfigSpec`; measured on Engine 20.10). */
const longestName = 64;
const hexDigits = 16;

/**
 * Cost of one guess (RFC 7914): 16 MiB and some 50 ms. The name of a secret stands in plans and reports, and must not
 * tell a short password to whoever tries them all.
 */
const secretCost = { N: 2 ** 14, r: 8, p: 1 } as const;

/** A daemon asks for the same names again and again; so many are remembered. */
const rememberedNames = 2000;
const secretHashes = new Map<string, string>();

/**
 * Name of content in the cluster's store: equal content has one name, other content another one. A config or secret
 * cannot be changed, so a changed file is a new object (Docker docs, "Rotate a config").
 */
export function storedName(kind: StoredContent["kind"], content: Uint8Array, owner: Owner): string {
  const digest = createHash("sha256").update(`${owner.project}\0${owner.environment}\0`).update(content);
  const plain = digest.digest("hex");
  const hash = kind === "secret" ? secretHash(plain, owner) : plain.slice(0, hexDigits);
  const room = longestName - hexDigits - 1;
  const scope = `mysysconfig-${owner.project}-${owner.environment}`.replace(/[^a-zA-Z0-9_.-]/g, "-");
  return `${scope.slice(0, room)}-${hash}`;
}

function secretHash(digest: string, owner: Owner): string {
  const known = secretHashes.get(digest);
  if (known !== undefined) return known;
  const salt = `mysysconfig secret ${owner.project}/${owner.environment}`;
  const hash = scryptSync(digest, salt, hexDigits / 2, secretCost).toString("hex");
  if (secretHashes.size >= rememberedNames) secretHashes.clear();
  secretHashes.set(digest, hash);
  return hash;
}
