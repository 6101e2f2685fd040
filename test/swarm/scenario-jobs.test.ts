/** Jobs on a real Swarm of one manager. */
import { onCluster } from "./scenario-lab.ts";
import { jobOfStranger, migrationGates, timerUnderApplies, timerUnderDaemon } from "./scenarios/jobs.ts";
import { patiently } from "./scenarios/observing.ts";

onCluster(
  "jobs",
  (scenario) => {
    scenario(
      "case 126: a migration runs once for each of its specs, and its dependents wait for its success",
      patiently(migrationGates),
    );
    scenario("case 126: a job that a person has run again is not run once more", patiently(jobOfStranger));
    scenario(
      "case 126: a job with a timer runs once for each of its times, whatever applies there are",
      patiently(timerUnderApplies),
    );
    scenario(
      "case 126: a job with a timer runs once for each of its times under the daemon",
      patiently(timerUnderDaemon),
    );
  },
  { managers: 1 },
);
