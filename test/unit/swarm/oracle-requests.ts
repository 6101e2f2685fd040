import type { OracleRequest } from "../../swarm/oracle-recorder.ts";
import { commandCases } from "./oracle-commands.ts";
import { deployCases } from "./oracle-deploys.ts";
import { stackCases } from "./oracle-stacks.ts";

/** All stacks, and what the docker client is asked about each case. */
export const allStackCases = [...stackCases, ...deployCases];

export function stackId(name: string): string {
  return `stack ${name}`;
}

export function commandId(name: string): string {
  return `command ${name}`;
}

export const oracleRequests: readonly OracleRequest[] = [
  ...allStackCases.map(({ name, stack, files }) => ({
    ...{ name: stackId(name), stack },
    ...(files === undefined ? {} : { files }),
  })),
  ...commandCases.map(({ name, command }) => ({
    name: commandId(name),
    command: command.split(" ").filter((word) => word !== ""),
  })),
];
