import type { Case } from "../cases.ts";

export const lifecycleCases: readonly Case[] = [
  {
    number: 84,
    situation: "Workloads depend on each other in a circle.",
    outcome: "A mistake that names the circle; nothing is applied.",
    test: ["unit/desired/link", "must not go round in a circle"],
  },
  {
    number: 85,
    situation: "A service is deleted that another one requires.",
    outcome: "A mistake with its position; nothing is applied.",
    test: ["unit/desired/link", "must exist when they are required"],
  },
  {
    number: 86,
    situation: "A service and the one that depends on it are deleted together.",
    outcome: "The dependent one is removed first.",
    test: ["unit/plan/remove", "86: must remove dependents before what they need"],
  },
  {
    number: 87,
    situation: "A service is replaced that others depend on.",
    outcome: "The others stay, unless they share its network or ask to be restarted with it.",
    test: ["unit/plan/dependents", "87: must not replace dependents of a replaced workload"],
  },
  {
    number: 88,
    situation: "A service waits until another one is healthy, whose health check is switched off.",
    outcome: "A mistake with its position. Where nobody declares a check at all, running and stable counts.",
    test: ["unit/desired/link", "must have a condition that can come true"],
  },
  {
    number: 89,
    situation: "A job has ended well.",
    outcome: "It is not run again until its build or one of its settings changes.",
    test: ["unit/plan/dependents", "89: must not run again what has finished for this spec"],
  },
  {
    number: 90,
    situation: "A job has failed.",
    outcome: "Exit 1; who requires it is held back, and it is tried again after a growing wait.",
    test: ["unit/reconcile/failures", "89, 90: must run once for each spec"],
  },
  {
    number: 91,
    situation: "A container is paused.",
    outcome: "It is continued, not started.",
    test: ["unit/reconcile/failures", "91: a paused one must be unpaused and not started"],
  },
  {
    number: 92,
    situation: "Somebody stopped a container.",
    outcome: "It is started again; one that is to stay as it is takes `hold`.",
    test: ["unit/reconcile/rollback", "92: must keep a workload as it is"],
  },
  {
    number: 93,
    situation: "The Engine calls a container dead.",
    outcome: "It is cleared away, and a new one is created.",
    test: ["unit/plan/repair", "93: must clear away a dead container"],
  },
  {
    number: 94,
    situation: "The number of replicas changes.",
    outcome: "Gaps are filled; the highest numbers go first, once the remaining ones are good.",
    test: ["unit/plan/remove", "94: must scale down from the highest number"],
  },
];
