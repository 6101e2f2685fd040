import { formatDuration } from "../lib/duration.ts";
import { stableJson } from "../lib/stable-json.ts";
import type { FileTarget, ServiceMount, TaskContainerSpec } from "../model/service-spec.ts";
import { envName } from "./canonical-container.ts";
import { type Field, plainText, restFields } from "./field-values.ts";

/** Members that are one field each: name of the API, name for people, place of the declaration. */
const plain: readonly (readonly [keyof TaskContainerSpec, string, string])[] = [
  ["Image", "image", "image"],
  ["Command", "entrypoint", "entrypoint"],
  ["Args", "command", "command"],
  ["User", "user", "user"],
  ["Groups", "groups", "groupAdd"],
  ["Dir", "working directory", "workingDir"],
  ["Hostname", "host name", "hostname"],
  ["StopSignal", "stop signal", "stopSignal"],
  ["Init", "init", "init"],
  ["TTY", "tty", "tty"],
  ["OpenStdin", "stdin", "stdinOpen"],
  ["ReadOnly", "read-only", "readOnlyRootfs"],
  ["CapabilityAdd", "added capabilities", "capAdd"],
  ["CapabilityDrop", "dropped capabilities", "capDrop"],
  ["Privileges", "security options", "securityOpt"],
  ["Hosts", "extra hosts", "extraHosts"],
  ["OomScoreAdj", "oom score", "oomScoreAdj"],
  ["Isolation", "isolation", ""],
];

const special: readonly (keyof TaskContainerSpec)[] = [
  ...(["Env", "Labels", "Mounts", "Configs", "Secrets", "Healthcheck"] as const),
  ...(["StopGracePeriod", "DNSConfig", "Ulimits", "Sysctls"] as const),
];

export function containerFields(spec: TaskContainerSpec): readonly Field[] {
  return [
    ...plain.flatMap(([member, name, place]) =>
      spec[member] === undefined ? [] : [{ name, text: plainText(spec[member]), place }],
    ),
    ...(spec.Env ?? []).map((entry) => ({
      name: `env ${envName(entry)}`,
      text: entry.slice(envName(entry).length + 1),
      place: "environment",
      masked: true as const,
    })),
    ...recordFields("label", "labels", spec.Labels),
    ...recordFields("sysctl", "sysctls", spec.Sysctls),
    ...(spec.Mounts ?? []).map((mount) => ({
      name: `mount ${mount.Target}`,
      text: mountText(mount),
      place: "mounts",
    })),
    ...(spec.Configs ?? []).map(({ File, ConfigName }) => ({
      name: `config ${File?.Name ?? ConfigName}`,
      text: `${ConfigName}${fileText(File)}`,
      place: "mounts",
    })),
    // The name of a secret tells nothing to people, and a secret is not to be told by anything.
    ...(spec.Secrets ?? []).map(({ File, SecretName }) => ({
      name: `secret ${File?.Name ?? SecretName}`,
      text: `${SecretName}${fileText(File)}`,
      shown: `***${fileText(File)}`,
      place: "mounts",
    })),
    ...healthFields(spec),
    ...dnsFields(spec),
    ...(spec.StopGracePeriod === undefined
      ? []
      : [{ name: "stop timeout", text: span(spec.StopGracePeriod), place: "stopTimeoutSeconds" }]),
    ...(spec.Ulimits ?? []).map(({ Name, Soft, Hard }) => ({
      name: `ulimit ${Name}`,
      text: `${Soft}:${Hard}`,
      place: "ulimits",
    })),
    ...restFields(spec, [...plain.map(([member]) => member), ...special]),
  ];
}

function recordFields(
  name: string,
  place: string,
  record: Readonly<Record<string, string>> | undefined,
): Field[] {
  return Object.entries(record ?? {}).map(([key, text]) => ({ name: `${name} ${key}`, text, place }));
}

function mountText({ Type, Source, Target: _, ReadOnly, ...options }: ServiceMount): string {
  const readOnly = ReadOnly === true ? " (read-only)" : "";
  const rest = Object.keys(options).length === 0 ? "" : ` ${stableJson(options)}`;
  return `${mountSource(Type, Source)}${readOnly}${rest}`;
}

function mountSource(type: ServiceMount["Type"], source: string | undefined): string {
  if (type === "bind") return `host path ${source ?? ""}`;
  if (type === "volume") return source === undefined ? "anonymous volume" : `volume ${source}`;
  return source === undefined ? String(type) : `${type} ${source}`;
}

/** Owner and mode are told when they are not the usual ones. */
function fileText(file: FileTarget | undefined): string {
  if (file === undefined) return "";
  const owner = file.UID === "0" && file.GID === "0" ? "" : ` owner ${file.UID}:${file.GID}`;
  return `${owner}${file.Mode === 0o444 ? "" : ` mode 0${(file.Mode ?? 0).toString(8)}`}`;
}

function healthFields({ Healthcheck: check }: TaskContainerSpec): Field[] {
  if (check === undefined) return [];
  const times = [
    ...timed("every", check.Interval),
    ...timed("timeout", check.Timeout),
    ...(check.Retries === undefined ? [] : [`${check.Retries} tries`]),
    ...timed("start period", check.StartPeriod),
    ...timed("start interval", check.StartInterval),
  ].join(", ");
  const [kind, ...words] = check.Test ?? [];
  const command = kind === "NONE" ? "none" : kind === undefined ? "" : JSON.stringify(words.join(" "));
  const text = [command, times].filter((part) => part !== "").join(" ");
  // The words of a command may be joined in several ways, so the list itself decides.
  return [{ name: "health check", text: stableJson(check), shown: text, place: "healthcheck" }];
}

function dnsFields({ DNSConfig: config }: TaskContainerSpec): Field[] {
  const lists = [
    ["dns", "dns", config?.Nameservers],
    ["dns search", "dnsSearch", config?.Search],
    ["dns options", "dnsOptions", config?.Options],
  ] as const;
  return lists.flatMap(([name, place, list]) =>
    list === undefined ? [] : [{ name, text: plainText(list), place }],
  );
}

function timed(word: string, value: number | undefined): string[] {
  return value === undefined ? [] : [`${word} ${span(value)}`];
}

function span(value: number): string {
  return formatDuration(value / 1e6);
}
