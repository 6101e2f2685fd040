import { isReconcilerError, ReconcilerError } from "../../model/errors.ts";
import { labelKeys } from "../../model/ownership.ts";
import type { ServiceSpec } from "../../model/service-spec.ts";
import type { StepPayloads } from "../../model/step.ts";
import type { StepOutput } from "../../ports.ts";
import { specHash } from "../../swarm/canonical-spec.ts";
import { isOutOfSequence, isUnknownOutcome, statusOf } from "../api-errors.ts";
import { apiPath, unlessMissing } from "../engine-client.ts";
import { pause } from "../pause.ts";
import type { StepRun } from "../step-run.ts";
import { serviceBody } from "./service-body.ts";
import { assertNothingDropped, type LiveService, lookUpService, pullAuth } from "./service-calls.ts";
import { guardServiceApi } from "./service-guards.ts";

/** Writing passes the consensus of the managers; without a leader they answer after 20 s that there is none. */
const slowCall = 2;

/**
 * `POST /services/create`. The name is unique in the cluster; one that is taken already by a service of this very
 * rollout is the answer to an attempt whose own answer was lost.
 */
export async function executeCreateService(
  { spec, image }: StepPayloads["create-service"],
  run: StepRun,
): Promise<StepOutput> {
  const what = `create service "${spec.Name}"`;
  guardServiceApi(spec, what, run.engine.apiVersion);
  const body = await serviceBody(run.client, spec, what, run.signal);
  const serviceId = await create(body, image, what, run);
  const live = await lookUpService(serviceId, what, run);
  if (live === undefined) throw new ReconcilerError("engine-conflict", `${what}: it was removed at once`);
  try {
    assertNothingDropped(body, live.spec, what);
  } catch (error) {
    await remove(serviceId, what, run);
    throw error;
  }
  return { serviceId };
}

async function create(body: ServiceSpec, image: string, what: string, run: StepRun): Promise<string> {
  const request = {
    what,
    path: "/services/create",
    body,
    patience: slowCall,
    ...(await pullAuth(image, run)),
  };
  try {
    return (await run.client.post<{ ID: string }>(request, run.signal)).ID;
  } catch (error) {
    const isTaken = statusOf(error) === 409;
    if (run.signal.aborted || !(isTaken || isUnknownOutcome(error))) throw error;
    const made = await lookUpService(body.Name, what, run);
    if (made !== undefined && isOfThisRollout(made, body)) return made.id;
    if (!isTaken) throw error;
    throw new ReconcilerError("engine-conflict", `${what}: another service has this name`, {
      hint: `remove or rename it: docker service inspect ${body.Name}`,
      cause: error,
    });
  } finally {
    run.serviceChanged();
  }
}

function isOfThisRollout({ labels }: LiveService, { Labels: wanted = {} }: ServiceSpec): boolean {
  const own = [labelKeys.project, labelKeys.environment, labelKeys.workload, labelKeys.txn];
  return wanted[labelKeys.txn] !== undefined && own.every((key) => labels[key] === wanted[key]);
}

/** How often to begin anew when somebody else was faster, and about how long to let them go on. */
const updateTries = 5;
const betweenTriesMs = 100;

/**
 * `POST /services/{id}/update` with the version that the service was looked at in, so that nobody is overwritten unseen.
 * A service that is as wanted gets no update at all: Swarm would forget what it can go back to, would run a job again,
 * and for a paused update would give up the tasks that still serve.
 */
export async function executeUpdateService(
  payload: StepPayloads["update-service"],
  run: StepRun,
): Promise<void> {
  const { service, spec, previous, image } = payload;
  const what = `update service "${service.name}"`;
  const id = run.idOf(service);
  guardServiceApi(spec, what, run.engine.apiVersion);
  const body = await serviceBody(run.client, spec, what, run.signal);
  for (let attempt = 1; ; attempt += 1) {
    const live = await lookUpService(id, what, run);
    if (live === undefined) throw intervened(what, "somebody removed it meanwhile");
    if (isAsWanted(live.spec, spec)) return;
    if (!isAsBefore(live.spec, previous)) throw intervened(what, "somebody else changed it meanwhile");
    if ((await update(live, body, image, what, run)) === "done") break;
    if (attempt === updateTries) throw intervened(what, `others changed it ${updateTries} times in a row`);
    await pause(betweenTriesMs * (1 + run.chance()), run.signal);
  }
  const updated = await lookUpService(id, what, run);
  const isOurs = updated?.labels[labelKeys.txn] === body.Labels?.[labelKeys.txn];
  if (updated !== undefined && isOurs) assertNothingDropped(body, updated.spec, what);
}

/** A number of forced updates counts when the spec names one: that is how a job is run again. */
function isAsWanted(live: ServiceSpec, wanted: ServiceSpec): boolean {
  const { ForceUpdate = live.TaskTemplate.ForceUpdate } = wanted.TaskTemplate;
  return specHash(live) === specHash(wanted) && ForceUpdate === live.TaskTemplate.ForceUpdate;
}

function isAsBefore(live: ServiceSpec, previous: ServiceSpec): boolean {
  const forced = (spec: ServiceSpec) => spec.TaskTemplate.ForceUpdate ?? 0;
  return specHash(live) === specHash(previous) && forced(live) === forced(previous);
}

async function update(
  { id, version }: LiveService,
  body: ServiceSpec,
  image: string,
  what: string,
  run: StepRun,
): Promise<"done" | "look again"> {
  const auth = await pullAuth(image, run);
  const request = {
    ...{ what, path: apiPath`/services/${id}/update`, body, patience: slowCall },
    // Without credentials of our own the nodes go on with those that the service has.
    query: { version: String(version), registryAuthFrom: "spec" },
    ...auth,
  };
  try {
    await run.client.post(request, run.signal);
    return "done";
  } catch (error) {
    // Both are told by another look: who was faster, and whether an update without an answer was made.
    if (isOutOfSequence(error) || (isUnknownOutcome(error) && !run.signal.aborted)) return "look again";
    throw error;
  } finally {
    run.serviceChanged();
  }
}

function intervened(what: string, reason: string): ReconcilerError {
  return new ReconcilerError("precondition-failed", `${what}: ${reason}, it was not overwritten`, {
    hint: "look at it with docker service inspect, then run again",
  });
}

/** `DELETE /services/{id}`; 404 is as wanted. Its tasks end after the answer. */
export async function executeRemoveService(
  { service }: StepPayloads["remove-service"],
  run: StepRun,
): Promise<void> {
  await remove(run.idOf(service), `remove service "${service.name}"`, run);
}

async function remove(id: string, what: string, run: StepRun): Promise<void> {
  try {
    const request = { what, path: apiPath`/services/${id}`, patience: slowCall };
    await unlessMissing(run.client.delete(request, run.signal));
  } catch (error) {
    if (!isReconcilerError(error) || run.signal.aborted || !isUnknownOutcome(error)) throw error;
    if ((await lookUpService(id, what, run)) !== undefined) throw error;
  } finally {
    run.serviceChanged();
  }
}
