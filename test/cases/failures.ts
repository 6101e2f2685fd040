import type { Case } from "../cases.ts";

export const failureCases: readonly Case[] = [
  {
    number: 23,
    situation: "A new build ends as soon as it is started.",
    outcome: "The old container serves on or is started again, the workload is rolled back, exit 1.",
    test: ["unit/reconcile/bad-builds", "23: exits at once"],
  },
  {
    number: 24,
    situation: "A new build crashes in a loop and its policy restarts it each time.",
    outcome: "The gate fails although the Engine calls it running.",
    test: ["unit/reconcile/bad-builds", "24: crash-loops under restart: always"],
  },
  {
    number: 25,
    situation: "The health check of a new build never succeeds.",
    outcome: "The gate ends at a deadline that follows from the check, and the old container serves.",
    test: ["unit/reconcile/bad-builds", "25: never gets healthy"],
  },
  {
    number: 26,
    situation: "A new build becomes healthy and then unhealthy while it is watched.",
    outcome: "It is rolled back.",
    test: ["unit/reconcile/bad-builds", "26: sickens in the window"],
  },
  {
    number: 27,
    situation: "A new build has no health check.",
    outcome: "It must run for the whole window of stability without a restart.",
    test: ["unit/reconcile/bad-builds", "27: without a health check it must survive"],
  },
  {
    number: 28,
    situation: "The health check is switched off.",
    outcome: "Nobody waits for health; running and stable is enough.",
    test: ["unit/reconcile/bad-builds", "28: a switched-off health check must not be waited for"],
  },
  {
    number: 29,
    situation: "The command of a new build does not exist in its image.",
    outcome: "The container that could not start is removed, the old one serves.",
    test: ["unit/reconcile/bad-builds", "29: has no such command"],
  },
  {
    number: 30,
    situation: "A new container is gone by itself right after its start.",
    outcome: "A failed gate, and nothing worse.",
    test: ["unit/reconcile/bad-builds", "30: a container that is gone at once"],
  },
  {
    number: 31,
    situation: "An image cannot be pulled.",
    outcome:
      "No container of that service is touched, the others go on, the report has the registry's own words.",
    test: ["unit/reconcile/bad-builds", "31: a pull that fails must touch no container"],
  },
  {
    number: 32,
    situation: "The registry cannot be reached, but the image is on the Engine.",
    outcome: "The image is used as it is; nothing is pulled.",
    test: ["unit/reconcile/images", "32: must not matter for an image that is on the Engine"],
  },
  {
    number: 33,
    situation: "The Engine's disk is full.",
    outcome: "Nothing is stopped, and the report says what to free.",
    test: ["integration/reconcile/full-disk", "a full disk must"],
  },
  {
    number: 34,
    situation: "A volume needs a driver that the Engine has not got.",
    outcome: "The creation fails, and the old container has not been stopped yet.",
    test: ["unit/reconcile/bad-builds", "34: a missing volume driver"],
  },
  {
    number: 35,
    situation: "A path of the host that is to be mounted does not exist.",
    outcome:
      "`--mount` fails at the creation and the old container serves; `-v` lets the Engine make the folder, as documented.",
    test: ["unit/reconcile/bad-builds", "35: a missing path of the host"],
  },
  {
    number: 36,
    situation: "The way back fails as well.",
    outcome:
      "The workload is reported as failed, whatever is healthy stays, and nothing goes round in circles.",
    test: ["unit/reconcile/bad-builds", "36: must be reported as failed when the old one cannot"],
  },
  {
    number: 37,
    situation: "The build that failed is still what the configuration asks for.",
    outcome:
      "It is set aside: tried again after a growing wait or with `--retry`; each run still ends with exit 1.",
    test: ["unit/reconcile/ledger", "37: must not be tried again by the next run"],
  },
  {
    number: 38,
    situation: "After a failed build the repository brings another one.",
    outcome: "That one is tried at once.",
    test: ["unit/reconcile/ledger", "38: must not keep the next one from being tried"],
  },
  {
    number: 39,
    situation: "One of several services fails.",
    outcome: "The others change, those that require it are left alone, exit 1.",
    test: ["unit/reconcile/bad-builds", "39: must not keep siblings from changing"],
  },
  {
    number: 40,
    situation: "A smoke test after the replacement fails.",
    outcome: "There is no such test beside the health check, which is part of the gate.",
    open: "does not apply: no hook or smoke test can be declared; put the test into the health check",
  },
  {
    number: 41,
    situation: "The old container ignores the signal to stop.",
    outcome: "It is killed after its stop timeout, which is part of the announced downtime.",
    test: ["unit/reconcile/failures", "41: one that ignores SIGTERM must be killed"],
  },
  {
    number: 42,
    situation: "The Engine goes away in the middle of a run.",
    outcome: "The run ends with what could be put back; the next one looks anew and converges.",
    test: ["unit/reconcile/recovery", "42-44: must converge by itself after the fault"],
  },
  {
    number: 43,
    situation: "The Engine did what was asked, but its answer was lost.",
    outcome:
      "The run looks before it asks again, and knows its own container by the transaction in its labels.",
    test: ["integration/docker/containers", "must find what it made when the answer is lost"],
  },
  {
    number: 44,
    situation: "The host restarts in the middle of a replacement.",
    outcome:
      "Only one of the two containers comes up by itself: the other one's restart policy is taken away before it stops.",
    test: ["unit/reconcile/retention", "44: must not start again by itself when the host restarts"],
  },
  {
    number: 45,
    situation: "The Engine was restarted, and a service without restart policy stayed down.",
    outcome: "A service is started again, a job is left as it is.",
    test: ["unit/reconcile/failures", "45: what the Engine's restart left down"],
  },
];
