import type { YamlNode } from "../lib/yaml.ts";
import { readInteger, readMap, readText, readWord } from "../lib/yaml-read.ts";
import type { RestartPolicy } from "../model/workload.ts";
import { type KeyTable, type Reading, readKeys } from "./key-table.ts";
import { swarmOnly } from "./resource-keys.ts";
import { type ServiceReading, setField } from "./service-reading.ts";

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
  condition: "none" | "on-failure" | "any";
  attempts?: number;
}

/** Keys of `deploy.restart_policy` (Compose Deploy specification, "restart_policy"). */
export const restartPolicyKeys: KeyTable<RestartPolicyReading> = {
  condition: {
    doc: "none, on-failure or any (always).",
    read: (value, reading, what) => {
      reading.condition = readWord(value, what, ["none", "on-failure", "any"], reading.sink) ?? "any";
    },
  },
  max_attempts: {
    doc: "Number of restarts, only with on-failure.",
    read: (value, reading, what) => {
      const attempts = readInteger(value, what, reading.sink);
      if (attempts !== undefined) reading.attempts = attempts;
    },
  },
  delay: swarmOnly("remove it: an Engine doubles the delay by itself, from 100 ms"),
  window: swarmOnly("remove it: an Engine counts a container as started after 10 s"),
};

export function readRestartPolicy(value: YamlNode, reading: ServiceReading, what: string): void {
  const map = readMap(value, what, reading.sink);
  if (!map) return;
  const policy: RestartPolicyReading = { sink: reading.sink, condition: "any" };
  readKeys(map, restartPolicyKeys, what, policy);
  const { condition, attempts } = policy;
  if (attempts !== undefined && condition !== "on-failure") {
    const message = `${what}.max_attempts counts only with condition: on-failure on an Engine`;
    reading.sink.error(
      value.position,
      "contradiction",
      message,
      `write restart: on-failure:${attempts} in the service`,
    );
    return;
  }
  const names = { none: "no", "on-failure": "on-failure", any: "always" } as const;
  const restart = {
    name: names[condition],
    ...(attempts === undefined ? {} : { maximumRetryCount: attempts }),
  };
  setField(reading, "restart", restart, { position: value.position, what });
}
