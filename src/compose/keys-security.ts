import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { YamlNode } from "../lib/yaml.ts";
import { readMap, readWord } from "../lib/yaml-read.ts";
import type { Logging } from "../model/workload.ts";
import { readDevices, readGpus } from "./device-keys.ts";
import { type KeyTable, type Reading, readKeys } from "./key-table.ts";
import { readItems } from "./keys-process.ts";
import { containerNameOf, selectRepositoryFiles } from "./project.ts";
import { checkService } from "./references.ts";
import { readFlag, readOptionalText, readRecord, readTexts, type TextItem } from "./scalars.ts";
import { addDependency, field, type ServiceReading, setField } from "./service-reading.ts";

/** Keys of a service about rights, namespaces, devices and logs (Compose specification, "services top-level elements"). */
export const securityKeys: KeyTable<ServiceReading> = {
  privileged: { doc: "All rights of the host.", read: field("privileged", readFlag) },
  read_only: { doc: "Read-only root file system.", read: field("readOnlyRootfs", readFlag) },
  cap_add: { doc: "Capabilities to add.", read: field("capAdd", readItems) },
  cap_drop: { doc: "Capabilities to drop.", read: field("capDrop", readItems) },
  security_opt: {
    doc: "Security options; a seccomp profile is a file of the repository.",
    read: readSecurityOpt,
  },
  sysctls: { doc: "Kernel parameters of its namespaces.", read: field("sysctls", readRecord) },
  devices: {
    doc: "Devices of the host: HOST[:CONTAINER[:rwm]], a long form, or the name of a CDI device.",
    read: readDevices,
  },
  gpus: { doc: "all, or a list of requests for GPUs.", read: readGpus },
  device_cgroup_rules: { doc: "Rules of the device cgroup.", read: field("deviceCgroupRules", readItems) },
  ipc: {
    doc: "none, private, shareable, host, service:NAME or container:NAME.",
    read: namespace("ipcMode", ["none", "private", "shareable", "host"]),
  },
  pid: { doc: "host, service:NAME or container:NAME.", read: namespace("pidMode", ["host"]) },
  uts: { doc: "host.", read: field("utsMode", optionalWord(["host"])) },
  userns_mode: { doc: "host.", read: field("usernsMode", optionalWord(["host"])) },
  cgroup: { doc: "host or private.", read: field("cgroupnsMode", word(["host", "private"])) },
  cgroup_parent: { doc: "Parent cgroup.", read: field("cgroupParent", readOptionalText) },
  logging: { doc: "Log driver and its options.", read: field("logging", readLogging) },
};

function word(words: readonly string[]) {
  return (node: YamlNode, what: string, sink: DiagnosticSink) => readWord(node, what, words, sink);
}

/** An empty text, of a variable maybe, says nothing. */
function optionalWord(words: readonly string[]) {
  return (node: YamlNode, what: string, sink: DiagnosticSink) =>
    node.kind === "scalar" && node.value === "" ? undefined : readWord(node, what, words, sink);
}

/** A namespace of its own, of the host, or of another container. */
function namespace(name: "ipcMode" | "pidMode", words: readonly string[]) {
  return (value: YamlNode, reading: ServiceReading, what: string): void => {
    const text = readOptionalText(value, what, reading.sink);
    if (text === undefined) return;
    const source = { position: value.position, what };
    const [kind, ...rest] = text.split(":");
    const target = rest.join(":");
    if (kind === "container" && target !== "") setField(reading, name, text, source);
    else if (kind === "service" && target !== "") {
      if (!checkService(target, { reading, position: value.position, verb: "shares a namespace with" }))
        return;
      addDependency(
        reading,
        { service: target, position: value.position },
        { condition: "started", required: true, restart: true },
      );
      setField(reading, name, `container:${containerNameOf(reading.project, target, 1)}`, source);
    } else {
      setField(reading, name, readWord(value, what, [...words], reading.sink), source);
    }
  };
}

/** Docker's client reads seccomp profiles; so do we, from the repository. */
function readSecurityOpt(value: YamlNode, reading: ServiceReading, what: string): void {
  const source = { position: value.position, what };
  const options = readTexts(value, what, reading.sink)?.flatMap((item) => {
    if (/^systempaths[=:]unconfined$/.test(item.text)) {
      setField(reading, "unconfinedSystemPaths", true, source);
      return [];
    }
    const profile = /^seccomp[=:](.+)$/.exec(item.text)?.[1];
    if (profile === undefined) return [item.text];
    if (profile === "unconfined" || profile === "builtin") return [`seccomp=${profile}`];
    const json = readProfile({ ...item, text: profile }, reading);
    return json === undefined ? [] : [`seccomp=${json}`];
  });
  setField(reading, "securityOpt", options, source);
}

function readProfile({ text: path, position }: TextItem, reading: ServiceReading): string | undefined {
  if (path.startsWith("/")) {
    const hint = "put the profile into the repository and write its relative path";
    reading.sink.error(
      position,
      "host-file",
      `"${path}" is a file of the host and cannot be read from here`,
      hint,
    );
    return undefined;
  }
  const [file] = selectRepositoryFiles(reading.project, { path, position })?.files ?? [];
  if (!file) return undefined;
  try {
    return JSON.stringify(JSON.parse(new TextDecoder().decode(file.content)));
  } catch {
    reading.sink.error(position, "bad-profile", `seccomp profile "${path}" is no JSON`);
    return undefined;
  }
}

interface LoggingReading extends Reading {
  driver?: string;
  options: Record<string, string>;
}

/** Keys of `logging` (Compose specification, "logging"). */
export const loggingKeys: KeyTable<LoggingReading> = {
  driver: {
    doc: "Log driver; the Engine's own when absent.",
    read: (value, reading, what) => {
      const driver = readOptionalText(value, what, reading.sink);
      if (driver !== undefined) reading.driver = driver;
    },
  },
  options: {
    doc: "Options of the driver.",
    read: (value, reading, what) => {
      reading.options = readRecord(value, what, reading.sink) ?? {};
    },
  },
};

function readLogging(node: YamlNode, what: string, sink: DiagnosticSink): Logging | undefined {
  const map = readMap(node, what, sink);
  if (!map) return undefined;
  const reading: LoggingReading = { sink, options: {} };
  readKeys(map, loggingKeys, what, reading);
  return { options: reading.options, ...(reading.driver === undefined ? {} : { driver: reading.driver }) };
}
