import type { Case } from "../cases.ts";

export const networkCases: readonly Case[] = [
  {
    number: 46,
    situation: "Old and new container need the same fixed port of the host.",
    outcome: "Stop-first is chosen beforehand, and the plan says why and for how long at most.",
    test: ["unit/plan/create-and-replace", "46: must replace stop-first when both need the same fixed port"],
  },
  {
    number: 47,
    situation: "Two containers want the same port on addresses of the host.",
    outcome: "Two different addresses are no conflict, one address and all of them are.",
    test: ["unit/plan/blocked", "47: must see a conflict between one address and all of them"],
  },
  {
    number: 48,
    situation: "The same port number for TCP and UDP, or ranges that overlap.",
    outcome: "The protocols do not meet; a range must have a port for each container that needs one of it.",
    test: ["unit/desired/link", "a range must have a port for each that needs one of it"],
  },
  {
    number: 49,
    situation: "A process of the host holds the port.",
    outcome: "The new container cannot start, and the old one is started again.",
    test: ["unit/reconcile/failures", "49: a port held by a process of the host"],
  },
  {
    number: 50,
    situation: "A replacement with a fixed port is taken back.",
    outcome: "The new container stops before the old one starts.",
    test: ["unit/plan/rollback-plan", "must stop the new container before a stop-first one"],
  },
  {
    number: 51,
    situation: "Two services of the configuration claim the same port of the host.",
    outcome: "A mistake with its position; nothing is applied.",
    test: ["unit/desired/link", "must not be claimed by two workloads"],
  },
  {
    number: 52,
    situation: "A port is published that the image does not expose.",
    outcome: "It is exposed as well: without that the Engine would publish nothing and say nothing.",
    test: ["unit/docker/create-body", "must expose what it publishes"],
  },
  {
    number: 53,
    situation: "The Engine is to choose the port of the host.",
    outcome: "The one it chose is no difference.",
    test: ["unit/plan/normalize", "53: a random port that was given out"],
  },
  {
    number: 54,
    situation: "Old and new container share an alias while one replaces the other.",
    outcome: "The new one gets the alias after its gate, the old one keeps it until it has stopped.",
    test: ["unit/reconcile/failures", "54: the new container must not answer to the alias before its gate"],
  },
  {
    number: 55,
    situation: "Others reach a service by its container name.",
    outcome: "The name of the service is an alias of every container that serves it, from the cut-over on.",
    test: [
      "integration/docker/networks",
      "must let others find the container by alias and by canonical name",
    ],
  },
  {
    number: 56,
    situation: "Somebody detached a network from a container.",
    outcome: "It is attached again with its aliases and its address, without a restart.",
    test: ["unit/plan/in-place", "56: must attach a network again that was detached by hand"],
  },
  {
    number: 57,
    situation: "Somebody attached one more network.",
    outcome: "The plan names it, and it stays.",
    test: ["unit/plan/in-place", "57: must report a network that somebody attached"],
  },
  {
    number: 58,
    situation: "Options or subnet of a network change in the configuration.",
    outcome:
      "Reported with what to do (exit 1); network and containers stay as they are. They are not moved to a new network.",
    test: ["unit/plan/blocked", "58, 68: must keep networks and volumes whose settings changed"],
  },
  {
    number: 59,
    situation: "Two networks of the Engine have the same name.",
    outcome: "Who needs that name is blocked before anything is created.",
    test: ["unit/plan/blocked", "59: must refuse a network name that two networks have"],
  },
  {
    number: 60,
    situation: "A network that is not declared does not exist.",
    outcome: "That workload is blocked with the command that would make the network; the others go on.",
    test: ["unit/plan/blocked", "60: must say that a network is missing"],
  },
  {
    number: 61,
    situation: "A network was removed and made again while its container stood still.",
    outcome: "The container is replaced: it could never start again.",
    test: ["unit/plan/in-place", "61: must recreate when a network was removed and made again"],
  },
  {
    number: 62,
    situation: "A container has several networks, and the Engine is old.",
    outcome: "It is created with the first one, the others are attached before its start.",
    test: ["unit/docker/create-body", "must attach every network at once from API 1.44 on"],
  },
  {
    number: 63,
    situation: "A network is no longer declared.",
    outcome: "It is removed after its last container; external ones never are.",
    test: ["unit/plan/remove", "63: must remove an owned network after its last user"],
  },
  {
    number: 64,
    situation: "A container with a static address is replaced.",
    outcome: "Stop-first: two living containers cannot have one address.",
    test: ["unit/plan/create-and-replace", "64: a static address"],
  },
  {
    number: 65,
    situation: "A container lives in the network of another one, which is replaced.",
    outcome: "It is replaced too, after the other one.",
    test: ["unit/plan/dependents", "65: must replace who lives in the network of a replaced container"],
  },
  {
    number: 66,
    situation: "A container uses the network of the host.",
    outcome: "Stop-first unless the configuration says otherwise: it may hold any port.",
    test: ["unit/plan/create-and-replace", "66, 71: must allow a declared start-first"],
  },
  {
    number: 67,
    situation: "The Engine shows a port for all addresses of IPv4 and of IPv6.",
    outcome: "Both are what was declared.",
    test: ["unit/plan/normalize", "67: every address in its two spellings"],
  },
];
