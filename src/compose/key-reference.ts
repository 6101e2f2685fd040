import { attachmentKeys } from "./attachments.ts";
import { deliveredKeys } from "./delivered-keys.ts";
import { dependencyKeys } from "./depends-on.ts";
import {
  deployKeys,
  discreteResourceKeys,
  genericResourceKeys,
  reservationKeys,
  resourceKeys,
  resourceLimitKeys,
} from "./deploy-keys.ts";
import { deviceKeys, deviceRequestKeys } from "./device-keys.ts";
import { envFileKeys } from "./env-files.ts";
import { extendsKeys } from "./extends.ts";
import { configKeys, secretKeys } from "./file-resources.ts";
import { healthcheckKeys } from "./healthcheck.ts";
import { includeKeys } from "./include.ts";
import type { RefusedKey } from "./key-table.ts";
import { blkioKeys, rateKeys, ulimitKeys, weightKeys } from "./keys-limits.ts";
import { portKeys } from "./keys-network.ts";
import { loggingKeys } from "./keys-security.ts";
import { bindKeys, imageOptionKeys, mountKeys, tmpfsKeys, volumeOptionKeys } from "./keys-storage.ts";
import { ipamConfigKeys, ipamKeys, networkKeys } from "./networks.ts";
import { placementKeys, preferenceKeys } from "./placement-keys.ts";
import { externalKeys } from "./resource-keys.ts";
import { restartPolicyKeys } from "./restart.ts";
import { serviceKeys } from "./service-keys.ts";
import { topLevelKeys } from "./top-level-keys.ts";
import { rollbackKeys, updateKeys } from "./update-keys.ts";
import { volumeKeys } from "./volumes.ts";

/** A key as the documentation shows it. */
export interface KeyReference {
  readonly key: string;
  readonly supported: boolean;
  /** What it does, or why it is refused. */
  readonly doc: string;
  /** What to write instead of a refused key. */
  readonly hint?: string;
}

interface ReadKey {
  readonly doc: string;
  readonly swarmOnly?: string;
}

type AnyTable = Readonly<Record<string, ReadKey | RefusedKey>>;

/** Our own extension of a service: the only `x-` key with a meaning. */
const extensionKeys = {
  "x-job": {
    doc:
      "true: the service is a job, which runs once for each spec and must exit with 0. A service is a job without it " +
      "when another one waits for it with service_completed_successfully.",
  },
} as const;

const tables: Readonly<Record<string, AnyTable>> = {
  "": topLevelKeys,
  "include[]": includeKeys,
  "services.*": { ...serviceKeys, ...extensionKeys },
  "services.*.extends": extendsKeys,
  "services.*.env_file[]": envFileKeys,
  "services.*.ports[]": portKeys,
  "services.*.volumes[]": mountKeys,
  "services.*.volumes[].bind": bindKeys,
  "services.*.volumes[].volume": volumeOptionKeys,
  "services.*.volumes[].tmpfs": tmpfsKeys,
  "services.*.volumes[].image": imageOptionKeys,
  "services.*.devices[]": deviceKeys,
  "services.*.gpus[]": deviceRequestKeys,
  "services.*.configs[]": deliveredKeys,
  "services.*.secrets[]": deliveredKeys,
  "services.*.networks.*": attachmentKeys,
  "services.*.healthcheck": healthcheckKeys,
  "services.*.depends_on.*": dependencyKeys,
  "services.*.logging": loggingKeys,
  "services.*.ulimits.*": ulimitKeys,
  "services.*.blkio_config": blkioKeys,
  "services.*.blkio_config.weight_device[]": weightKeys,
  "services.*.blkio_config.device_read_bps[]": rateKeys,
  "services.*.deploy": deployKeys,
  "services.*.deploy.resources": resourceKeys,
  "services.*.deploy.resources.limits": resourceLimitKeys,
  "services.*.deploy.resources.reservations": reservationKeys,
  "services.*.deploy.resources.reservations.generic_resources[]": genericResourceKeys,
  "services.*.deploy.resources.reservations.generic_resources[].discrete_resource_spec": discreteResourceKeys,
  "services.*.deploy.resources.reservations.devices[]": deviceRequestKeys,
  "services.*.deploy.placement": placementKeys,
  "services.*.deploy.placement.preferences[]": preferenceKeys,
  "services.*.deploy.restart_policy": restartPolicyKeys,
  "services.*.deploy.update_config": updateKeys,
  "services.*.deploy.rollback_config": rollbackKeys,
  "networks.*": networkKeys,
  "networks.*.ipam": ipamKeys,
  "networks.*.ipam.config[]": ipamConfigKeys,
  "networks.*.external": externalKeys,
  "volumes.*": volumeKeys,
  "configs.*": configKeys,
  "secrets.*": secretKeys,
};

/** Every key of a compose file that is known, by place, for the documentation. */
export function composeKeyReference(): ReadonlyMap<string, readonly KeyReference[]> {
  return new Map(Object.entries(tables).map(([place, table]) => [place, toReference(table)]));
}

function docOf({ doc, swarmOnly }: ReadKey): string {
  return swarmOnly === undefined
    ? doc
    : `On a Swarm: ${doc.replace(/^[A-Z](?=[a-z ])/, (first) => first.toLowerCase())}`;
}

function toReference(table: AnyTable): readonly KeyReference[] {
  return Object.entries(table)
    .map(([key, row]): KeyReference => {
      if ("doc" in row) return { key, supported: true, doc: docOf(row) };
      return { key, supported: false, doc: row.refused, hint: row.hint };
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}
