import type { YamlMap, YamlNode } from "../lib/yaml.ts";
import type { VolumeSpec } from "../model/volume.ts";
import { type KeyTable, readKeys } from "./key-table.ts";
import {
  driverKey,
  driverOptsKey,
  entryValue,
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
    checkDevice(declaration.map, reading, declaration.what);
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

/** A bind of the local driver is a path of the host, where the repository is not. */
function checkDevice(map: YamlMap, { driverOptions, sink }: ResourceReading, what: string): void {
  const { o = "", device } = driverOptions ?? {};
  if (device === undefined || !o.split(",").includes("bind") || device.startsWith("/")) return;
  const { position } = entryValue(map, "driver_opts") ?? map;
  const message = `${what}.driver_opts.device "${device}" is a relative path, but binds a folder of the host`;
  sink.error(
    position,
    "bad-path",
    message,
    "write an absolute path of the host, or mount ./… in the service",
  );
}
