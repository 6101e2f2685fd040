import { labelPrefix, parseRoleName } from "../model/ownership.ts";
import { resolveRepositoryPath } from "../model/repository-files.ts";
import type { Healthcheck } from "../model/workload.ts";
import { reportHostFile } from "./environment.ts";
import { type FileVariable, parseDockerKeyValues } from "./environment-files.ts";
import type { ApplyFlag } from "./flag-rows.ts";
import type { Reader } from "./flag-values.ts";
import { splitPair } from "./go-values.ts";
import { objectNamePattern } from "./mount-flags.ts";
import { type HealthDraft, mark, type RunDraft, refuse } from "./run-draft.ts";
import { readAnyText } from "./unit-text.ts";
import { unknownVariableHint } from "./variables.ts";
import { type Word, wordPosition } from "./words.ts";

/** What is wrong with a container's name, with what to write instead. */
export function nameProblem(name: string): { message: string; hint: string } | undefined {
  if (!objectNamePattern.test(name)) {
    const hint =
      "names have at least two characters: a letter or digit, then letters, digits, dots, dashes, underscores";
    return { message: `"${name}" is not a possible container name`, hint };
  }
  if (!/\.(?:next|prev)-/.test(name) || parseRoleName(name).role === "current") return undefined;
  const message = `container name "${name}" is reserved for the reconciler's own updates`;
  return { message, hint: "choose a name that does not end in .next-… or .prev-…" };
}

/** A leading slash is how the Engine writes names; an empty one is none. */
export function applyName(value: Word, draft: RunDraft): void {
  const text = value.text.replace(/^\//, "");
  const problem = value.text === "" ? undefined : nameProblem(text);
  if (problem) refuse(draft, value, problem.message, problem.hint);
  if (value.text === "") delete draft.name;
  else draft.name = { text, position: wordPosition(value) };
}

/** `--env NAME=value`, or `NAME` alone for a variable of the unit (docker run reference). */
export function applyEnv(value: Word, draft: RunDraft): void {
  mark(draft, "environment", value);
  const equals = value.text.indexOf("=");
  const name = equals < 0 ? value.text : value.text.slice(0, equals);
  if (name === "") {
    refuse(draft, value, `"${value.text}" is not a variable assignment`, "write NAME=value");
    return;
  }
  const text = equals < 0 ? draft.environment.variables.get(name) : value.text.slice(equals + 1);
  if (text !== undefined) draft.variables.set(name, text);
  else {
    const hint = unknownVariableHint(name, draft.environment);
    draft.scope.sink.error(wordPosition(value), "unknown-variable", `variable "${name}" is not set`, hint);
  }
}

export function applyEnvFile(value: Word, draft: RunDraft): void {
  mark(draft, "environment", value);
  const declared = draft.scope.context.hostFiles.get(value.text);
  for (const [name, text] of declared ?? []) draft.fileVariables.set(name, text);
  if (declared !== undefined) return;
  for (const variable of readKeyValues(value, draft)) {
    const text = variable.value ?? draft.environment.variables.get(variable.name);
    if (text !== undefined) draft.fileVariables.set(variable.name, text);
    else {
      const hint = unknownVariableHint(variable.name, draft.environment);
      const message = `variable "${variable.name}" is not set`;
      draft.scope.sink.error(variable.position, "unknown-variable", message, hint);
    }
  }
}

/** The lines of a file of the repository; other files are reported. */
function readKeyValues(value: Word, draft: RunDraft): FileVariable[] {
  const { scope } = draft;
  if (value.text.startsWith("/")) {
    reportHostFile(value.text, { position: wordPosition(value), optional: false }, scope);
    return [];
  }
  const path = resolveRepositoryPath(scope.path, value.text);
  const file = path === undefined ? undefined : scope.context.tree.get(path);
  if (file === undefined) {
    const hint = "relative paths count from the unit file; add the file to the repository";
    scope.sink.error(wordPosition(value), "missing-file", `"${value.text}" is not in the repository`, hint);
    return [];
  }
  scope.usedPaths.add(file.path);
  const text = readAnyText(file, wordPosition(value), scope);
  return text === undefined ? [] : parseDockerKeyValues(file.path, text, scope.sink);
}

export function applyLabel(value: Word, draft: RunDraft): void {
  mark(draft, "labels", value);
  const equals = value.text.indexOf("=");
  const name = equals < 0 ? value.text : value.text.slice(0, equals);
  if (name === "" || /\s/.test(name))
    refuse(draft, value, `"${value.text}" is not a label`, "write name=value");
  else if (name.startsWith(labelPrefix))
    refuse(draft, value, `labels that begin with "${labelPrefix}" are reserved`);
  else draft.labels.set(name, equals < 0 ? "" : value.text.slice(equals + 1));
}

export function applyLabelFile(value: Word, draft: RunDraft): void {
  mark(draft, "labels", value);
  for (const { name, value: text, position } of readKeyValues(value, draft)) {
    if (text !== undefined) draft.fileLabels.set(name, text);
    else {
      const message = `label "${name}" has no value, and Docker drops it`;
      draft.scope.sink.error(position, "bad-env-file", message, `write ${name}= for a label without text`);
    }
  }
}

/** `--log-opt NAME=VALUE`; NAME alone has an empty value. */
export function applyLogOption(value: Word, draft: RunDraft): void {
  mark(draft, "logging", value);
  const { key, value: text = "" } = splitPair(value.text);
  if (key === "") {
    refuse(draft, value, `"${value.text}" is not a log option`, "write name=value, for example max-size=10m");
    return;
  }
  const { logging } = draft.fields;
  draft.fields.logging = { ...logging, options: { ...logging?.options, [key]: text } };
}

export function applyLogDriver(value: Word, draft: RunDraft): void {
  mark(draft, "logging", value);
  const { options = {} } = draft.fields.logging ?? {};
  if (value.text !== "") draft.fields.logging = { options, driver: value.text };
  else if (Object.keys(options).length > 0) draft.fields.logging = { options };
  else delete draft.fields.logging;
}

const restartNames = ["no", "always", "unless-stopped", "on-failure"] as const;

/** `--restart no|always|unless-stopped|on-failure[:N]`; nothing is `no`. */
export function applyRestart(value: Word, draft: RunDraft): void {
  const [text = "", count, ...rest] = value.text.split(":");
  const name = restartNames.find((candidate) => candidate === (text === "" ? "no" : text));
  const isEmpty = count === undefined || (count === "" && text !== "");
  const isCount = isEmpty || (text === "on-failure" && /^\+?\d+$/.test(count));
  if (name === undefined || !isCount || rest.length > 0) {
    const hint = "one of: no, always, unless-stopped, on-failure, on-failure:5";
    refuse(draft, value, `"${value.text}" is not a restart policy`, hint);
    return;
  }
  const maximumRetryCount = Number(count ?? 0);
  const policy = { name, ...(maximumRetryCount > 0 ? { maximumRetryCount } : {}) };
  draft.restart = { policy, position: wordPosition(value) };
}

/** Sets one part of the health check; zero (`null`) keeps the image's. */
export function setsHealth<K extends keyof HealthDraft>(
  part: K,
  read: Reader<NonNullable<HealthDraft[K]> | null>,
): ApplyFlag {
  return (value, draft) => {
    mark(draft, "healthcheck", value, part);
    const result = read(value, draft);
    if (result === null) delete draft.health[part];
    else if (result !== undefined) draft.health[part] = result;
  };
}

/** The health check that all flags together ask for. */
export function finishHealthcheck(draft: RunDraft): Healthcheck | undefined {
  const isSet = Object.keys(draft.health).length > 0;
  if (draft.noHealthcheck === undefined) return isSet ? { kind: "command", ...draft.health } : undefined;
  if (isSet) {
    const message = "--no-healthcheck cannot be combined with --health-…";
    draft.scope.sink.error(draft.noHealthcheck, "conflicting-flags", message, "remove one of them");
  }
  return { kind: "none" };
}
