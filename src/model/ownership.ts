/**
 * Who owns an Engine object. Ownership is project + environment, written as labels when the object is created; labels
 * of a container never change, so a container's role (current, next, previous) is in its name instead.
 */

export const labelPrefix = "mysysconfig.";

export const labelKeys = {
  project: "mysysconfig.project",
  environment: "mysysconfig.environment",
  workload: "mysysconfig.workload",
  replica: "mysysconfig.replica",
  /** `service` or `job`, so that a removed job is still known as one. */
  kind: "mysysconfig.kind",
  /** `v1:<hash>` of the normalised spec; a hint, the live object is the truth. */
  spec: "mysysconfig.spec",
  /** Names of the fields with an Engine default that this container sets, comma separated. */
  set: "mysysconfig.set",
  /** Keys of the workloads it depends on, comma separated, so that removal can go in reverse order. */
  needs: "mysysconfig.needs",
  source: "mysysconfig.source",
  /** Name of the timer unit that the container was made for. */
  timer: "mysysconfig.timer",
  /** The time that the container was made to serve; absent on one that was armed ahead. */
  due: "mysysconfig.due",
  /** Informative, never hashed. */
  revision: "mysysconfig.revision",
  /** The rollout that created the container: answers "did my create succeed?" after a lost answer. */
  txn: "mysysconfig.txn",
  /** `files` on volumes that hold files of the repository. */
  content: "mysysconfig.content",
  /** The image of a service as the configuration names it; its spec names it by digest. */
  image: "mysysconfig.image",
} as const;

export interface Owner {
  readonly project: string;
  readonly environment: string;
}

/** `owned` by us, `foreign`: another project or environment of ours, `unmanaged`: no label of ours at all. */
export type Ownership =
  | { readonly kind: "owned" }
  | { readonly kind: "foreign"; readonly owner: Owner }
  | { readonly kind: "unmanaged" };

export function ownerLabels(owner: Owner): Record<string, string> {
  return { [labelKeys.project]: owner.project, [labelKeys.environment]: owner.environment };
}

export function ownershipOf(labels: Readonly<Record<string, string>>, owner: Owner): Ownership {
  const project = labels[labelKeys.project];
  const environment = labels[labelKeys.environment];
  if (project === undefined && environment === undefined) return { kind: "unmanaged" };
  if (project === owner.project && environment === owner.environment) return { kind: "owned" };
  return { kind: "foreign", owner: { project: project ?? "", environment: environment ?? "" } };
}

/** Splits labels into the user's own and ours. */
export function userLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !key.startsWith(labelPrefix)));
}

export type Role = "current" | "next" | "previous";

export interface RoleName {
  readonly base: string;
  readonly role: Role;
  readonly txn?: string;
}

/** Transaction ids are eight lowercase hexadecimal digits. */
const rolePattern = /^(.+)\.(next|prev)-([0-9a-f]{8})$/;

export function nameForRole(base: string, role: Role, txn: string): string {
  if (role === "current") return base;
  return `${base}.${role === "next" ? "next" : "prev"}-${txn}`;
}

export function parseRoleName(name: string): RoleName {
  const match = rolePattern.exec(name);
  if (!match) return { base: name, role: "current" };
  const [, base = name, word, txn = ""] = match;
  return { base, role: word === "next" ? "next" : "previous", txn };
}
