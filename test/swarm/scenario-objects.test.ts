/**
 * What services share, hold and are called, on a real Swarm of one manager. The kernel of a lab may lack IPVS: what is
 * looked at is who has which port, not what it carries.
 */
import { onCluster } from "./scenario-lab.ts";
import {
  changedFile,
  changedSecret,
  movedPort,
  objectsOfOthers,
  unusedNetwork,
} from "./scenarios/objects.ts";
import { patiently } from "./scenarios/observing.ts";
import { changedMode, changedName, foreignHolder } from "./scenarios/recreating.ts";

onCluster(
  "objects",
  (scenario) => {
    scenario(
      "W12, case 120: a changed file is a new config, and the old one goes when no spec names it any more",
      patiently(changedFile),
    );
    scenario(
      "W12, case 120: a changed secret is a new one, and nobody is told what is in it",
      patiently(changedSecret),
    );
    scenario(
      "W13, case 122: an ingress port moves to another service in one commit, two are not exchanged",
      patiently(movedPort),
    );
    scenario(
      "W7, case 121: another mode is taken on request only, and taken back with a bad build",
      patiently(changedMode),
    );
    scenario(
      "W7, case 121: another name is taken on request only, and taken back with a bad build",
      patiently(changedName),
    );
    scenario("W14, case 129: a network goes after the services that used it", patiently(unusedNetwork));
    scenario(
      "case 130: networks and configs of others are used and never touched",
      patiently(objectsOfOthers),
    );
    scenario(
      "case 13: a service of others that has the name is left alone, or taken over on request",
      patiently(foreignHolder),
    );
  },
  { managers: 1 },
);
