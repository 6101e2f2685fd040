import type { ClusterSettings } from "../../../src/model/cluster.ts";
import type { WorkloadSpec } from "../../../src/model/workload.ts";

/** One declaration that both `docker` and we are asked about. */
export interface OracleCase {
  readonly name: string;
  /** Key of `permittedOutcomes`: one of the two refuses what the other takes, or both take it to be something else. */
  readonly differs?: string;
}

/** A compose file for `docker stack deploy`. */
export interface StackCase extends OracleCase {
  readonly stack: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** A `docker service create` line, and the `docker run` line of a unit that means the same. */
export interface CommandCase extends OracleCase {
  readonly command: string;
  readonly run: string;
  /** What a unit says beside its `docker run` line. */
  readonly also?: Partial<Pick<WorkloadSpec, "containerNames" | "kind" | "update">> & {
    readonly cluster?: ClusterSettings;
  };
}

type Options = Omit<StackCase, "name" | "stack">;

/** A stack with the service `web` on `busybox:1`. `rest` stands beside `services:`. */
export function web(name: string, keys: string, rest = "", options: Options = {}): StackCase {
  return { name, stack: `services:\n  web:\n    image: busybox:1\n${indent(keys)}${rest}`, ...options };
}

export function deploy(name: string, keys: string, rest = "", options: Options = {}): StackCase {
  return web(name, `deploy: ${keys}`, rest, options);
}

function indent(text: string): string {
  return text === "" ? "" : `${text.replace(/^/gm, "    ")}\n`;
}
