/** What is remembered in the cluster, and runs at the same time, on a real Swarm of three managers. */
import { onCluster } from "./scenario-lab.ts";
import { memory, twoRuns } from "./scenarios/memory.ts";

onCluster("memory", (scenario) => {
  scenario("history, holds and ways back are the same through every manager", memory);
  scenario("two runs at once through two managers make one update", twoRuns);
});
