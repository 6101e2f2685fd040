/**
 * What a run makes of what changed on the Engine behind its back, and of what cannot simply be carried out. Each row is
 * a test of `drift.test.ts`; the table of `docs/reconcile.md` is made of them.
 */

export const responses = {
  "in place": "corrected in place",
  "new container": "corrected: new container",
  removed: "removed",
  reported: "reported (exit 1)",
  noted: "noted in the plan, left alone",
  "left alone": "left alone",
} as const;

export type Response = keyof typeof responses;

export interface DriftRow {
  /** Also the name of the workload that it happens to. */
  readonly name: string;
  readonly drift: string;
  readonly response: Response;
  /** What exactly is done. */
  readonly how: string;
  /** What `docker compose up -d` does. */
  readonly compose: string;
}

const unnoticed = "not noticed";

export const driftRows = [
  {
    name: "stopped",
    drift: "container stopped",
    response: "in place",
    how: "started",
    compose: "started",
  },
  { name: "killed", drift: "container killed", response: "in place", how: "started", compose: "started" },
  { name: "paused", drift: "container paused", response: "in place", how: "continued¹", compose: "error" },
  {
    name: "renamed",
    drift: "container renamed",
    response: "in place",
    how: "renamed back, not restarted",
    compose: unnoticed,
  },
  {
    name: "removed",
    drift: "container removed",
    response: "new container",
    how: "created",
    compose: "created",
  },
  {
    name: "same-labels",
    drift: "container made again by another tool: same labels, other variables",
    response: "new container",
    how: "replaced",
    compose: unnoticed,
  },
  {
    name: "user-label",
    drift: "container made again by another tool: another value of a declared label",
    response: "new container",
    how: "replaced",
    compose: unnoticed,
  },
  {
    name: "memory-limit",
    drift: "`docker update`: another memory limit than the declared one",
    response: "in place",
    how: "changed back",
    compose: unnoticed,
  },
  {
    name: "restart-policy",
    drift: "`docker update`: another restart policy",
    response: "in place",
    how: "changed back",
    compose: unnoticed,
  },
  {
    name: "undeclared-limit",
    drift: "`docker update`: a limit that is not declared",
    response: "new container",
    how: "replaced: the Engine cannot unset a limit",
    compose: unnoticed,
  },
  {
    name: "detached",
    drift: "network detached from a running container",
    response: "in place",
    how: "attached again",
    compose: "replaced",
  },
  {
    name: "detached-stopped",
    drift: "network detached from a stopped container",
    response: "in place",
    how: "attached again and started",
    compose: unnoticed,
  },
  {
    name: "without-alias",
    drift: "network attached again without its alias",
    response: "in place",
    how: "attached anew",
    compose: unnoticed,
  },
  {
    name: "other-address",
    drift: "network attached again with another static address",
    response: "in place",
    how: "attached anew",
    compose: unnoticed,
  },
  {
    name: "further-network",
    drift: "one more network attached",
    response: "noted",
    how: "stays attached",
    compose: unnoticed,
  },
  {
    name: "network-renewed",
    drift: "network removed and made again by hand, without our labels and with other options",
    response: "in place",
    how: "its containers are attached to the new one, which is used as it is",
    compose: "refused",
  },
  {
    name: "network-options",
    drift: "options of a network changed in the configuration",
    response: "reported",
    how: "the network and its containers stay as they are: it cannot be changed while it exists",
    compose: "all its containers stopped, network made again",
  },
  {
    name: "volume-options",
    drift: "options of a volume changed in the configuration",
    response: "reported",
    how: "volume and data stay as they are",
    compose: "asks to remove the data",
  },
  {
    name: "volume-labels",
    drift: "labels of a volume changed in the configuration",
    response: "left alone",
    how: "labels of a volume cannot be changed, and its data is not given up for them",
    compose: "asks to remove the data",
  },
  {
    name: "setting",
    drift: "a setting changed in the configuration",
    response: "new container",
    how: "replaced",
    compose: "replaced",
  },
  {
    name: "file-content",
    drift: "content of a file, config or secret of the repository changed",
    response: "new container",
    how: "replaced, with a new volume of the files",
    compose: "not noticed for `configs`",
  },
  {
    name: "tag-moved",
    drift: "tag means another image on the Engine",
    response: "new container",
    how: "replaced",
    compose: "replaced",
  },
  {
    name: "tag-in-registry",
    drift: "tag moved in the registry only",
    response: "left alone",
    how: "the registry is not asked: give each build a tag of its own",
    compose: "only when told to pull",
  },
  {
    name: "crash-loop",
    drift: "container crashes again and again",
    response: "reported",
    how: "it is named with its last exit code",
    compose: unnoticed,
  },
  {
    name: "unhealthy",
    drift: "container has become unhealthy",
    response: "reported",
    how: "it goes on running",
    compose: unnoticed,
  },
  {
    name: "finished-job",
    drift: "job has finished",
    response: "left alone",
    how: "it has run for this build",
    compose: "run again",
  },
  {
    name: "removed-job",
    drift: "container of a finished job removed",
    response: "new container",
    how: "run again",
    compose: "run again",
  },
  {
    name: "replica-removed",
    drift: "one of several replicas removed",
    response: "new container",
    how: "the gap is filled",
    compose: "created",
  },
  {
    name: "replica-added",
    drift: "one replica too many, made by hand with the labels of the others",
    response: "removed",
    how: "removed, the others stay",
    compose: "removed",
  },
  {
    name: "undeclared",
    drift: "container with our labels that the configuration does not name",
    response: "removed",
    how: "removed",
    compose: "warning",
  },
] as const satisfies readonly DriftRow[];

export type DriftName = (typeof driftRows)[number]["name"];

/** The title of the row's test. */
export function driftTitle({ drift, response }: DriftRow): string {
  return `${drift.replaceAll("`", "")}: must be ${responses[response]}`;
}
