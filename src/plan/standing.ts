import type { ActualContainer } from "../model/actual-state.ts";
import type { Change } from "../model/change.ts";
import { workloadIdentity } from "../model/fingerprint.ts";
import { type FailedBuild, failureOf, fightOver, type Hold, holdOf } from "../model/ledger.ts";
import { parseRoleName } from "../model/ownership.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { type AssessContext, type Decision, revival } from "./assess.ts";
import { driftOf } from "./causes.ts";
import { localImage } from "./local-image.ts";
import type { Pair } from "./pair.ts";
import { assessRollback, isUnfinished } from "./rollback-request.ts";
import { timeText } from "./time-text.ts";
import type { World } from "./world.ts";

/** Why an instance stays as it is although the configuration asks for something else, or might. */
export interface Standing {
  readonly kind: Extract<Change["kind"], "held" | "set-aside">;
  readonly cause: string;
  /** Nothing at all is done about it, not even tidying up. */
  readonly handsOff?: true;
}

/**
 * What the ledger makes of a decision: what a person holds stays, a build that failed is not tried again yet, and what
 * somebody else keeps undoing is not fought for. Whatever runs meanwhile is kept running.
 */
export function heedLedger(pair: Pair, decision: Decision, context: AssessContext): Decision {
  const { world } = context;
  const { workload } = pair.instance;
  const spec = world.fingerprintOf(workload);
  const hold = holdOf(world.ledger, workload.key, spec, world.now);
  if (hold !== undefined) return held(pair, hold, dueOfDecision(decision), context);
  if (world.retry.has(workload.key)) return decision;
  if (decision.kind === "create" || decision.kind === "replace" || dueOfDecision(decision) !== undefined) {
    const failure = knownFailure(workload, world);
    if (failure !== undefined) {
      const tries = failure.attempts === 1 ? "" : ` ${failure.attempts} times, last`;
      const cause = `this build failed${tries} at ${timeText(failure.failedAt)}: ${failure.reason}; it is tried again when it changes, after ${timeText(failure.nextTry)}, or with --retry ${workload.key}`;
      const fields = decision.kind === "replace" ? decision.fields : [];
      return (
        kept(pair, { kind: "set-aside", cause }, world) ?? {
          kind: "blocked",
          cause,
          fields,
          standing: { kind: "set-aside", cause },
        }
      );
    }
  }
  return avoidFight(pair, decision, world);
}

function knownFailure(workload: WorkloadSpec, world: World): FailedBuild | undefined {
  const { key, container } = workload;
  if (!world.ledger.failures.some((failure) => failure.workload === key)) return undefined;
  const imageId = localImage(world.actual, container)?.id;
  const tried = { workload: key, build: workloadIdentity(workload), imageId };
  return failureOf(world.ledger, tried, world.now);
}

/** Why a container that the configuration no longer names stays all the same; `undefined` when nobody holds it. */
export function orphanHold({ record }: ActualContainer, world: World): string | undefined {
  if (record.workload === undefined) return undefined;
  const hold = holdOf(world.ledger, record.workload, undefined, world.now);
  return hold === undefined || hold.rejectedSpec !== undefined ? undefined : holdCause(hold);
}

/** The time that a decision would start a job for. */
function dueOfDecision(decision: Decision): string | undefined {
  return "due" in decision ? decision.due : undefined;
}

export function holdCause(hold: Hold): string {
  const open =
    hold.rejectedSpec === undefined ? "it is released" : "the configuration asks for another build";
  const until = hold.until === undefined ? open : timeText(hold.until);
  return `held by ${hold.by} since ${timeText(hold.since)} until ${until}: ${hold.reason}`;
}

/**
 * A plain hold means hands off. One that a rollback set is about builds: the rejected one is not brought back, and where
 * the rollback was interrupted it is carried through.
 */
function held(pair: Pair, hold: Hold, due: string | undefined, context: AssessContext): Decision {
  const missed = due === undefined ? "" : `; due since ${timeText(due)}, it is not run`;
  const cause = `${holdCause(hold)}${missed}`;
  if (hold.rejectedSpec === undefined)
    return { kind: "unchanged", notes: [], standing: { kind: "held", cause, handsOff: true } };
  const standing: Standing = { kind: "held", cause };
  if (isUnfinished(pair, hold)) return assessRollback(pair, context);
  return kept(pair, standing, context.world) ?? { kind: "unchanged", notes: [], standing };
}

/** Brings a service that stands still back without changing what it is; `undefined` when it needs nothing. */
function kept(pair: Pair, standing: Standing, world: World): Decision | undefined {
  const { current, instance } = pair;
  if (current === undefined || current.ownership.kind !== "owned" || instance.workload.kind === "job")
    return undefined;
  const repair = revival(pair, current, world, standing.kind === "set-aside");
  return repair && { kind: "repair", current, repair, cause: standing.cause, notes: [], standing };
}

/** Somebody undoes our repairs again and again: it is said, with the likely rival, instead of going on for ever. */
function avoidFight(pair: Pair, decision: Decision, world: World): Decision {
  if (decision.kind === "unchanged" || decision.kind === "blocked") return decision;
  const { key } = pair.instance.workload;
  if (driftOf(pair, decision, world) === undefined) return decision;
  const fight = fightOver(world.ledger, key, world.now);
  if (fight === undefined) return decision;
  const cause = `was put right ${fight.repairs} times since ${timeText(fight.since)} and is ${fight.found} again; ${rivalText(pair, world)}; it is put right again after ${timeText(fight.nextTry)}, or with --retry ${key}`;
  return { kind: "blocked", cause, fields: [], standing: { kind: "set-aside", cause } };
}

function rivalText({ current, instance }: Pair, { actual }: World): string {
  const compose = current?.spec.labels["com.docker.compose.project"];
  if (compose !== undefined)
    return `likely Compose (project "${compose}") manages it too: docker compose -p ${compose} down`;
  if (actual.otherManagers.length > 0)
    return `likely ${actual.otherManagers.join(" or ")} changes it: stop that, or exclude this container there`;
  if (current?.state.status === "exited" && ![0, 137, 143].includes(current.state.exitCode))
    return `nobody stopped it, it exits by itself: see docker logs ${current.name}`;
  const unit = parseRoleName(instance.name).base;
  return `somebody else manages it: perhaps a unit of the host's systemd (systemctl disable --now ${unit}.service) or docker compose`;
}
