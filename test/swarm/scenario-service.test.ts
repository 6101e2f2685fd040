/**
 * The program as a service of a real Swarm of three managers, from the image that a repository's own build makes. Its
 * stacks are those of `deploy/swarm`, deployed by the docker client.
 */

import { makeToolImage } from "./program-image.ts";
import { onCluster } from "./scenario-lab.ts";
import { patiently } from "./scenarios/observing.ts";
import { daemonAsService, daemonUpdatesItself, onceAsJob } from "./scenarios/service.ts";

onCluster(
  "service",
  (scenario) => {
    scenario("one reconcile as a job of the Swarm ends with exit code 0", patiently(onceAsJob));
    scenario(
      "the daemon as a service converges, heals, and goes on elsewhere when its node is lost",
      patiently(daemonAsService),
    );
    scenario(
      "case 18: the daemon updates its own service after everything else",
      patiently(daemonUpdatesItself),
    );
  },
  { prepare: (cluster) => makeToolImage(cluster, (line) => process.stderr.write(`${line}\n`)) },
);
