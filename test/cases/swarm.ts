import type { Case } from "../cases.ts";

const updates = "unit/reconcile/swarm-updates";
const relations = "unit/reconcile/swarm-relations";

export const swarmCases: readonly Case[] = [
  {
    number: 110,
    situation: "A manager answers with defaults, ids of networks and empty members that nobody declared.",
    outcome: "The service is equal to what is declared.",
    test: [updates, "case 110: must be found equal after its way through the cluster"],
  },
  {
    number: 111,
    situation: "Nothing about a service has changed.",
    outcome: "No update is sent; its version and the spec that Swarm would go back to stay as they are.",
    test: [updates, "case 111: must not be updated"],
  },
  {
    number: 112,
    situation: "An update is paused, and its build is still what the configuration asks for.",
    outcome:
      "It is reported as failed and never sent again; a rollback on request, or another commit, ends it without an interruption.",
    test: [updates, "case 112: must be reported as failed, and never be sent again"],
  },
  {
    number: 113,
    situation: "An update is paused, and the configuration asks for another build.",
    outcome: "The service is updated to that; the old task serves until the new one runs.",
    test: [updates, "case 113: must give way to another build"],
  },
  {
    number: 114,
    situation: "Swarm has rolled a build back by itself.",
    outcome:
      "The run ends with exit 1 and the build is set aside, even when the run that tried it was killed before it could write that down.",
    test: [updates, "case 114: must be set aside, also when the run was killed"],
  },
  {
    number: 115,
    situation: "Somebody changes a service between the plan and its update.",
    outcome: "It is not overwritten; the next run looks at what is there and decides.",
    test: [
      "unit/reconcile/swarm-strangers",
      "case 115: must not be overwritten when it happens between the plan and the update",
    ],
  },
  {
    number: 116,
    situation: "A service is changed by hand.",
    outcome:
      "The next run puts it right and says what it was; a change that comes again and again is told, not fought.",
    test: ["unit/reconcile/swarm-strangers", "case 116: must be put right when it is a change by hand"],
  },
  {
    number: 117,
    situation: "A service publishes a port of its node.",
    outcome:
      "The old task is stopped first, unless declared otherwise; an update that waits for ever is taken back.",
    test: [
      "unit/reconcile/swarm-limits",
      "case 117: must be stopped first when it publishes a port of its node",
    ],
  },
  {
    number: 118,
    situation: "No node fits the constraints of a service.",
    outcome: "It fails after a deadline of ours, with Swarm's own words.",
    test: ["unit/reconcile/swarm-limits", "case 118: must fail after a deadline with Swarm's own words"],
  },
  {
    number: 119,
    situation: "A service is scaled, or is to have no replicas.",
    outcome: "Its tasks are judged, because Swarm tells no state; none at all is good at once.",
    test: [updates, "case 119: must count at once with no replicas"],
  },
  {
    number: 120,
    situation: "A file changes that a service mounts.",
    outcome:
      "It is a new config or secret, and the service is pointed to it; the old one goes when neither the spec nor the one before names it.",
    test: [
      "unit/reconcile/swarm-objects",
      "case 120: must be kept while a spec or the one before names them",
    ],
  },
  {
    number: 121,
    situation: "The mode or the name of a service changes.",
    outcome:
      "It is blocked until `--recreate` allows to remove it and make it anew; the old one comes back when the new one fails.",
    test: [
      "unit/reconcile/swarm-limits",
      "case 121: must go back to the service as it was when the new one fails",
    ],
  },
  {
    number: 122,
    situation: "A published port moves from one service to another in one commit.",
    outcome: "It is given before it is taken, and taken only when the giver has proved itself.",
    test: [relations, "case 122: must be given before they are taken"],
  },
  {
    number: 123,
    situation: "The image is in a registry that wants credentials.",
    outcome: "Every update carries them; without some of our own the service keeps those that it has.",
    test: ["swarm/adapter-registry", "case 123 must give the nodes our credentials"],
  },
  {
    number: 124,
    situation: "A tag is moved, or its registry is away.",
    outcome: "The service keeps the digest that it has; where none could be had the plan says so.",
    test: ["unit/reconcile/swarm-limits", "case 124: must be pinned once, kept when the tag moves"],
  },
  {
    number: 125,
    situation: "A node joins or is drained while a service on every node is updated.",
    outcome: "The nodes count that can run it at that moment.",
    test: ["unit/reconcile/swarm-nodes", "case 125: must count a node that joins in the middle"],
  },
  {
    number: 126,
    situation: "A job runs as a service, which every update would run again.",
    outcome: "It runs once for each spec; nothing is sent because of labels, and it is never taken back.",
    test: ["unit/reconcile/swarm-jobs", "case 126: must run once for each build"],
  },
  {
    number: 127,
    situation: "The Swarm has no leader, is locked or broken.",
    outcome: "The run ends with exit 5 before anything is done, and nothing is removed.",
    test: ["unit/reconcile/swarm-limits", "case 127: must stop the run before anything is done"],
  },
  {
    number: 128,
    situation: "The Engine is a worker of a Swarm.",
    outcome: "A clear error; any manager will do, whether it leads or not.",
    test: ["swarm/adapter-trouble", "case 128 must say on a worker where the managers are"],
  },
  {
    number: 129,
    situation: "A network is no longer needed.",
    outcome: "It is removed after the last service has left it, and its tasks are waited for.",
    test: [
      "unit/reconcile/swarm-objects",
      "case 129: must be created first and removed after the last service has left them",
    ],
  },
  {
    number: 130,
    situation: "A network is external, and others use it as well.",
    outcome: "It is never made and never removed.",
    test: ["unit/reconcile/swarm-objects", "case 130: that are external must never be made or removed"],
  },
];

const facts = "unit/reconcile/swarm-facts";
const refusals = "unit/reconcile/swarm-refusals";

/** What was measured on real Swarms; the tests bear the names `W1` to `W16`. */
export const swarmFacts: readonly Case[] = [
  {
    number: 151,
    situation: "W1: An update without a difference would make Swarm forget what it can go back to.",
    outcome: "None is ever sent.",
    test: [facts, "W1: would forget what Swarm can go back to"],
  },
  {
    number: 152,
    situation: "W2: The same spec once more, while its update is paused, would end the last healthy task.",
    outcome: "Nothing is sent to a paused service unless its tasks are to be others.",
    test: [facts, "W2: would end the last healthy task of a paused update"],
  },
  {
    number: 153,
    situation: "W3: Swarm rolls a bad build back together with our labels.",
    outcome: "The ledger and the failed tasks tell that it was tried.",
    test: [facts, "W3: is rolled back with labels and all by Swarm"],
  },
  {
    number: 154,
    situation: "W4: A health check never succeeds.",
    outcome: "The task fails, the old one serves, and the report has its words.",
    test: [facts, "W4: a check that never succeeds fails in its task"],
  },
  {
    number: 155,
    situation: "W5: An update waits for ever for a port of a node.",
    outcome: "A deadline of ours takes it back, also when another run had sent it.",
    test: [facts, "W5: is one of a host port that the old task holds"],
  },
  {
    number: 156,
    situation: "W6: Several writers change a service at once.",
    outcome: "One of them wins; we look again before we write again.",
    test: [refusals, "W6: a stale version; of several writers one wins"],
  },
  {
    number: 157,
    situation: "W7: Swarm refuses another mode and another name.",
    outcome: "The plan says so before, and how to allow it.",
    test: [refusals, "W7: another mode or another name"],
  },
  {
    number: 158,
    situation: "W8: Another order of the environment would restart tasks.",
    outcome: "What is equal keeps the order that it has.",
    test: [refusals, "W8: another order of the environment would restart tasks"],
  },
  {
    number: 159,
    situation: "W9: Scaling leaves no state of an update.",
    outcome: "The tasks are judged.",
    test: [refusals, "W9: more replicas give no state of an update"],
  },
  {
    number: 160,
    situation: "W10: A container of a task is changed behind Swarm's back.",
    outcome: "It does not show on the service and is left to Swarm.",
    test: [refusals, "W10: what somebody did to a task's container does not show"],
  },
  {
    number: 161,
    situation: "W11: A task is killed by hand.",
    outcome: "Swarm replaces it, and the run waits for that.",
    test: [refusals, "W11: a task that somebody killed is replaced by Swarm"],
  },
  {
    number: 162,
    situation: "W12: Configs and secrets cannot be changed, nor removed while they are in use.",
    outcome: "Other content has another name, and what is unused goes last.",
    test: [refusals, "W12: other data under the same name"],
  },
  {
    number: 163,
    situation: "W13: Two services cannot publish the same port of the mesh.",
    outcome: "The plan blocks the second one and names the first.",
    test: [refusals, "W13: a port that another service publishes"],
  },
  {
    number: 164,
    situation: "W14: Networks are stored by id and cannot be removed while they are in use.",
    outcome: "They are compared by name and removed last.",
    test: [refusals, "W14: the removal of a network that a service uses"],
  },
  {
    number: 165,
    situation: "W15: A Swarm without a leader answers 503.",
    outcome: "That never reads as a Swarm without services.",
    test: [refusals, "W15: a Swarm without a leader must never read as one without services"],
  },
  {
    number: 166,
    situation: "W16: The first update after the creation is a bad build.",
    outcome: "The old task survives it.",
    test: [facts, "W16: the old task survives the first update after the creation"],
  },
];
