/** Requests while tasks are replaced, on a real Swarm of three managers. */
import { onCluster } from "./scenario-lab.ts";
import { prepareLoad, rolloutUnderLoad } from "./scenarios/load.ts";

onCluster(
  "traffic",
  (scenario) => {
    scenario("no request fails while three replicas are replaced", rolloutUnderLoad);
  },
  { prepare: prepareLoad },
);
