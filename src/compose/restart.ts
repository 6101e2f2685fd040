import type { YamlNode } from "../lib/yaml.ts";
import { readInteger, readMap, readText, readWord } from "../lib/yaml-read.ts";
import type { TaskRestart } from "../model/cluster.ts";
import type { RestartPolicy } from "../model/workload.ts";
import { type KeyTable, type Reading, readKeys } from "./key-table.ts";
import { readDuration } from "./scalars.ts";
import { type ServiceReading, setCluster, setField } from "./service-reading.ts";

const policies = ["no", "always", "unless-stopped", "on-failure"] as const;

/** `restart` (Compose specification, "restart"): `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:N`. */
export function readRestart(value: YamlNode, reading: ServiceReading, what: string): void {
  if (value.kind === "scalar" && value.value === false) {
    const hint = 'write restart: "no"';
    reading.sink.error(value.position, "wrong-type", `${what} must be a text, not false`, hint);
    return;
  }
  const text = readText(value, what, reading.sink);
  if (text === undefined || text === "") return;
  const limited = /^on-failure:(\d+)$/.exec(text);
  const policy: RestartPolicy | undefined = limited
    ? { name: "on-failure", maximumRetryCount: Number(limited[1]) }
    : toPolicy(readWord(value, what, policies, reading.sink));
  setField(reading, "restart", policy, { position: value.position, what });
}

function toPolicy(name: RestartPolicy["name"] | undefined): RestartPolicy | undefined {
  return name && { name };
}

interface RestartPolicyReading extends Reading {
  settings: TaskRestart;
}

/** Keys of `deploy.restart_policy` (Compose Deploy specification, "restart_policy"). */
export const restartPolicyKeys: KeyTable<RestartPolicyReading> = {
  condition: {
    doc: "none, on-failure or any (always).",
    read: (value, reading, what) => {
      const condition = readWord(value, what, ["none", "on-failure", "any"] as const, reading.sink);
      if (condition !== undefined) reading.settings = { ...reading.settings, condition };
    },
  },
  max_attempts: {
    doc: "Number of restarts; on an Engine only with on-failure.",
    read: (value, reading, what) => {
      const maxAttempts = readInteger(value, what, reading.sink);
      if (maxAttempts !== undefined) reading.settings = { ...reading.settings, maxAttempts };
    },
  },
  delay: {
    doc: "Pause before a restart.",
    swarmOnly: "an Engine doubles the delay by itself, from 100 ms",
    read: (value, reading, what) => {
      const delayMs = readDuration(value, what, reading.sink);
      if (delayMs !== undefined) reading.settings = { ...reading.settings, delayMs };
    },
  },
  window: {
    doc: "Attempts are counted within this time.",
    swarmOnly: "an Engine counts a container as started after 10 s",
    read: (value, reading, what) => {
      const windowMs = readDuration(value, what, reading.sink);
      if (windowMs !== undefined) reading.settings = { ...reading.settings, windowMs };
    },
  },
};

/** `deploy.restart_policy`: the container's policy on an Engine, and all of it for a cluster. */
export function readRestartPolicy(value: YamlNode, reading: ServiceReading, what: string): void {
  const map = readMap(value, what, reading.sink);
  if (!map) return;
  const { sink, project } = reading;
  const runsOn = project.context.target;
  const policy: RestartPolicyReading = { sink, runsOn, settings: {} };
  readKeys(map, restartPolicyKeys, what, policy);
  const { condition = "any", maxAttempts } = policy.settings;
  const countsAttempts = condition === "on-failure" && maxAttempts !== undefined;
  if (maxAttempts !== undefined && !countsAttempts && runsOn === "engine") {
    const message = `${what}.max_attempts counts only with condition: on-failure on an Engine`;
    const hint = `write restart: on-failure:${maxAttempts} in the service`;
    sink.error(value.position, "contradiction", message, hint);
    return;
  }
  const names = { none: "no", "on-failure": "on-failure", any: "always" } as const;
  const restart = {
    name: names[condition],
    ...(countsAttempts ? { maximumRetryCount: maxAttempts } : {}),
  };
  setField(reading, "restart", restart, { position: value.position, what });
  setCluster(reading, "restart", policy.settings, value.position);
}
