import { parseSystemdDuration } from "../lib/duration.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { RestartPolicy } from "../model/workload.ts";
import { signalName } from "./signals.ts";
import { type Assignment, lastOf, type UnitFile } from "./unit-file.ts";
import type { UnitScope } from "./unit-scope.ts";

/** A value and the assignment that says it. */
interface Setting<T> {
  readonly value: T;
  readonly item: Assignment;
}

/** What the directives of [Service] say about the container's life. */
export interface ServiceSettings {
  readonly isOneshot: boolean;
  readonly restart?: Setting<RestartPolicy>;
  /** Whole seconds, -1 is without limit. */
  readonly stopTimeoutSeconds?: Setting<number>;
  readonly killSignal?: Setting<string>;
}

/** Types whose main process systemd watches in one way or another: for a container they are the same. */
const serviceTypes = ["simple", "exec", "idle", "notify", "notify-reload", "forking"];

interface RestartRow {
  readonly policy?: RestartPolicy;
  readonly warning?: string;
}

/**
 * `Restart=` (systemd.service(5)) as a restart policy of the Engine, which restarts always, on a non-zero exit code, or
 * never.
 */
export const restartTable: Readonly<Record<string, RestartRow>> = {
  no: { policy: { name: "no" } },
  always: { policy: { name: "always" } },
  "on-failure": { policy: { name: "on-failure" } },
  "on-abnormal": { policy: { name: "on-failure" }, warning: "also restarts after a non-zero exit code" },
  "on-abort": { policy: { name: "on-failure" }, warning: "also restarts after a non-zero exit code" },
  "on-watchdog": { policy: { name: "no" }, warning: "never restarts: containers have no watchdog" },
  "on-success": {},
};

export function readServiceSettings(file: UnitFile, scope: UnitScope): ServiceSettings {
  const isOneshot = readType(lastOf(file, "Service", "Type"), scope);
  const restart = readRestart(lastOf(file, "Service", "Restart"), isOneshot, scope);
  const stopTimeoutSeconds = readStopTimeout(file, scope);
  const killSignal = readKillSignal(lastOf(file, "Service", "KillSignal"), scope);
  for (const key of ["RestartSec", "TimeoutStartSec", "StartLimitInterval"]) {
    checkTimeSpan(lastOf(file, "Service", key), scope);
  }
  reportJobSettings(file, isOneshot, scope);
  reportEmpty(file, scope);
  return {
    isOneshot,
    ...(restart === undefined ? {} : { restart }),
    ...(stopTimeoutSeconds === undefined ? {} : { stopTimeoutSeconds }),
    ...(killSignal === undefined ? {} : { killSignal }),
  };
}

function readType(item: Assignment | undefined, { sink }: UnitScope): boolean {
  const text = item?.value.text ?? "simple";
  if (item !== undefined && text !== "oneshot" && !serviceTypes.includes(text)) {
    const known = [...serviceTypes, "oneshot"];
    const hint = didYouMean(text, known) ?? `one of: ${known.join(", ")}`;
    sink.error(item.position, "unknown-value", `Type= cannot be "${text}" for a container`, hint);
  }
  return text === "oneshot";
}

function readRestart(
  item: Assignment | undefined,
  isOneshot: boolean,
  { sink }: UnitScope,
): Setting<RestartPolicy> | undefined {
  if (item === undefined) return undefined;
  const text = item.value.text;
  const row = Object.hasOwn(restartTable, text) ? restartTable[text] : undefined;
  if (row === undefined) {
    const known = Object.keys(restartTable);
    const hint = didYouMean(text, known) ?? `one of: ${known.join(", ")}`;
    sink.error(item.position, "unknown-value", `Restart= cannot be "${text}"`, hint);
  } else if (isOneshot && (text === "always" || text === "on-success")) {
    const message = `Restart=${text} is not allowed with Type=oneshot`;
    sink.error(item.position, "invalid-restart", message, "write Restart=on-failure, or remove it");
  } else if (row.policy === undefined) {
    const message = `the Engine cannot restart a container on success only`;
    sink.error(item.position, "invalid-restart", message, "write Restart=always or Restart=on-failure");
  } else {
    if (row.warning) sink.warning(item.position, "inexact-restart", `Restart=${text} ${row.warning}`);
    return { value: row.policy, item };
  }
  return undefined;
}

/** `TimeoutStopSec=` or `TimeoutSec=`, whichever comes last; 0 and `infinity` are without limit (systemd.service(5)). */
function readStopTimeout(file: UnitFile, { sink }: UnitScope): Setting<number> | undefined {
  const item = file.assignments.findLast(
    ({ section, key }) => section === "Service" && (key === "TimeoutStopSec" || key === "TimeoutSec"),
  );
  if (item === undefined || item.value.text === "") return undefined;
  const ms = parseSystemdDuration(item.value.text);
  if (ms === undefined) {
    sink.error(
      item.position,
      "invalid-duration",
      `${item.key}= cannot be "${item.value.text}"`,
      "write a time span such as 10s or 1min 30s",
    );
    return undefined;
  }
  return { value: ms === 0 || !Number.isFinite(ms) ? -1 : Math.ceil(ms / 1000), item };
}

function checkTimeSpan(item: Assignment | undefined, { sink }: UnitScope): void {
  if (item === undefined || parseSystemdDuration(item.value.text) !== undefined) return;
  const message = `${item.key}= cannot be "${item.value.text}"`;
  sink.error(item.position, "invalid-duration", message, "write a time span such as 10s or 1min 30s");
}

function readKillSignal(item: Assignment | undefined, { sink }: UnitScope): Setting<string> | undefined {
  if (item === undefined) return undefined;
  const value = signalName(item.value.text);
  if (value !== undefined) return { value, item };
  const message = `KillSignal= cannot be "${item.value.text}"`;
  sink.error(item.position, "unknown-signal", message, "write a signal such as SIGTERM or SIGQUIT");
  return undefined;
}

/** Settings with one value, of which an empty one is no value at all. */
const singles = ["Type", "Restart", "TimeoutStopSec", "TimeoutSec", "KillSignal"];

/** An empty list drops what was there before; here systemd complains and keeps what was set before (measured). */
function reportEmpty(file: UnitFile, { sink }: UnitScope): void {
  for (const { section, key, value, keyPosition } of file.assignments) {
    if (section !== "Service" || value.text !== "" || !singles.includes(key)) continue;
    const message = `an empty ${key}= does not take back what was set before`;
    sink.error(keyPosition, "empty-value", message, "write the value that is meant, or remove the line");
  }
}

function reportJobSettings(file: UnitFile, isOneshot: boolean, { sink }: UnitScope): void {
  if (!isOneshot) return;
  const codes = lastOf(file, "Service", "SuccessExitStatus");
  if (codes) {
    const message = "SuccessExitStatus= is not supported for a job: only exit code 0 is success";
    sink.error(codes.keyPosition, "unsupported-directive", message, "let the command exit with 0");
  }
  const timeout = lastOf(file, "Service", "TimeoutStartSec");
  if (timeout && ![0, Number.POSITIVE_INFINITY].includes(parseSystemdDuration(timeout.value.text) ?? 0)) {
    const message = "TimeoutStartSec= does not limit how long a job runs";
    sink.warning(timeout.keyPosition, "directive-without-effect", message, "remove it; see --timeout");
  }
}
