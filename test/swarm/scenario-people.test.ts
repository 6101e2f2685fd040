/** What people do on a real Swarm of three managers, each command through another one. */
import { onCluster } from "./scenario-lab.ts";
import { patiently } from "./scenarios/observing.ts";
import {
  busyReconciler,
  contenders,
  heldService,
  meddledBetween,
  meddledDuring,
  meddledWhileWatched,
  rollbackAfterNoOp,
  rollbackAfterSwarm,
  rollbackToRevision,
} from "./scenarios/people.ts";

onCluster("people", (scenario) => {
  scenario(
    "hold, status, explain, release and history say the same through every manager",
    patiently(heldService),
  );
  scenario(
    "W3: rollback brings the last good build back after Swarm has forgotten it",
    patiently(rollbackAfterSwarm),
  );
  scenario(
    "W1: rollback brings the last good build back after an update without a change",
    patiently(rollbackAfterNoOp),
  );
  scenario(
    "rollback --to brings a revision of the history back, and it stays",
    patiently(rollbackToRevision),
  );
  scenario("case 19: of three at once one does everything, and nothing is done twice", patiently(contenders));
  scenario("case 19: while a run is at work another one is busy and changes nothing", busyReconciler);
  scenario("case 116: what a person changed between two runs is put right", patiently(meddledBetween));
  scenario("W6, case 115: what a person changed under a run is not overwritten", patiently(meddledDuring));
  scenario(
    "case 116: what a person changed while a run watched its update is left to the next run",
    patiently(meddledWhileWatched),
  );
});
