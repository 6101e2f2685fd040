import type { WorkloadSpec } from "../model/workload.ts";
import type { Backend } from "../ports.ts";
import { maximumApiVersion } from "./api-version.ts";
import { buildCreateRequest } from "./create-body.ts";

/**
 * The body of `POST /containers/create` for the first replica, with names where the execution puts ids and without our
 * own labels. Pure: it needs no Engine.
 */
export function previewCreate(workload: WorkloadSpec, apiVersion: string): unknown {
  const request = buildCreateRequest(workload.container, {
    name: workload.containerNames[0] ?? workload.key,
    labels: {},
    aliases: "attached",
    apiVersion,
    filesMountpoint: (fileSet) => `<mountpoint of ${fileSet}>`,
  });
  return request.body;
}

/** Previews for commands that need no Engine, in the newest API version we know. */
export function offlinePreview(): Pick<Backend, "previewCreate"> {
  return { previewCreate: (workload) => previewCreate(workload, maximumApiVersion) };
}
