import type { ContainerTarget, Step, StepKind, StepOf, StepPayloads } from "../model/step.ts";

/** A step of the way back; it has no dependencies of its own, the way back is walked in order. */
export interface UndoStep {
  readonly kind: StepKind;
  readonly payload: StepPayloads[StepKind];
}

type UndoTable = { readonly [K in StepKind]: (payload: StepPayloads[K]) => readonly Undo[] };
type Undo = { [K in StepKind]: { readonly kind: K; readonly payload: StepPayloads[K] } }[StepKind];

/** What takes a step back. Shared things (images, networks, volumes) stay: they harm nobody and the next run needs them. */
const undoTable: UndoTable = {
  "pull-image": () => [],
  "create-network": () => [],
  "create-volume": () => [],
  "create-files": () => [],
  "create-container": () => [],
  "start-container": ({ container }) => (isCreated(container) ? [stop(container)] : []),
  "unpause-container": () => [],
  "gate-container": () => [],
  "await-job": () => [],
  "cut-over": () => [],
  "update-container": ({ container, update, previous }) => [
    { kind: "update-container", payload: { container, update: previous, previous: update } },
  ],
  "connect-network": ({ container, attachment }) => [
    { kind: "disconnect-network", payload: { container, network: attachment.network } },
  ],
  "disconnect-network": () => [],
  "stop-container": ({ container, restart }) => [
    {
      kind: "update-container",
      payload: { container, update: { restart }, previous: { restart: { name: "no" } } },
    },
    { kind: "start-container", payload: { container } },
  ],
  "rename-container": ({ container, from, to }) => [
    { kind: "rename-container", payload: { container, from: to, to: from } },
  ],
  "remove-container": () => [],
  "remove-network": () => [],
  "remove-files": () => [],
  pause: () => [],
};

/**
 * The way back for one failed change: the undo of every step that was begun, the last one first, and at the end the
 * removal of what was created. A step whose outcome is unknown counts as begun; every undo is harmless if there is
 * nothing to undo. A failed removal takes nothing back: by then the new container serves.
 *
 * @param begun the change's steps that succeeded, in order, and then the failed one
 */
export function buildRollbackPlan(change: string, begun: readonly Step[]): readonly Step[] {
  const failed = begun.at(-1);
  if (failed === undefined || failed.kind === "remove-container" || isRemoval(begun)) return [];
  const undos: Undo[] = [...begun].reverse().flatMap((step) => undoOf(step));
  const created = begun.find((step): step is StepOf<"create-container"> => step.kind === "create-container");
  if (created !== undefined) {
    const container = { kind: "created", step: created.id, name: created.payload.name } as const;
    undos.push({ kind: "remove-container", payload: { container } });
  }
  return undos.map((undo, index) => ({
    ...undo,
    id: `undo ${index + 1} of ${change}: ${undo.kind}`,
    dependsOn: [],
    after: [],
    change,
    cause: `rollback: ${failed.id} failed`,
  })) as readonly Step[];
}

/** Removing an orphan is its own purpose: what was stopped on the way stays stopped. */
function isRemoval(begun: readonly Step[]): boolean {
  return begun.every((step) => step.kind === "stop-container" || step.kind === "remove-container");
}

function undoOf(step: Step): readonly Undo[] {
  const undo = undoTable[step.kind] as (payload: Step["payload"]) => readonly Undo[];
  return undo(step.payload);
}

function isCreated(container: ContainerTarget): boolean {
  return container.kind === "created";
}

/** Stopping what failed needs no patience: it never served, or it serves badly. */
function stop(container: ContainerTarget): Undo {
  return { kind: "stop-container", payload: { container, timeoutSeconds: 3, restart: { name: "no" } } };
}
