import { workloadIdentity } from "../../model/fingerprint.ts";
import { backOffMs, type FailedBuild, failureOf, fightOver, holdOf } from "../../model/ledger.ts";
import { isRolledBack, newestTrouble, textOf } from "../../swarm/convergence.ts";
import { holdCause, type Standing } from "../standing.ts";
import { timeText } from "../time-text.ts";
import { changedByHand, type ServiceDecision } from "./assess-service.ts";
import type { ServicePair } from "./service-pair.ts";
import type { ServiceWorld } from "./service-world.ts";

/**
 * What the ledger makes of a decision: what a person holds stays, a build that failed is not tried again yet, and what
 * somebody else keeps undoing is not fought for.
 */
export function heedLedgerOnService(
  pair: ServicePair,
  decision: ServiceDecision,
  services: ServiceWorld,
): ServiceDecision {
  const { world } = services;
  const { workload } = pair;
  const hold = holdOf(world.ledger, workload.key, world.fingerprintOf(workload), world.now);
  if (hold !== undefined) {
    const due = "due" in decision ? decision.due : undefined;
    const missed = due === undefined ? "" : `; due since ${timeText(due)}, it is not run`;
    const standing: Standing = { kind: "held", cause: `${holdCause(hold)}${missed}`, handsOff: true };
    return { kind: "unchanged", notes: [], standing };
  }
  if (world.retry.has(workload.key)) return decision;
  if (decision.kind !== "create" && decision.kind !== "update" && decision.kind !== "recreate")
    return decision;
  return setAside(pair, decision, services) ?? avoidFight(pair, decision, services);
}

/** A failure that a run has noted, or one that only Swarm knows of, because the run that tried it was killed. */
function setAside(
  pair: ServicePair,
  decision: ServiceDecision,
  { world }: ServiceWorld,
): ServiceDecision | undefined {
  const { workload } = pair;
  const tried = { workload: workload.key, build: workloadIdentity(workload), imageId: undefined };
  const noted = failureOf(world.ledger, tried, world.now);
  const isKnown = world.ledger.failures.some(
    (failure) => failure.workload === tried.workload && failure.build === tried.build,
  );
  const rolledBack = isKnown ? undefined : rolledBackReason(pair, decision, world.now);
  const said = noted === undefined ? rolledBack : notedReason(noted);
  if (said === undefined) return undefined;
  const cause = `${said} with --retry ${workload.key}`;
  const fields = "fields" in decision ? decision.fields : [];
  return { kind: "blocked", cause, fields, standing: { kind: "set-aside", cause } };
}

function notedReason({ attempts, failedAt, nextTry, reason }: FailedBuild): string {
  const tries = attempts === 1 ? "" : ` ${attempts} times, last`;
  return `this build failed${tries} at ${timeText(failedAt)}: ${reason}; it is tried again when it changes, after ${timeText(nextTry)}, or`;
}

/**
 * Swarm has rolled this very build back: the tasks of it that failed are still in its memory. It stands even if the
 * run that sent it was killed before it could write that down.
 */
function rolledBackReason(
  { current }: ServicePair,
  decision: ServiceDecision,
  now: string,
): string | undefined {
  if (current === undefined || decision.kind !== "update") return undefined;
  const isTakenBack = current.update?.state.startsWith("rollback") === true || isRolledBack(current);
  if (!isTakenBack) return undefined;
  const newest = newestTrouble(current, decision.spec);
  if (newest === undefined) return undefined;
  const nextTryMs = Date.parse(newest.at) + backOffMs(1);
  if (nextTryMs <= Date.parse(now)) return undefined;
  const nextTry = timeText(new Date(nextTryMs).toISOString());
  return `Swarm rolled this build back at ${timeText(newest.at)}: ${textOf(newest)}; it is tried again when it changes, after ${nextTry}, or`;
}

/** Why a service that the configuration no longer names stays all the same. */
export function orphanServiceHold(workload: string, { world }: ServiceWorld): string | undefined {
  const hold = holdOf(world.ledger, workload, undefined, world.now);
  return hold === undefined || hold.rejectedSpec !== undefined ? undefined : holdCause(hold);
}

/** What somebody did on the cluster that this decision puts right; `undefined` when there is another reason for it. */
export function serviceDrift(
  { workload }: ServicePair,
  decision: ServiceDecision,
  { world }: ServiceWorld,
): string | undefined {
  if (decision.kind === "create") {
    const known = world.ledger.good.find((good) => good.workload === workload.key);
    const isGone = known?.spec === world.fingerprintOf(workload) && workload.kind === "service";
    return isGone ? "removed" : undefined;
  }
  if (decision.kind !== "update" || decision.cause !== changedByHand) return undefined;
  return `changed: ${decision.fields.map(({ field }) => field).join(", ")}`;
}

/** Somebody undoes our repairs again and again: it is said instead of going on for ever. */
function avoidFight(pair: ServicePair, decision: ServiceDecision, services: ServiceWorld): ServiceDecision {
  const { key } = pair.workload;
  const drift = serviceDrift(pair, decision, services);
  const fight = drift === undefined ? undefined : fightOver(services.world.ledger, key, services.world.now);
  if (fight === undefined) return decision;
  const cause = `was put right ${fight.repairs} times since ${timeText(fight.since)} and is ${fight.found} again; somebody else manages it: perhaps docker stack deploy or another tool; it is put right again after ${timeText(fight.nextTry)}, or with --retry ${key}`;
  return { kind: "blocked", cause, fields: [], standing: { kind: "set-aside", cause } };
}
