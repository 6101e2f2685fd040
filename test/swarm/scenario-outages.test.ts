/** A real Swarm whose managers and nodes fail: runs tell the truth about it, and what serves goes on serving. */
import { onCluster } from "./scenario-lab.ts";
import { drained, nodesChangeMidUpdate, nowhereToRun } from "./scenarios/eligible-nodes.ts";
import { cutOff, leaderless, managerLost } from "./scenarios/outages.ts";
import { locked, noSwarm, worker } from "./scenarios/roles.ts";

onCluster("outages", (scenario) => {
  scenario("case 118: a service that fits on no node fails at our deadline, and only that one", nowhereToRun);
  scenario("case 125: a drained node gives its tasks away, and is not waited for", drained);
  scenario(
    "case 125: a node is drained, and one comes back, in the middle of an update",
    nodesChangeMidUpdate,
  );
  scenario("W15, case 127: a manager that is cut off changes nothing, the majority goes on", (system) =>
    cutOff(system, "follower"),
  );
  scenario("W15, case 127: a leader that is cut off changes nothing, the majority goes on", (system) =>
    cutOff(system, "leader"),
  );
  scenario("case 127: a manager is lost and comes back", (system) => managerLost(system, "follower"));
  scenario("case 127: the leader is lost and comes back", (system) => managerLost(system, "leader"));
  scenario("W15, case 127: one manager of three is left, and nothing is removed", leaderless);
});

onCluster(
  "Engines without the say",
  (scenario) => {
    scenario("case 128: a worker cannot change services, but its own containers", worker);
    scenario("case 127: an Engine in no Swarm gets none of its services", noSwarm);
    scenario("W15, case 127: a locked Swarm is not taken for an empty one", locked);
  },
  { managers: 1, workers: 1 },
);
