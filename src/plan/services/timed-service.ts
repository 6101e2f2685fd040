import type { ActualService } from "../../model/actual-swarm.ts";
import { labelKeys } from "../../model/ownership.ts";
import type { ServiceSpec } from "../../model/service-spec.ts";
import type { TimerSpec } from "../../model/timer.ts";
import { taskDiffers } from "../../swarm/canonical-spec.ts";
import { isJob } from "../../swarm/convergence.ts";
import { diffSpecs } from "../../swarm/diff-specs.ts";
import { jobRunOf } from "../../swarm/job-run.ts";
import { mergeForUpdate } from "../../swarm/merge-for-update.ts";
import { dueOf } from "../due.ts";
import { type Timing, timerNotes, whenCause } from "../timed.ts";
import { timerFacts, timerId, timerState } from "../timer-state.ts";
import { forcedAgain, type ServiceDecision } from "./assess-service.ts";
import { modeOf, recreation } from "./recreate-service.ts";
import type { ServicePair } from "./service-pair.ts";
import type { ServiceWorld } from "./service-world.ts";

/** When the job of a service runs. */
export function serviceTimingOf(
  { workload, current }: ServicePair,
  timer: TimerSpec,
  { world }: ServiceWorld,
): Timing {
  const { key } = workload;
  const isOurs = current?.ownership.kind === "owned" && current.record.workload === key;
  // What has been no job until now has not run as one.
  const containers = isOurs && isJob(current.spec) ? [jobRunOf(current)] : [];
  const state = timerState({ key, workload, timer, containers }, world.ledger, world.now);
  if (world.isTimeless) return { timer, state };
  const facts = timerFacts(state, timerId(world.desired, key), world.watch);
  return { timer, state, ...dueOf(timer, facts, world.now) };
}

/**
 * A job with a timer is a service that is armed: it is to complete no task, so that a wrong name, mount or secret shows at
 * once. When it is due it is to complete one; each run is an iteration of the job. The time that it serves is in a label,
 * which changes together with the iteration. Nothing is done to a run that is under way.
 */
export function assessTimedService(
  pair: ServicePair,
  timer: TimerSpec,
  services: ServiceWorld,
): ServiceDecision {
  const { workload, current } = pair;
  const timing = serviceTimingOf(pair, timer, services);
  const { due } = timing;
  const spec = withRun(services.specOf(workload), due);
  const served = due === undefined ? {} : { due };
  const when = whenCause(timing, services.world);
  if (current === undefined) return { kind: "create", spec, cause: when, notes: [], ...served };
  const notes = timerNotes(timing, services.world);
  if (timing.state.isRunning) return { kind: "unchanged", notes };
  const isRenamed = current.name !== pair.name;
  if (isRenamed || modeOf(current.spec) !== modeOf(spec)) {
    const fields = diffSpecs(current.spec, spec, workload);
    return recreation(pair, current, { spec, fields, notes, isRenamed }, services);
  }
  const isSame = !taskDiffers(current.spec, spec) && current.ownership.kind === "owned";
  if (isSame && due === undefined) return { kind: "unchanged", notes };
  const fields = isSame ? [] : diffSpecs(current.spec, withRunOf(spec, current), workload);
  const cause = isSame ? when : "the configuration changed";
  const merged = forcedAgain(mergeForUpdate(current.spec, spec), current.spec);
  return {
    kind: "update",
    current,
    spec: merged,
    fields,
    cause,
    notes: isSame ? [] : notes,
    ...served,
    isUngated: true,
  };
}

/** The spec that runs the job once for this time, or only arms it. */
export function withRun(spec: ServiceSpec, due: string | undefined): ServiceSpec {
  const TotalCompletions = due === undefined ? 0 : 1;
  const Labels = due === undefined ? spec.Labels : { ...spec.Labels, [labelKeys.due]: due };
  return {
    ...spec,
    ...(Labels === undefined ? {} : { Labels }),
    Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions } },
  };
}

/** That a run is over is no difference. */
function withRunOf(spec: ServiceSpec, { spec: live }: ActualService): ServiceSpec {
  return live.Mode === undefined ? spec : { ...spec, Mode: live.Mode };
}
