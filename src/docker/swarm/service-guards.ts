import { type ApiFeature, apiFeatures, apiSupports } from "../../model/engine-api.ts";
import { ReconcilerError } from "../../model/errors.ts";
import type { ServiceSpec } from "../../model/service-spec.ts";
import { holds } from "../verify-created.ts";

/**
 * Refuses what the manager would drop without a word (Docker Engine API, version history): a service with less
 * protection, or with a whole volume where a part was meant, must not come to be.
 */
export function guardServiceApi(spec: ServiceSpec, what: string, apiVersion: string): void {
  const missing = usedFeatures(spec).filter(([feature]) => !apiSupports(apiVersion, feature));
  if (missing.length === 0) return;
  const texts = missing.map(([feature, subject]) => `${subject} needs Engine API ${apiFeatures[feature]}`);
  const message = `${what}: ${texts.join("; ")}; this Engine speaks ${apiVersion}`;
  throw new ReconcilerError("engine-unsupported", message, {
    hint: "leave the setting out or update the Engine",
  });
}

function usedFeatures({ TaskTemplate: { ContainerSpec: container } }: ServiceSpec): [ApiFeature, string][] {
  const privileges = Object.keys(container.Privileges ?? {});
  const mounts = container.Mounts ?? [];
  const used: [ApiFeature, string, boolean][] = [
    [
      "servicePrivileges",
      "NoNewPrivileges, Seccomp or AppArmor of a service",
      ["NoNewPrivileges", "Seccomp", "AppArmor"].some((key) => privileges.includes(key)),
    ],
    [
      "healthStartInterval",
      "the health check's start interval",
      (container.Healthcheck?.StartInterval ?? 0) !== 0,
    ],
    [
      "volumeSubpath",
      "mounting a part of a volume",
      mounts.some(({ VolumeOptions: options }) => (options?.Subpath ?? "") !== ""),
    ],
    [
      "createMountpoint",
      "creating the source of a bind mount",
      mounts.some(({ BindOptions: options }) => options?.["CreateMountpoint"] === true),
    ],
    ["serviceOomScore", "OomScoreAdj of a service", (container.OomScoreAdj ?? 0) !== 0],
  ];
  return used.flatMap(([feature, subject, isUsed]) =>
    isUsed ? [[feature, subject] as [ApiFeature, string]] : [],
  );
}

/** Spelled differently by the manager, as the planner's own comparison knows. */
const respelled: ReadonlySet<string> = new Set(["Runtime", "ForceUpdate"]);

/**
 * Settings of the sent spec that the service does not have, sorted: a manager drops what it does not know.
 *
 * @param live with names of networks in the place of ids
 */
export function droppedSettings(sent: ServiceSpec, live: ServiceSpec): string[] {
  const { ContainerSpec: sentContainer, ...sentTask } = sent.TaskTemplate;
  const { ContainerSpec: liveContainer, ...liveTask } = live.TaskTemplate;
  const { TaskTemplate: _sent, Name: _name, ...sentRest } = sent;
  return [
    ...missing(sentContainer, liveContainer, "ContainerSpec."),
    ...missing(sentTask, liveTask, ""),
    ...missing(sentRest, live, ""),
  ].sort();
}

function missing(sent: object, live: object, prefix: string): string[] {
  const has = live as Readonly<Record<string, unknown>>;
  return Object.entries(sent)
    .filter(([key, value]) => !respelled.has(key) && !holds(has[key], value))
    .map(([key]) => `${prefix}${key}`);
}
