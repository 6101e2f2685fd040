import { ReconcilerError } from "../model/errors.ts";
import type { ContainerSpec, Mount } from "../model/workload.ts";
import { type ApiFeature, apiFeatures, apiSupports } from "./api-version.ts";

interface Problem {
  readonly text: string;
  readonly hint: string;
}

/**
 * Refuses what the Engine would drop without a word, or what its API cannot express: a container that differs from its
 * spec must not be created.
 */
export function guardApi(spec: ContainerSpec, apiVersion: string): void {
  const problems = [...unsupportedFeatures(spec, apiVersion), ...spec.mounts.flatMap(inexpressibleBind)];
  const [first] = problems;
  if (first === undefined) return;
  throw new ReconcilerError("engine-unsupported", problems.map((problem) => problem.text).join("; "), {
    hint: first.hint,
  });
}

function unsupportedFeatures(spec: ContainerSpec, apiVersion: string): Problem[] {
  const used: [ApiFeature, string, boolean][] = [
    [
      "healthStartInterval",
      "the health check's start interval",
      spec.healthcheck?.kind === "command" && spec.healthcheck.startIntervalMs !== undefined,
    ],
    [
      "volumeSubpath",
      "mounting a part of a volume",
      spec.mounts.some((mount) => mount.kind === "volume" && mount.subpath !== undefined),
    ],
  ];
  return used
    .filter(([feature, , isUsed]) => isUsed && !apiSupports(apiVersion, feature))
    .map(([feature, subject]) => ({
      text: `${subject} needs Engine API ${apiFeatures[feature]}, this Engine speaks ${apiVersion}`,
      hint: "leave the setting out or update the Engine",
    }));
}

/** `Binds` are texts divided by colons, and always create a missing source. */
function inexpressibleBind(mount: Mount): Problem[] {
  if (mount.kind !== "bind") return [];
  const needsText = mount.createSource === true || mount.selinux !== undefined;
  if (needsText && `${mount.source}${mount.target}`.includes(":")) {
    return [
      {
        text: `host path "${mount.source}" on "${mount.target}": a path with a colon cannot be created or relabelled by the Engine`,
        hint: "create the path on the host and mount it without creating or relabelling",
      },
    ];
  }
  if (mount.selinux !== undefined && mount.createSource !== true) {
    return [
      {
        text: `host path "${mount.source}": relabelling for SELinux cannot be combined with a source that must exist`,
        hint: "allow the Engine to create the source (create_host_path: true) or drop the relabelling",
      },
    ];
  }
  return [];
}
