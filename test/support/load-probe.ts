/**
 * Constant requests while something is going on: from a container on a network, where names are resolved by the Engine,
 * or from a process in the Engine's own network, where published ports are.
 */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { endProcess, waitUntil } from "../../deploy/lab/waiting.ts";
import type { EngineClient } from "./engine-client.ts";
import type { LoadReport } from "./load-probe-client.ts";
import { startProcess } from "./program.ts";
import type { System } from "./scenario.ts";

export type { LoadReport } from "./load-probe-client.ts";

const script = join(import.meta.dirname, "load-probe-client.ts");
const readyMs = 30_000;

export interface LoadOptions {
  readonly url: string;
  readonly clients: number;
  /** Between two requests of a client; none by default. */
  readonly pauseMs?: number;
}

export interface LoadProbe {
  /** Ends the load and answers what the clients saw. */
  stop(): Promise<LoadReport>;
}

const variables = ({ url, clients, pauseMs = 0 }: LoadOptions) => ({
  URL: url,
  CLIENTS: String(clients),
  PAUSE_MS: String(pauseMs),
});

/** A client of published ports. Resolves when the first request was answered. */
export async function startHostLoad({ options }: System, load: LoadOptions): Promise<LoadProbe> {
  const [file = "", ...prefix] = options.networkPrefix;
  const { child, result } = startProcess(file, [...prefix, process.execPath, script], variables(load));
  let said = "";
  child.stdout?.on("data", (text: string) => {
    said += text;
  });
  await waitUntil("the load to be answered", readyMs, () => (said.includes("ready") ? true : undefined));
  return {
    async stop() {
      await endProcess(child.pid ?? 0, 15_000);
      return parse((await result).stdout);
    },
  };
}

/** A client of names: a container of the image (which must have Node) on the network. */
export async function startNetworkLoad(
  { engine, options, p }: Pick<System, "engine" | "options" | "p">,
  network: string,
  image: string,
  load: LoadOptions,
): Promise<LoadProbe> {
  const file = join(options.sharedDir, "load-probe-client.ts");
  await copyFile(script, file);
  const id = await engine.run({
    name: `${p}load`,
    image,
    network,
    command: ["node", "/load-probe-client.ts"],
    volumes: [`${file}:/load-probe-client.ts:ro`],
    environment: variables(load),
  });
  await waitUntil("the load to be answered", readyMs, async () =>
    (await engine.logs(id)).includes("ready") ? true : undefined,
  );
  return { stop: () => stopContainer(engine, id) };
}

async function stopContainer(engine: EngineClient, id: string): Promise<LoadReport> {
  await engine.post(`/containers/${id}/kill?signal=SIGTERM`);
  await engine.waitForExit(id);
  const said = await engine.logs(id);
  await engine.remove(id);
  return parse(said);
}

function parse(said: string): LoadReport {
  const line = said.trimEnd().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) throw new Error(`the load probe left no report:\n${said}`);
  return JSON.parse(line) as LoadReport;
}
