import { readDependsOn } from "./depends-on.ts";
import { deployKeys, readReplicas } from "./deploy-keys.ts";
import { readHealthcheck } from "./healthcheck.ts";
import { type KeyTable, nested, type RefusedKey } from "./key-table.ts";
import { limitKeys } from "./keys-limits.ts";
import { networkingKeys } from "./keys-network.ts";
import { processKeys } from "./keys-process.ts";
import { securityKeys } from "./keys-security.ts";
import { storageKeys } from "./keys-storage.ts";
import { notYet } from "./resource-keys.ts";
import { readRestart } from "./restart.ts";
import type { ServiceReading } from "./service-reading.ts";

/** Read before the services, because other services refer to it. */
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
    doc: "A service with profiles is not part of the system; that is a warning.",
    read: readBefore,
  },
};

const windows: RefusedKey = { refused: "it is for Windows", hint: "remove it" };
const device: RefusedKey = { refused: "not supported yet", hint: "write devices" };

const refusedKeys: Readonly<Record<string, RefusedKey>> = {
  annotations: notYet("write labels"),
  cpu_count: windows,
  cpu_percent: windows,
  cpu_rt_period: notYet("use cpu_period and cpu_quota"),
  cpu_rt_runtime: notYet("use cpu_period and cpu_quota"),
  credential_spec: windows,
  develop: notYet("remove it: it is for work on the source, not for running"),
  extends: notYet("share keys with an anchor and a merge key: <<: *common"),
  external_links: notYet("put both on one network that is declared as external"),
  gpus: device,
  isolation: windows,
  label_file: notYet("write labels"),
  models: notYet("run the model as a service"),
  post_start: notYet("make it a job: a service with x-job: true that depends on this one"),
  pre_stop: notYet("handle stop_signal in the program"),
  provider: notYet("run it as a service with an image"),
  storage_opt: notYet("remove it"),
  use_api_socket: notYet("mount /var/run/docker.sock as a volume"),
};

/** Every key of a service (Compose specification, "services top-level elements"). */
export const serviceKeys: KeyTable<ServiceReading> = {
  ...processKeys,
  ...lifecycleKeys,
  ...networkingKeys,
  ...storageKeys,
  ...limitKeys,
  ...securityKeys,
  ...refusedKeys,
};
