import { compareApiVersions } from "../model/engine-api.ts";

/** Versions of the Engine API: what we speak, and what each feature needs. */

/** Engine 20.10, the oldest we work with, and the newest whose answers we know. */
export const minimumApiVersion = "1.41";
export const maximumApiVersion = "1.51";

/** The version to speak with a server, or `undefined` when it is too old. */
export function chooseApiVersion(server: string): string | undefined {
  if (!/^\d+\.\d+$/.test(server) || compareApiVersions(server, minimumApiVersion) < 0) return undefined;
  return compareApiVersions(server, maximumApiVersion) < 0 ? server : maximumApiVersion;
}
