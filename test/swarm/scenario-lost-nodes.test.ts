/** Nodes that are lost in the middle of an update, on a real Swarm of three managers. */
import { onCluster } from "./scenario-lab.ts";
import { nodeKilledInUpdate, ownNodeKilledInUpdate } from "./scenarios/lost-nodes.ts";

onCluster("lost nodes", (scenario) => {
  scenario("a node is lost in the middle of an update", (system) => nodeKilledInUpdate(system, false));
  scenario("the leader is lost in the middle of an update", (system) => nodeKilledInUpdate(system, true));
  scenario("the node that the run talks to is lost in the middle of an update", ownNodeKilledInUpdate);
});
