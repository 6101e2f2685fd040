import type { Case } from "../cases.ts";

export const loopCases: readonly Case[] = [
  {
    number: 131,
    situation: "One file of the repository has a mistake.",
    outcome: "The whole run is refused with all mistakes at once (exit 4); nothing is changed or removed.",
    test: ["integration/reconcile/interruption", "a mistake in any file must change nothing"],
  },
  {
    number: 132,
    situation: "The configuration is empty, or its folder is missing.",
    outcome: "Nothing is removed, not even with `--yes` (exit 6, or 4 without a folder).",
    test: ["unit/policy/guard", "must never remove %d workloads, not even with --yes"],
  },
  {
    number: 133,
    situation: "A run would remove a large part of the workloads.",
    outcome: "Refused (exit 6) until `--yes` confirms it.",
    test: ["unit/policy/guard", "that is too large must say how much it is"],
  },
  {
    number: 134,
    situation: "The image of an older revision is run again.",
    outcome:
      "Refused (exit 6) unless `--rollback` says that it is meant; a commit that reverts another one is new.",
    test: ["unit/reconcile/time-and-order", "134: must be refused without a call, unless it is meant"],
  },
  {
    number: 135,
    situation: "Containers of others are on the same Engine.",
    outcome: "They are never changed or removed.",
    test: ["unit/plan/remove", "135: must not touch foreign containers and unmanaged ones"],
  },
  {
    number: 136,
    situation: "A plan is saved and carried out later.",
    outcome: "It is carried out as it was shown, or refused when the Engine is not as it was.",
    test: ["integration/reconcile/ledger", "a saved plan must be carried out only while"],
  },
  {
    number: 137,
    situation: "A variable of a container is a secret.",
    outcome: "Its value is in no plan, report, label or error, and no hash lets it be guessed.",
    test: ["unit/plan/planned-format-plan", "137: must mask values of the environment"],
  },
  {
    number: 138,
    situation: "The clock of the host jumps during a run.",
    outcome: "Deadlines and durations do not notice.",
    test: ["unit/reconcile/time-and-order", "138: a gate must not mind that the host's clock jumps"],
  },
  {
    number: 139,
    situation: "The run is told to end in the middle of a replacement.",
    outcome: "What is half done is taken back, nothing new is begun, the lock is given up.",
    test: ["unit/reconcile/failures", "139: must take a rollout back that waits at its gate"],
  },
  {
    number: 140,
    situation: "The Engine's stream of events breaks off or is late.",
    outcome: "Events only wake a gate earlier: it looks by itself every two seconds.",
    test: ["unit/execute/judge-gate", "for no longer than an event may be late"],
  },
];
