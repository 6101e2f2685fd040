/** Shows what runs now, and proves with one request that it does. */
import { get } from "node:http";
import { text } from "node:stream/consumers";
import type { EngineApi } from "../lab/engine-api.ts";
import { waitUntil } from "../lab/waiting.ts";

interface ListedContainer {
  readonly Names: readonly string[];
  readonly Image: string;
  readonly Status: string;
  readonly Ports: readonly { PublicPort?: number; PrivatePort: number; IP?: string; Type: string }[];
}

/** All containers that the tool owns on the Engine, also those that have ended. */
export async function listOwned(api: EngineApi): Promise<readonly ListedContainer[]> {
  const filters = JSON.stringify({ label: ["mysysconfig.project"] });
  const all = await api.call<ListedContainer[]>("GET", "/containers/json", { query: { all: "1", filters } });
  return all.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)));
}

export function formatSystem(containers: readonly ListedContainer[]): string {
  const rows = containers.map((one) => [nameOf(one), one.Image, one.Status, formatPorts(one)]);
  const table = [["NAME", "IMAGE", "STATE", "PORTS"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .map((line) => line.trimEnd())
    .join("\n");
}

export function publishes(containers: readonly ListedContainer[], port: number): boolean {
  return containers.some((one) => one.Ports.some(({ PublicPort }) => PublicPort === port));
}

/** The first line of the page; waits a moment for a service that has just started. */
export async function firstLineOf(url: string): Promise<string> {
  let last: unknown;
  try {
    return await waitUntil(url, 10_000, async () => {
      try {
        return (await fetchText(url)).split("\n")[0];
      } catch (error) {
        last = error;
        return undefined;
      }
    });
  } catch (cause) {
    throw new Error(`no answer from ${url}: ${String(last)}`, { cause });
  }
}

async function fetchText(url: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  get(url, { agent: false, timeout: 3_000 }, (response) => {
    const body = text(response);
    if (response.statusCode === 200) body.then(resolve, reject);
    else reject(new Error(`HTTP ${response.statusCode}`));
  })
    .on("timeout", () => reject(new Error("no answer within 3 s")))
    .on("error", reject);
  return promise;
}

function nameOf(container: ListedContainer): string {
  return (container.Names[0] ?? "").replace(/^\//, "");
}

function formatPorts({ Ports }: ListedContainer): string {
  const published = Ports.filter((port) => port.PublicPort !== undefined);
  return [...new Set(published.map((port) => `${port.PublicPort}->${port.PrivatePort}/${port.Type}`))].join(
    ", ",
  );
}
