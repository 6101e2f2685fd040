import { parseRoleName } from "../model/ownership.ts";
import type { ServiceSpec } from "../model/service-spec.ts";
import type { ContainerTarget, ServiceGate, Step, StepKind, StepPayloads } from "../model/step.ts";

type Undo = { [K in StepKind]: { readonly kind: K; readonly payload: StepPayloads[K] } }[StepKind];
type UndoTable = { readonly [K in StepKind]: (payload: StepPayloads[K]) => readonly Undo[] };

/**
 * What takes a step back. Shared things (images, networks, volumes) stay: they harm nobody and the next run needs them.
 * Renames and removals are never taken back: they happen only after the gate, so that the new container serves by then.
 */
const undoTable: UndoTable = {
  "pull-image": () => [],
  "create-network": () => [],
  "create-volume": () => [],
  "create-files": () => [],
  "create-container": () => [],
  "start-container": ({ container }) => (isCandidate(container) ? [stop(container)] : []),
  "unpause-container": () => [],
  // The candidate of an interrupted run was started by that run; it makes room for the container that comes back.
  "gate-container": ({ container }) =>
    container.kind === "actual" && isCandidate(container) ? [stop(container)] : [],
  "await-job": () => [],
  "cut-over": ({ container, attachments, previous }) =>
    previous === undefined
      ? []
      : [{ kind: "cut-over", payload: { container, attachments: previous, previous: attachments } }],
  "update-container": ({ container, update, previous }) => [
    { kind: "update-container", payload: { container, update: previous, previous: update } },
  ],
  "connect-network": ({ container, attachment }) => [
    {
      kind: "disconnect-network",
      payload: { container, network: attachment.network, previous: attachment },
    },
  ],
  "disconnect-network": ({ container, previous }) =>
    previous === undefined ? [] : [{ kind: "connect-network", payload: { container, attachment: previous } }],
  "stop-container": ({ container, restart, gate }) =>
    gate === undefined
      ? []
      : [
          {
            kind: "update-container",
            payload: { container, update: { restart }, previous: { restart: { name: "no" } } },
          },
          { kind: "start-container", payload: { container } },
          { kind: "gate-container", payload: { container, gate } },
        ],
  "rename-container": ({ container, from, to, reversible }) =>
    reversible ? [{ kind: "rename-container", payload: { container, from: to, to: from } }] : [],
  "remove-container": () => [],
  "remove-network": () => [],
  "remove-files": () => [],
  "remove-image": () => [],
  "create-stored": () => [],
  "remove-stored": () => [],
  // What it takes to remove it again is known with the step alone: see `undoOf`.
  "create-service": () => [],
  // Without a gate nobody waits for it: a job that would run once more, or the service that this program runs in.
  "update-service": ({ service, spec, previous, image, gate }) =>
    gate === undefined ? [] : goBack({ service, from: spec, to: previous, image, gate }),
  "remove-service": ({ previous, image = "", gate }) =>
    previous === undefined ? [] : makeAnew(previous, image, gate),
  "gate-service": ({ service, gate, back }) =>
    back === undefined ? [] : goBack({ service, from: gate.spec, to: back.spec, image: back.image, gate }),
  pause: () => [],
};

interface ServiceReturn {
  readonly service: ContainerTarget;
  readonly from: ServiceSpec;
  readonly to: ServiceSpec;
  readonly image: string;
  readonly gate: ServiceGate;
}

/** Swarm knows no way back by itself from an update that it still waits for. */
function goBack({ service, from, to, image, gate }: ServiceReturn): readonly Undo[] {
  return [
    { kind: "update-service", payload: { service, spec: to, previous: from, image } },
    { kind: "gate-service", payload: { service, gate: { ...gate, spec: to } } },
  ];
}

/** The step before, whose name is known at the end of the way back alone. */
const stepBefore = "the step before";

function makeAnew(spec: ServiceSpec, image: string, gate: ServiceGate | undefined): readonly Undo[] {
  const service = { kind: "created", step: stepBefore, name: spec.Name } as const;
  return [
    { kind: "create-service", payload: { spec, image } },
    ...(gate === undefined ? [] : [{ kind: "gate-service", payload: { service, gate } } as const]),
  ];
}

/**
 * The way back for a failed change, or for all changes of a circle: the undo of every step that was begun, the last one
 * first, and at the end the removal of what was created. A step whose outcome is unknown counts as begun; every undo is
 * harmless if there is nothing to undo. Once names move there is no way back: the new container has passed its gate.
 *
 * @param change what failed, for the names of the steps
 * @param begun the steps that were begun, in order, the failed one last
 */
export function buildRollbackPlan(change: string, begun: readonly Step[]): readonly Step[] {
  const failed = begun.at(-1);
  if (failed === undefined || isPastReturn(failed)) return [];
  const restored = new Set(
    begun
      .filter(
        (step) =>
          step.kind === "stop-container" || (step.kind === "rename-container" && step.payload.reversible),
      )
      .map((step) => step.change),
  );
  const kept = new Set(begun.filter(isRun).map((step) => step.change));
  const undone = [...begun].reverse().flatMap((step) => {
    if (kept.has(step.change)) return [];
    // A container that was there before is stopped only for one that takes its place.
    if (isAboutLiving(step) && !restored.has(step.change)) return [];
    return undoOf(step).map((undo) => ({ undo, of: step }));
  });
  const removed = begun.flatMap((step) => {
    if (kept.has(step.change)) return [];
    const container = failedCandidate(step, begun);
    if (container === undefined) return [];
    return [{ undo: { kind: "remove-container", payload: { container } } as const, of: step }];
  });
  const all = [...undone, ...removed];
  const ids = all.map(({ undo }, index) => `undo ${index + 1} of ${change}: ${undo.kind}`);
  return all.map(({ undo, of }, index) => ({
    ...undo,
    ...(undo.kind === "gate-service" ? { payload: aimed(undo.payload, ids[index - 1]) } : {}),
    id: ids[index],
    dependsOn: [],
    after: [],
    change: of.change ?? change,
    cause: `rollback: ${failed.id} failed`,
  })) as readonly Step[];
}

function aimed(payload: StepPayloads["gate-service"], before = ""): StepPayloads["gate-service"] {
  const { service } = payload;
  const isMade = service.kind === "created" && service.step === stepBefore;
  return isMade ? { ...payload, service: { ...service, step: before } } : payload;
}

/**
 * What is of no use any more: a container that this run created, or one that an interrupted run did and that failed at
 * its gate now. One that was brought back from where it was kept goes there again instead.
 */
function failedCandidate(step: Step, begun: readonly Step[]): ContainerTarget | undefined {
  if (step.kind === "create-container") return { kind: "created", step: step.id, name: step.payload.name };
  if (step.kind !== "gate-container") return undefined;
  const { container } = step.payload;
  if (container.kind === "created" || !isCandidate(container)) return undefined;
  const siblings = begun.filter(({ change }) => change === step.change);
  const isBroughtBack = siblings.some(
    (other) => other.kind === "rename-container" && other.payload.reversible === true,
  );
  const hasFallback = siblings.some((other) => other.kind === "stop-container");
  return hasFallback && !isBroughtBack ? container : undefined;
}

/** Whether a run has begun is not known: taken back, its time would be served once more. */
function isRun(step: Step): boolean {
  return step.kind === "start-container" && step.payload.run === true;
}

/** Steps after which the new container counts. */
export function isPastReturn(step: Step): boolean {
  if (step.kind === "rename-container") return !step.payload.reversible;
  return step.kind === "remove-container" || (step.kind === "remove-service" && !step.payload.previous);
}

function isAboutLiving(step: Step): boolean {
  return (
    (step.kind === "start-container" || step.kind === "gate-container") &&
    step.payload.container.kind === "actual"
  );
}

function undoOf(step: Step): readonly Undo[] {
  if (step.kind === "create-service") {
    const service = { kind: "created", step: step.id, name: step.payload.spec.Name } as const;
    return [{ kind: "remove-service", payload: { service } }];
  }
  const undo = undoTable[step.kind] as (payload: Step["payload"]) => readonly Undo[];
  return undo(step.payload);
}

/** A container that has not replaced the one that served before. */
function isCandidate(container: ContainerTarget): boolean {
  return container.kind === "created" || parseRoleName(container.name).role === "next";
}

/** Stopping what failed needs no patience: it never served, or it serves badly. */
function stop(container: ContainerTarget): Undo {
  return { kind: "stop-container", payload: { container, timeoutSeconds: 3, restart: { name: "no" } } };
}
