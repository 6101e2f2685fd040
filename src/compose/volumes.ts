import type { YamlNode } from "../lib/yaml.ts";
import type { VolumeSpec } from "../model/volume.ts";
import { type KeyTable, readKeys } from "./key-table.ts";
import {
  driverKey,
  driverOptsKey,
  externalKey,
  finishResource,
  labelsKey,
  nameKey,
  type ResourceReading,
  readSection,
  type SectionScope,
} from "./resource-keys.ts";

/** Keys of a volume (Compose specification, "volumes top-level element"). */
export const volumeKeys: KeyTable<ResourceReading> = {
  name: nameKey,
  external: externalKey,
  driver: driverKey,
  driver_opts: driverOptsKey,
  labels: labelsKey,
};

/** All declared volumes by key. */
export function declareVolumes(
  section: YamlNode | undefined,
  scope: SectionScope,
): ReadonlyMap<string, VolumeSpec> {
  const volumes = new Map<string, VolumeSpec>();
  for (const declaration of readSection(section, scope)) {
    const reading: ResourceReading = { sink: scope.sink };
    readKeys(declaration.map, volumeKeys, declaration.what, reading);
    volumes.set(declaration.key, {
      name: finishResource(declaration, reading, scope),
      external: reading.external ?? false,
      driverOptions: reading.driverOptions ?? {},
      labels: reading.labels ?? {},
      origin: declaration.position,
      ...(reading.driver === undefined ? {} : { driver: reading.driver }),
    });
  }
  return volumes;
}
