/** Rollouts on a real Swarm of three managers. */
import { onCluster } from "./scenario-lab.ts";
import { pausedUpdate } from "./scenarios/paused.ts";
import { badBuild, badBuildAndKilledRun, deployChangeRemove } from "./scenarios/rollouts.ts";

onCluster("rollouts", (scenario) => {
  scenario(
    "W1, W9: twenty services are deployed, changed, scaled and removed, and nothing is done twice",
    (system) => deployChangeRemove(system),
  );
  scenario("W3, W4, case 114: a build that never gets healthy is rolled back and not tried again", (system) =>
    badBuild(system, { image: "lab/web:63-hangs", words: /unhealthy/, healthy: 2 }),
  );
  scenario(
    "case 114: an unhealthy build that ends in good order is rolled back and not tried again",
    (system) => badBuild(system, { image: "lab/web:61-sick", words: /unhealthy/, healthy: 1 }),
  );
  scenario("case 114: a build that exits at once is rolled back and not tried again", (system) =>
    badBuild(system, { image: "lab/web:64-crashes", words: /non-zero exit \(3\)/, healthy: 2 }),
  );
  scenario("case 114: a build without a health check that exits at once is rolled back", (system) =>
    badBuild(system, { image: "lab/web:60-exits", words: /non-zero exit \(3\)/, healthy: 0 }),
  );
  scenario("case 114: a build whose image is nowhere is rolled back and not tried again", (system) =>
    badBuild(system, { image: "lab/web:99-nowhere", words: /No such image|not found/i, healthy: 2 }),
  );
  scenario(
    "case 114: a bad build is not tried again although the run was killed that sent it",
    badBuildAndKilledRun,
  );
  scenario("W2, cases 111 to 113: a paused update is never sent again", pausedUpdate);
});
