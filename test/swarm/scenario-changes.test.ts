/** Files, ports, names and networks that change, and others who change things too, on a real Swarm of three managers. */
import { onCluster } from "./scenario-lab.ts";
import {
  changedBetweenRuns,
  changedDuringRun,
  changedFiles,
  movedPort,
  networkLast,
  pausedUpdate,
  recreated,
} from "./scenarios/changes.ts";

onCluster("changes", (scenario) => {
  scenario("W6, case 115: somebody else's update during a run is not overwritten", changedDuringRun);
  scenario("case 116: somebody else's update between runs is put right", changedBetweenRuns);
  scenario("W2, cases 111 to 113: a paused update is never sent again", pausedUpdate);
  scenario("W12, case 120: changed files are new objects, and old ones go when Swarm cannot need them", changedFiles);
  scenario("W13, case 122: a port moves between services in one commit", movedPort);
  scenario("W7, case 121: another mode and another name are blocked until somebody allows them", recreated);
  scenario("W14, case 129: a network goes after the last task on it", networkLast);
});
