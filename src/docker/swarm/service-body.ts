import { ReconcilerError } from "../../model/errors.ts";
import type { ConfigReference, SecretReference, ServiceSpec } from "../../model/service-spec.ts";
import type { EngineClient } from "../engine-client.ts";
import { listNamedStored, type StoredKind } from "./manager-calls.ts";

/**
 * The spec as a manager takes it: configs and secrets need their ids, which are looked up by name; networks may be named
 * (Docker Engine API, "ServiceCreate": a config without an id is a "malformed config reference").
 */
export async function serviceBody(
  client: EngineClient,
  spec: ServiceSpec,
  what: string,
  signal: AbortSignal,
): Promise<ServiceSpec> {
  const container = spec.TaskTemplate.ContainerSpec;
  const { Configs: configs = [], Secrets: secrets = [] } = container;
  if (configs.length === 0 && secrets.length === 0) return spec;
  const [configIds, secretIds] = await Promise.all([
    storedIds(client, "config", new Set(configs.map(({ ConfigName }) => ConfigName)), what, signal),
    storedIds(client, "secret", new Set(secrets.map(({ SecretName }) => SecretName)), what, signal),
  ]);
  const Configs = configs.map((config): ConfigReference => {
    return { ...config, ConfigID: configIds(config.ConfigName) };
  });
  const Secrets = secrets.map((secret): SecretReference => {
    return { ...secret, SecretID: secretIds(secret.SecretName) };
  });
  const ContainerSpec = {
    ...container,
    ...(configs.length === 0 ? {} : { Configs }),
    ...(secrets.length === 0 ? {} : { Secrets }),
  };
  return { ...spec, TaskTemplate: { ...spec.TaskTemplate, ContainerSpec } };
}

async function storedIds(
  client: EngineClient,
  kind: StoredKind,
  names: ReadonlySet<string>,
  what: string,
  signal: AbortSignal,
): Promise<(name: string) => string> {
  const found = await listNamedStored(client, kind, names, signal);
  const ids = new Map(found.map((stored) => [stored.Spec.Name, stored.ID]));
  return (name) => {
    const id = ids.get(name);
    if (id !== undefined) return id;
    throw new ReconcilerError("engine-not-found", `${what}: ${kind} "${name}" does not exist`, {
      hint: `create it in the cluster: docker ${kind} create ${name} <file>`,
    });
  };
}
