/** A short form of the scenarios on a Swarm of three managers, on the newest Engine; `npm run test:swarm` has all of them. */
import { onCluster } from "../swarm/scenario-lab.ts";
import { exampleRepository, prepareExample } from "../swarm/scenarios/example.ts";
import { nodeKilledInUpdate } from "../swarm/scenarios/lost-nodes.ts";
import { badBuild, deployChangeRemove } from "../swarm/scenarios/rollouts.ts";

onCluster(
  "in short",
  (scenario) => {
    scenario("the example repository runs unchanged, and again there is nothing to do", exampleRepository);
    scenario(
      "W1, W9: services are deployed, changed, scaled and removed, and nothing is done twice",
      (system) => deployChangeRemove(system, 8),
    );
    scenario("case 114: a build that exits at once is rolled back and not tried again", (system) =>
      badBuild(system, { image: "lab/web:64-crashes", words: /exit/, healthy: 2 }),
    );
    scenario("a node is lost in the middle of an update", (system) => nodeKilledInUpdate(system, false));
  },
  { on: ["newest"], prepare: prepareExample },
);
