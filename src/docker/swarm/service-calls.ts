import { findRegistryAuth, type RegistryAuth } from "../../credentials/registry-auth.ts";
import { ReconcilerError } from "../../model/errors.ts";
import type { ServiceSpec } from "../../model/service-spec.ts";
import { apiPath, unlessMissing } from "../engine-client.ts";
import type { StepRun } from "../step-run.ts";
import { networkIds, withNetworkNames } from "./actual-service.ts";
import type { ServiceAnswer } from "./answers.ts";
import { droppedSettings } from "./service-guards.ts";

/** A service as it is at this moment. */
export interface LiveService {
  readonly id: string;
  readonly version: number;
  readonly labels: Readonly<Record<string, string>>;
  /** With names of networks in the place of ids. */
  readonly spec: ServiceSpec;
}

/**
 * `GET /services/{id}`; a name is taken for an id first, and then for the beginning of one.
 *
 * @param nameOrId an answer about another name or id counts as none
 */
export async function lookUpService(
  nameOrId: string,
  what: string,
  { client, networks, signal }: StepRun,
): Promise<LiveService | undefined> {
  const path = apiPath`/services/${nameOrId}`;
  const found = await unlessMissing(client.get<ServiceAnswer>({ what, path }, signal));
  if (found === undefined || (found.ID !== nameOrId && found.Spec.Name !== nameOrId)) return undefined;
  const nameOf = await networks.complete(client, networkIds([found], []), signal);
  return {
    id: found.ID,
    version: found.Version?.Index ?? 0,
    labels: found.Spec.Labels ?? {},
    spec: withNetworkNames(found.Spec, nameOf),
  };
}

/** What each node gets to pull the image with (`X-Registry-Auth`); none for an image that anybody may pull. */
export async function pullAuth(
  image: string,
  { settings, signal }: StepRun,
): Promise<{ readonly auth?: RegistryAuth }> {
  const auth = await findRegistryAuth(image, settings.registryConfigPath, signal);
  return auth === undefined ? {} : { auth };
}

/** @throws ReconcilerError `engine-unsupported` when the manager dropped a setting of the spec */
export function assertNothingDropped(sent: ServiceSpec, live: ServiceSpec, what: string): void {
  const dropped = droppedSettings(sent, live);
  if (dropped.length === 0) return;
  throw new ReconcilerError("engine-unsupported", `${what}: the Engine ignored ${dropped.join(", ")}`, {
    hint: "leave the settings out or update the Engine",
  });
}
