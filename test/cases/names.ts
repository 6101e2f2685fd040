import type { Case } from "../cases.ts";

export const nameCases: readonly Case[] = [
  {
    number: 1,
    situation: "Nothing has changed since the last run.",
    outcome: "No call that could change anything is made, however often it is run.",
    test: ["unit/reconcile/failures", "1: must make no mutating call"],
  },
  {
    number: 2,
    situation: "A container is as desired, but an older version labelled it with another kind of hash.",
    outcome: "It stays; the label becomes current at the next real change.",
    test: ["unit/plan/normalize", "2: must not replace what is as desired because its label"],
  },
  {
    number: 3,
    situation:
      "The hash in the label is the right one, but the variables of the living container are others.",
    outcome: "The living container counts: it is replaced.",
    test: ["unit/plan/normalize", "3: must believe the live container and not its label"],
  },
  {
    number: 4,
    situation: "Two services exchange their container names in one commit.",
    outcome: "Both are renamed by way of a third name, without a restart.",
    test: ["unit/reconcile/failures", "4: swapped names must end right, and in one run"],
  },
  {
    number: 5,
    situation: "A service gets another name but keeps its port and its volume.",
    outcome: "The new one replaces the old one, which comes back if the new one is no good.",
    test: ["unit/plan/exchange", "5: a renamed workload with the same port and volume"],
  },
  {
    number: 6,
    situation: "A run died after it had created the new container.",
    outcome: "The next run removes that container and replaces the old one anew.",
    test: ["unit/plan/leftovers", "6: web + next (created): must remove next"],
  },
  {
    number: 7,
    situation: "A run died when the old container was stopped and the new one not yet started.",
    outcome: "The new one is started; if it is no good, the old one is.",
    test: ["unit/plan/leftovers", "7: web (stopped) + next (created)"],
  },
  {
    number: 8,
    situation: "A run died while the new container was at its gate.",
    outcome: "The gate goes on; the old container is kept until it has passed.",
    test: ["unit/plan/leftovers", "8: web (stopped) + next (running)"],
  },
  {
    number: 9,
    situation: "A run died between the two renames that end a replacement.",
    outcome: "The renames are finished: they only begin after the gate.",
    test: ["unit/plan/leftovers", "9: prev + next, no web: must finish the renames"],
  },
  {
    number: 10,
    situation: "The previous container is still there after a replacement.",
    outcome: "It is no difference, is never taken for the serving one, and goes when its time is over.",
    test: ["unit/reconcile/retention", "10: must be kept stopped under a name of its own"],
  },
  {
    number: 11,
    situation: "Interrupted runs have left several new containers of one service.",
    outcome: "The one that is as desired is kept, the others are removed.",
    test: ["unit/plan/leftovers", "11: several next: must keep the one that is as desired"],
  },
  {
    number: 12,
    situation: "Docker Compose has left a container with a prefixed name and its own labels.",
    outcome: "It is not touched; where its name is in the way, the plan says whose it is.",
    test: ["unit/plan/leftovers", "12: must not touch what docker compose left"],
  },
  {
    number: 13,
    situation: "A container that nobody declared bears the name that a workload wants.",
    outcome:
      "That workload alone is blocked; with `--adopt` the container is taken over, and comes back on failure.",
    test: ["unit/plan/blocked", "13: must take it over on request, and give it back"],
  },
  {
    number: 14,
    situation: "A container is to have a name of one letter, which the Engine does not allow.",
    outcome: "A mistake with its position, before the Engine is asked.",
    test: ["unit/unit/docker-run-flags", "is not a possible container name"],
  },
  {
    number: 15,
    situation: "A container already has the name that it is to get.",
    outcome: "No rename is planned.",
    test: ["unit/plan/repair", "15: must not rename to the present name"],
  },
  {
    number: 16,
    situation: "Somebody removes a container between plan and execution.",
    outcome: "Stopping and removing it count as done.",
    test: ["unit/reconcile/failures", "16: one that is removed between plan and execution"],
  },
  {
    number: 17,
    situation: "The Engine is still busy removing a container of the wanted name.",
    outcome: "The run waits for that and then creates the new one.",
    test: ["unit/plan/repair", "17: must wait for a container that is being removed"],
  },
  {
    number: 18,
    situation: "The program runs in a container that it manages itself.",
    outcome: "Nothing is done about that: a run that replaces its own container stops itself.",
    open: "not done yet: the program cannot hand its own replacement over to another container; do not declare the container that runs it",
  },
  {
    number: 19,
    situation: "Two runs of one environment at the same time.",
    outcome:
      "The second one waits; while the first one shows that it lives it ends as busy (exit 3) without a change.",
    test: ["unit/reconcile/time-and-order", "19: a run must change nothing while another one shows"],
  },
  {
    number: 20,
    situation: "A run died and left its lock, and many others want it.",
    outcome: "Exactly one of them takes it over.",
    test: ["integration/docker/state-store", "must be held by exactly one of twenty"],
  },
  {
    number: 21,
    situation: "Two repositories are configured with the same project and environment.",
    outcome: "The other repository's label is seen: nothing of its containers is replaced or removed.",
    test: ["unit/plan/remove", "21, 135: must not remove or replace what another source"],
  },
  {
    number: 22,
    situation: "A workload declares hundreds of kilobytes of settings.",
    outcome: "Labels hold a hash, never the settings themselves, so they stay short and tell no values.",
    test: ["unit/plan/label-size", "22: our labels must stay short"],
  },
];
