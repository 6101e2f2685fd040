import { readDependsOn } from "./depends-on.ts";
import { deployKeys, readReplicas } from "./deploy-keys.ts";
import { readHealthcheck } from "./healthcheck.ts";
import { type KeyTable, nested } from "./key-table.ts";
import { limitKeys } from "./keys-limits.ts";
import { networkingKeys } from "./keys-network.ts";
import { processKeys } from "./keys-process.ts";
import { securityKeys } from "./keys-security.ts";
import { storageKeys } from "./keys-storage.ts";
import { refusedServiceKeys } from "./refused-keys.ts";
import { readRestart } from "./restart.ts";
import type { ServiceReading } from "./service-reading.ts";

/** Read before the services, because others refer to it. */
const readBefore = (): void => undefined;

const lifecycleKeys: KeyTable<ServiceReading> = {
  restart: {
    doc: 'no, always, unless-stopped, on-failure or on-failure:N; "no" unless declared.',
    read: readRestart,
  },
  healthcheck: { doc: "How the Engine finds out whether it works.", read: readHealthcheck },
  depends_on: { doc: "Services that come first, with their conditions.", read: readDependsOn },
  deploy: { doc: "Replicas, resources, restart policy and updates.", read: nested(() => deployKeys) },
  scale: { doc: "Number of containers, as deploy.replicas.", read: readReplicas },
  container_name: {
    doc: "The container's name, instead of <stack>-<service>-<n>; one replica only.",
    read: readBefore,
  },
  profiles: {
    doc: "A service with profiles takes part when the value COMPOSE_PROFILES names one of them.",
    read: readBefore,
  },
  extends: { doc: "The service that this one is laid over: a name, or a file and a name.", read: readBefore },
};

/** Every key of a service (Compose specification, "services top-level elements"). */
export const serviceKeys: KeyTable<ServiceReading> = {
  ...processKeys,
  ...lifecycleKeys,
  ...networkingKeys,
  ...storageKeys,
  ...limitKeys,
  ...securityKeys,
  ...refusedServiceKeys,
};
