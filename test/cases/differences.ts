import type { Case } from "../cases.ts";

export const diffCases: readonly Case[] = [
  {
    number: 95,
    situation: "Variables in another order, some of them twice, those of the image behind them.",
    outcome: "No difference: the last one of a name counts.",
    test: ["unit/plan/normalize", "95: variables in another order"],
  },
  {
    number: 96,
    situation: "A variable is no longer declared, but the image has it.",
    outcome: "The container gets the image's value, and that is no difference afterwards.",
    test: ["unit/plan/normalize", "96: a variable that falls back to the image's value"],
  },
  {
    number: 97,
    situation: "A variable is named without a value.",
    outcome: "It takes the value of the run or is left out; its bare name is never sent.",
    test: ["unit/compose/storage", "must lose a variable that a bare name removes"],
  },
  {
    number: 98,
    situation: "The Engine adds or drops limits of swap, swappiness and processes.",
    outcome: "No difference where it means the same.",
    test: ["unit/plan/normalize", "98: swap at twice the memory"],
  },
  {
    number: 99,
    situation: "The Engine fills in defaults of its own, or they change later.",
    outcome: "No difference, unless the field was set on purpose before.",
    test: ["unit/plan/normalize", "99: defaults of the Engine that nobody set"],
  },
  {
    number: 100,
    situation: "The Engine adds a security option to a privileged container.",
    outcome: "No difference.",
    test: ["unit/plan/normalize", "100: privileged with its security label"],
  },
  {
    number: 101,
    situation: "Capabilities are written in small letters, without their prefix or in another order.",
    outcome: "No difference.",
    test: ["unit/plan/normalize", "101: capabilities in other spellings"],
  },
  {
    number: 102,
    situation: "A health check is declared in part, the rest comes from the image.",
    outcome: "The two are merged as the Engine merges them: no difference.",
    test: ["unit/plan/normalize", "102: a partial health check on top of the image's"],
  },
  {
    number: 103,
    situation: "The Engine makes a host name and an alias of the id, and lists mounts in any order.",
    outcome: "No difference, nor is a slash at the end of a path.",
    test: ["unit/plan/normalize", "103: a trailing slash, and mounts in another order"],
  },
  {
    number: 104,
    situation: "The default network has another name on a newer Engine.",
    outcome: "No difference.",
    test: ["unit/docker/actual-container", "must call mode %s the default"],
  },
  {
    number: 105,
    situation: "An entrypoint without a command, an entrypoint that is reset, a command of one word.",
    outcome: "Each becomes what the Engine makes of it, and is no difference.",
    test: ["unit/plan/normalize", "105: an entrypoint without command drops the image's"],
  },
  {
    number: 106,
    situation: "A new build has other variables, labels and ports of its own.",
    outcome: "One replacement because of the image, and no further difference.",
    test: ["unit/plan/image-drift", "106: must name the image alone"],
  },
  {
    number: 107,
    situation: "A memory limit is raised, or no longer declared.",
    outcome: "Raised in place, without a restart; to unset it takes a new container.",
    test: ["unit/plan/in-place", "107: must recreate when a limit goes away"],
  },
  {
    number: 108,
    situation: "The restart policy changes.",
    outcome: "In place, without a restart.",
    test: ["unit/plan/in-place", "107, 108: must change memory and restart policy without a restart"],
  },
  {
    number: 109,
    situation: "A label changes.",
    outcome: "A new container: the Engine cannot change labels.",
    test: ["unit/plan/normalize", "109: a label that changed"],
  },
];
