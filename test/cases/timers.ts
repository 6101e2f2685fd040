import type { Case } from "../cases.ts";

export const timerCases: readonly Case[] = [
  {
    number: 141,
    situation: "A job with a timer is deployed.",
    outcome:
      "Its image is pulled and its container created under its name, and not started, so that a wrong image or mount shows at once.",
    test: ["unit/plan/timed", "141: must be armed: created under its name, and not started"],
  },
  {
    number: 142,
    situation: "A job falls due.",
    outcome: "Its armed container is started; later runs get a fresh one, and the last one stays until then.",
    test: [
      "unit/plan/timed",
      "142: must run in a fresh container, which takes the place of the last one before it starts",
    ],
  },
  {
    number: 143,
    situation: "The spec of a job changes while it runs.",
    outcome: "The run is let go on; the job changes when it has ended.",
    test: ["unit/plan/timed", "143: must be let run, past its next time and although its spec changed"],
  },
  {
    number: 144,
    situation: "A run of a job is killed between any two calls to the Engine.",
    outcome: "Its time is served by the next run, and by no other after that.",
    test: [
      "unit/reconcile/timed-jobs-properties",
      "144: each time must be served at most once and none be lost, with a fault or a kill at any call",
    ],
  },
  {
    number: 145,
    situation: "A run of a job fails.",
    outcome:
      "It is recorded with its last lines, the apply that saw it exits with 1, and the job runs again at its next time.",
    test: [
      "unit/reconcile/timed-jobs",
      "145: must fail when the job fails, name it, and run it again at its next time",
    ],
  },
  {
    number: 146,
    situation: "Two runs find the same job due.",
    outcome: "It is started once.",
    test: ["integration/reconcile/timed-jobs", "146: two runs at once must start a job once"],
  },
  {
    number: 147,
    situation: "Several times of a job pass while nobody looks.",
    outcome: "One run makes up for all of them.",
    test: ["unit/plan/due", "147: missed several times"],
  },
  {
    number: 148,
    situation: "The clock is set back over a time that was served.",
    outcome: "It is not served again; a clock that was wrong by more than a day makes the timer begin anew.",
    test: [
      "unit/plan/timed",
      "148: by years must not stop the job for years: the timer begins anew, and only once",
    ],
  },
  {
    number: 149,
    situation: "A job that is held falls due.",
    outcome: "It does not run, and the plan says so; when it is released, it runs once.",
    test: ["unit/plan/timed", "149: must be over when it is released: one run for all that it missed"],
  },
  {
    number: 150,
    situation: "A job gets a timer, or loses it.",
    outcome: "What has run for this spec is not run again; what was only armed is run once.",
    test: ["unit/plan/timed", "150: must run once when the timer goes and it has only been armed"],
  },
];
