import type { Case } from "../cases.ts";

export const storageCases: readonly Case[] = [
  {
    number: 68,
    situation: "Driver or options of a volume change in the configuration.",
    outcome: "Reported with what to do (exit 1); the volume and its data stay.",
    test: ["unit/plan/blocked", "58, 68: must keep networks and volumes whose settings changed"],
  },
  {
    number: 69,
    situation: "A volume is no longer declared.",
    outcome: "It stays, and the plan lists it.",
    test: ["unit/plan/remove", "69: must list volumes that are no longer declared and keep them"],
  },
  {
    number: 70,
    situation: "A container with data in an anonymous volume is replaced.",
    outcome: "The new one begins with an empty volume, the old volume stays on the Engine, the plan says so.",
    test: ["unit/plan/create-and-replace", "70: must say that the data of an anonymous volume"],
  },
  {
    number: 71,
    situation: "Old and new container would write to the same volume.",
    outcome: "Stop-first unless start-first is declared.",
    test: ["unit/plan/exclusive", "a volume that both write, wherever it is mounted"],
  },
  {
    number: 72,
    situation: "A path of the host that is mounted is a link.",
    outcome: "It is mounted as written and is no difference afterwards.",
    test: ["integration/reconcile/binds", "72: a path of the host that is a link"],
  },
  {
    number: 73,
    situation: "The content of a mounted file of the repository changes.",
    outcome: "A new volume is filled, its users are replaced, the old volume goes.",
    test: ["unit/plan/remove", "73: must deliver a new version of files before its users"],
  },
  {
    number: 74,
    situation: "Two mounts of a container have the same target.",
    outcome: "A mistake with its position.",
    test: ["unit/unit/mount-flags", "must be reported when two have the same target"],
  },
  {
    number: 75,
    situation: "A mount has a relative path.",
    outcome:
      "It is a file or folder of the repository and is delivered in a volume; one that is not there is a mistake.",
    test: ["unit/unit/mount-flags", "must deliver files of the repository for"],
  },
  {
    number: 76,
    situation: "The build in an image's tag goes up by one.",
    outcome: "Exactly that container is replaced.",
    test: ["unit/reconcile/bad-builds", "76: a new build must be pulled and replace exactly one"],
  },
  {
    number: 77,
    situation: "A tag was pushed again and the Engine has the new image.",
    outcome: "Its containers are replaced once; as long as only the registry has it, nothing happens.",
    test: ["unit/reconcile/bad-builds", "77: a tag that stands for another image now"],
  },
  {
    number: 78,
    situation: "Somebody gave a tag to another image on the Engine.",
    outcome: "The images themselves are compared, not their names: the containers are replaced.",
    test: ["unit/plan/image-drift", "77, 78: must replace when the tag stands for another local image"],
  },
  {
    number: 79,
    situation: "The image of a running container is gone from the Engine.",
    outcome: "No difference; it is pulled when a container has to be created.",
    test: ["unit/plan/image-drift", "79: must see no change when the image of a running container is gone"],
  },
  {
    number: 80,
    situation: "The Engine has an image of the right name for another platform than the declared one.",
    outcome: "The one for the declared platform is pulled before anything is touched.",
    test: [
      "unit/plan/image-drift",
      "80: must pull the image for the declared platform when the Engine has it for another one",
    ],
  },
  {
    number: 81,
    situation: "The newest build of an image is asked for.",
    outcome:
      "`builds --update` commits it: by number (100 after 99), of this branch alone, never an older one; a template cannot ask.",
    test: ["unit/model/tag-policy", "81: must be the newest by number whatever the order of the registry"],
  },
  {
    number: 82,
    situation: "The registry is down and nothing has changed.",
    outcome: "Nothing happens: the registry is asked only for images that the Engine has not got.",
    test: ["unit/reconcile/images", "82: must change nothing that runs"],
  },
  {
    number: 83,
    situation: "An image is used by a stopped or by a kept previous container only.",
    outcome: "It is not removed.",
    test: ["unit/reconcile/images", "83: an image must stay as long as"],
  },
];
