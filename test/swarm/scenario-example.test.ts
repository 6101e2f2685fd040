/** The example repository, unchanged, on a real Swarm of three managers. */
import { onCluster } from "./scenario-lab.ts";
import { exampleRepository, prepareExample } from "./scenarios/example.ts";

onCluster(
  "the example repository",
  (scenario) => {
    scenario("the example repository runs unchanged, and again there is nothing to do", exampleRepository);
  },
  { prepare: prepareExample },
);
