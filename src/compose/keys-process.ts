import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { YamlNode } from "../lib/yaml.ts";
import { isNull, readText } from "../lib/yaml-read.ts";
import { judgeImage } from "../model/image-policy.ts";
import { labelPrefix } from "../model/ownership.ts";
import { readEnvFiles } from "./env-files.ts";
import { type KeyTable, withoutEffect } from "./key-table.ts";
import { readLabelFiles } from "./label-files.ts";
import { readPlainText } from "./plain-scalars.ts";
import { windowsKey } from "./refused-keys.ts";
import {
  readDuration,
  readFlag,
  readOptionalText,
  readPairs,
  readRecord,
  readTexts,
  type TextPair,
  toRecord,
} from "./scalars.ts";
import { field, type ServiceReading, setField } from "./service-reading.ts";
import { splitWords } from "./shell-words.ts";

/** Keys of a service about the image and the process in it (Compose specification, "services top-level elements"). */
export const processKeys: KeyTable<ServiceReading> = {
  image: { doc: "The image; own images carry a build tag.", read: readImage },
  build: {
    doc: "Building is CI's business; beside `image` it is left to CI with a warning, alone it is an error.",
    read: (value, reading) => {
      reading.build = value.position;
    },
  },
  pull_policy: {
    doc: "missing and if_not_present are what happens; always, daily, weekly and every_… are the same, with a warning.",
    read: readPullPolicy,
  },
  platform: { doc: "Platform of the image, linux/amd64.", read: field("platform", readOptionalText) },
  command: { doc: "The command; a text is split into words, no shell is run.", read: readCommand },
  entrypoint: { doc: "The entrypoint; an empty one resets the image's.", read: readEntrypoint },
  environment: {
    doc: "Variables; a bare name takes the value of the run's variable and is left out when there is none.",
    read: (value, reading, what) => {
      reading.environment = readPairs(value, what, reading.sink) ?? [];
      checkNames(reading.environment, what, reading.sink);
      reading.positions["environment"] = value.position;
    },
  },
  env_file: {
    doc: "Files of the repository with variables; `environment` wins over them.",
    read: readEnvFiles,
  },
  labels: { doc: "Labels of the container.", read: field("labels", readUserLabels) },
  user: { doc: "User, as name or uid[:gid].", read: field("user", readOptionalText) },
  group_add: { doc: "Further groups.", read: field("groupAdd", readGroups) },
  working_dir: { doc: "Working directory.", read: field("workingDir", readOptionalText) },
  hostname: { doc: "Host name inside the container.", read: field("hostname", readOptionalText) },
  domainname: { doc: "Domain name inside the container.", read: field("domainname", readOptionalText) },
  init: { doc: "Run a small init as process 1.", read: field("init", readFlag) },
  tty: { doc: "Give it a terminal.", read: field("tty", readFlag) },
  stdin_open: { doc: "Keep its standard input open.", read: field("stdinOpen", readFlag) },
  stop_signal: { doc: "Signal that asks it to stop.", read: field("stopSignal", readOptionalText) },
  stop_grace_period: {
    doc: "Time between that signal and SIGKILL, whole seconds rounded up.",
    read: readGracePeriod,
  },
  annotations: { doc: "Notes for the OCI runtime.", read: field("annotations", readRecord) },
  label_file: { doc: "Files of the repository with labels; `labels` wins over them.", read: readLabelFiles },
  storage_opt: {
    doc: "Options of the storage driver for the container's own file system.",
    read: field("storageOptions", readRecord),
  },
  isolation: withoutEffect("default; another one is for Windows.", (value, what, sink) => {
    const text = readText(value, what, sink);
    if (text === undefined || text === "" || text === "default") return;
    const message = `${what} can only be "default": ${windowsKey.refused}`;
    sink.error(value.position, "unsupported-value", message, windowsKey.hint);
  }),
  develop: {
    doc: "For work on the source with docker compose watch; no effect here, with a warning.",
    read: (value, reading, what) => {
      const hint = "remove it, or leave it for docker compose watch";
      reading.sink.warning(value.position, "without-effect", `${what} has no effect`, hint);
    },
  },
  pull_refresh_after: {
    doc: "No effect, with a warning: a tag is not looked up again.",
    read: warnAboutRefresh,
  },
  attach: withoutEffect("Whether `docker compose up` shows its log; no effect here.", readFlag),
  runtime: { doc: "OCI runtime.", read: field("runtime", readOptionalText) },
};

/** Texts of a list, numbers included. */
export function readItems(
  node: YamlNode,
  what: string,
  sink: ServiceReading["sink"],
): readonly string[] | undefined {
  return readTexts(node, what, sink)?.map((item) => item.text);
}

/** ` A=1` and `A =1` are mistakes of writing, as Compose says of most of them. */
function checkNames(pairs: readonly TextPair[], what: string, sink: DiagnosticSink): void {
  for (const { key, position } of pairs) {
    if (key === key.trim()) continue;
    const hint = `write ${key.trim()}=VALUE`;
    sink.error(position, "bad-pair", `an item of ${what} has blanks around its name: "${key}"`, hint);
  }
}

function readGroups(node: YamlNode, what: string, sink: DiagnosticSink): readonly string[] | undefined {
  return readTexts(node, what, sink, readPlainText)?.map((item) => item.text);
}

function readImage(value: YamlNode, reading: ServiceReading, what: string): void {
  const text = readText(value, what, reading.sink);
  if (text === undefined) return;
  const verdict = judgeImage(text, reading.project.context.images);
  if (verdict.error !== undefined)
    reading.sink.error(value.position, "bad-image", verdict.error, verdict.hint);
  if (verdict.warning !== undefined) {
    reading.sink.warning(value.position, "image-policy", verdict.warning, verdict.hint);
  }
  // The text stands in for a refused reference, so that its absence is not reported as well.
  setField(reading, "image", verdict.reference ?? text, { position: value.position, what });
}

function readPullPolicy(value: YamlNode, reading: ServiceReading, what: string): void {
  const policy = readText(value, what, reading.sink);
  if (policy === undefined || policy === "missing" || policy === "if_not_present") return;
  if (policy === "always" || isRefresh(policy)) {
    const hint = "give every build a tag of its own; a moved tag is not looked up";
    reading.sink.warning(
      value.position,
      "pull-policy",
      "images are pulled when they are missing, not again",
      hint,
    );
    return;
  }
  const hint =
    policy === "build" ? "build the image in CI and push it" : "write missing, or remove pull_policy";
  reading.sink.error(
    value.position,
    "pull-policy",
    `${what} cannot be "${policy}": images are pulled when they are missing`,
    hint,
  );
}

function isRefresh(policy: string): boolean {
  return (
    policy === "daily" ||
    policy === "weekly" ||
    policy === "refresh" ||
    /^every_(?:\d+[wdhms])+$/.test(policy)
  );
}

function warnAboutRefresh(value: YamlNode, reading: ServiceReading, what: string): void {
  const hint = "give every build a tag of its own; a moved tag is not looked up";
  reading.sink.warning(value.position, "pull-policy", `${what} has no effect`, hint);
}

/**
 * `null` keeps the image's command. So does an empty one: the Engine cannot drop the image's command unless the
 * entrypoint is set, and then it drops it anyway (Compose specification, "command").
 */
function readCommand(value: YamlNode, reading: ServiceReading, what: string): void {
  const words = readWords(value, reading, what);
  if (words === undefined) return;
  if (words.length > 0) {
    setField(reading, "command", words, { position: value.position, what });
    return;
  }
  const hint = "remove it, or set entrypoint as well";
  reading.sink.warning(
    value.position,
    "empty-command",
    `${what} is empty, which the Engine takes for the image's command`,
    hint,
  );
}

function readEntrypoint(value: YamlNode, reading: ServiceReading, what: string): void {
  const words = readWords(value, reading, what);
  // [""] is how the Engine itself writes a reset.
  const entrypoint = words?.length === 1 && words[0] === "" ? [] : words;
  setField(reading, "entrypoint", entrypoint, { position: value.position, what });
}

function readWords(value: YamlNode, reading: ServiceReading, what: string): readonly string[] | undefined {
  if (isNull(value)) return undefined;
  if (value.kind !== "scalar") return readItems(value, what, reading.sink);
  const words = splitWords(value.text);
  if (!("message" in words)) return words;
  const { position } = value;
  const isVerbatim = !value.quoted && position.length === value.text.length;
  const place = isVerbatim ? { ...position, column: position.column + words.offset, length: 1 } : position;
  const hint = `quote it, write a list, or name the shell: ["sh", "-c", "…"]`;
  reading.sink.error(place, "bad-command", `${what} cannot be split into words: ${words.message}`, hint);
  return undefined;
}

/** Labels of the user's own, without those that are ours. */
export function readUserLabels(
  value: YamlNode,
  what: string,
  sink: DiagnosticSink,
): Record<string, string> | undefined {
  const pairs = readPairs(value, what, sink);
  for (const { key, position } of pairs ?? []) {
    if (!key.startsWith(labelPrefix)) continue;
    const message = `label "${key}" is reserved: ${labelPrefix}* says who owns a container`;
    sink.error(position, "reserved-label", message, "use a prefix of your own");
  }
  return toRecord(pairs);
}

function readGracePeriod(value: YamlNode, reading: ServiceReading, what: string): void {
  const ms = readDuration(value, what, reading.sink);
  const seconds = ms === undefined ? undefined : Math.ceil(ms / 1000);
  setField(reading, "stopTimeoutSeconds", seconds, { position: value.position, what });
}
