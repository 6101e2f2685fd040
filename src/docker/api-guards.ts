import { ReconcilerError } from "../model/errors.ts";
import type { ContainerSpec, Mount, NetworkAttachment } from "../model/workload.ts";
import { type ApiFeature, apiFeatures, apiSupports } from "./api-version.ts";
import { needsText } from "./mount-bodies.ts";

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

interface Use {
  readonly feature: ApiFeature;
  /** What it is, for people. */
  readonly subject: string;
  readonly isUsed: (spec: ContainerSpec) => boolean;
}

/** Of a driver's options, what the Engine itself takes out. */
const endpointSysctls = "com.docker.network.endpoint.sysctls";

const uses: readonly Use[] = [
  {
    feature: "healthStartInterval",
    subject: "the health check's start interval",
    isUsed: ({ healthcheck }) => healthcheck?.kind === "command" && healthcheck.startIntervalMs !== undefined,
  },
  {
    feature: "volumeSubpath",
    subject: "mounting a part of a volume",
    isUsed: ({ mounts }) => mounts.some((mount) => mount.kind === "volume" && mount.subpath !== undefined),
  },
  {
    feature: "annotations",
    subject: "an annotation",
    isUsed: ({ annotations }) => Object.keys(annotations ?? {}).length > 0,
  },
  {
    feature: "cdiDevices",
    subject: "a device by its CDI name",
    isUsed: ({ deviceRequests }) => deviceRequests?.some(({ driver }) => driver === "cdi") === true,
  },
  {
    feature: "createMountpoint",
    subject: "making a folder that is mounted with a say about what is mounted below",
    isUsed: ({ mounts }) =>
      mounts.some((mount) => mount.kind === "bind" && mount.createSource === true && !needsText(mount)),
  },
  {
    feature: "readOnlyRecursion",
    subject: "what is mounted below a read-only path",
    isUsed: ({ mounts }) =>
      mounts.some(
        (mount) => mount.kind === "bind" && ["writable", "readonly"].includes(mount.recursive ?? ""),
      ),
  },
  {
    feature: "imageMounts",
    subject: "mounting an image",
    isUsed: ({ mounts }) => mounts.some(({ kind }) => kind === "image"),
  },
  {
    feature: "endpointMacAddress",
    subject: "a MAC address of one network alone",
    isUsed: (spec) => endpoints(spec).some(({ macAddress }) => macAddress !== undefined),
  },
  {
    feature: "gatewayPriority",
    subject: "a network's priority for the gateway",
    isUsed: (spec) => endpoints(spec).some(({ gatewayPriority = 0 }) => gatewayPriority !== 0),
  },
  {
    feature: "endpointSysctls",
    subject: "kernel parameters of a network's interface",
    isUsed: (spec) => endpoints(spec).some(({ driverOptions }) => driverOptions?.[endpointSysctls]),
  },
];

function endpoints({ network }: ContainerSpec): readonly Partial<NetworkAttachment>[] {
  if (network.kind === "default") return [network];
  return network.kind === "networks" ? network.attachments : [];
}

function unsupportedFeatures(spec: ContainerSpec, apiVersion: string): Problem[] {
  return uses
    .filter(({ feature, isUsed }) => !apiSupports(apiVersion, feature) && isUsed(spec))
    .map(({ feature, subject }) => ({
      text: `${subject} needs Engine API ${apiFeatures[feature]}, this Engine speaks ${apiVersion}`,
      hint: "leave the setting out or update the Engine",
    }));
}

/** `Binds` are texts divided by colons, and always create a missing source. */
function inexpressibleBind(mount: Mount): Problem[] {
  if (mount.kind === "volume") return inexpressibleVolume(mount);
  if (mount.kind !== "bind") return [];
  if (needsText(mount) && `${mount.source}${mount.target}`.includes(":")) {
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
  if (mount.selinux === undefined || mount.recursive === undefined) return [];
  return [
    {
      text: `host path "${mount.source}": relabelling for SELinux cannot be combined with a say about what is mounted below`,
      hint: "drop one of them",
    },
  ];
}

function inexpressibleVolume(mount: Extract<Mount, { kind: "volume" }>): Problem[] {
  if (mount.selinux === undefined) return [];
  const text = `volume "${mount.volume}" on "${mount.target}"`;
  const hint = "drop the relabelling";
  if (mount.target.includes(":"))
    return [{ text: `${text}: a path with a colon cannot be relabelled by the Engine`, hint }];
  if (mount.subpath === undefined) return [];
  return [{ text: `${text}: a part of a volume cannot be relabelled by the Engine`, hint }];
}
