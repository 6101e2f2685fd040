/**
 * An Engine with many workloads that costs nothing to have: it answers what a real one answered about one of them, once
 * for each, under another name and id. It only looks like an Engine: nothing can be changed.
 */

import { rm } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { EngineClient } from "../support/engine-client.ts";

export interface StandInEngine extends AsyncDisposable {
  readonly socket: string;
  /** Resolves at the next request, with the time of its arrival. */
  nextRequest(): Promise<number>;
}

export interface Template {
  /** Name of the workload and of its container, which stands for no other text in the answers. */
  readonly name: string;
  readonly engine: EngineClient;
}

interface Answers {
  readonly list: readonly Record<string, unknown>[];
  readonly containers: ReadonlyMap<string, string>;
  readonly fixed: ReadonlyMap<string, string>;
}

/** Different in their first twelve digits, which are the host name. */
const idOf = (index: number) => index.toString(16).padStart(12, "0").padEnd(64, "0");
export const workloadName = (index: number) => `u${String(index).padStart(5, "0")}x`;

/** @param count how many workloads it shows */
export async function startStandInEngine(
  socket: string,
  template: Template,
  count: number,
): Promise<StandInEngine> {
  const answers = await readAnswers(template, count);
  let waiting = Promise.withResolvers<number>();
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    waiting.resolve(performance.now());
    const { pathname } = new URL(request.url ?? "/", "http://engine");
    const path = decodeURIComponent(pathname.replace(/^\/v[\d.]+/, ""));
    response.setHeader("Api-Version", "1.51").setHeader("Content-Type", "application/json");
    if (path === "/events") {
      streams.add(response);
      response.flushHeaders();
    } else if (path === "/containers/json") response.end(JSON.stringify(answers.list));
    else {
      const id = /^\/containers\/([^/]+)\/json$/.exec(path)?.[1] ?? "";
      const found = answers.containers.get(id) ?? answers.fixed.get(path);
      response.writeHead(found === undefined ? 404 : 200).end(found ?? '{"message":"no such object"}');
    }
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    nextRequest() {
      waiting = Promise.withResolvers();
      return waiting.promise;
    },
    async [Symbol.asyncDispose]() {
      for (const stream of streams) stream.end();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(socket, { force: true });
    },
  };
}

async function readAnswers({ name, engine }: Template, count: number): Promise<Answers> {
  const { api } = engine;
  const listed = await api.call<{ Id: string; Names: string[] }[]>("GET", "/containers/json", {
    query: { all: "1" },
  });
  const one = listed.find(({ Names }) => Names.includes(`/${name}`));
  if (one === undefined) throw new Error(`the Engine has no container "${name}"`);
  const inspected = JSON.stringify(await api.call("GET", `/containers/${one.Id}/json`));
  const { Image } = JSON.parse(inspected) as { Image: string };
  const image = JSON.stringify(await api.call("GET", `/images/${Image}/json`));
  const as = (text: string, index: number) =>
    text
      .replaceAll(one.Id, idOf(index))
      .replaceAll(one.Id.slice(0, 12), idOf(index).slice(0, 12))
      .replaceAll(name, workloadName(index));
  const indexes = Array.from({ length: count }, (_, index) => index + 1);
  const get = async (path: string) => JSON.stringify(await api.call("GET", path));
  return {
    list: indexes.map((index) => JSON.parse(as(JSON.stringify(one), index)) as Record<string, unknown>),
    containers: new Map(indexes.map((index) => [idOf(index), as(inspected, index)])),
    fixed: new Map([
      ["/_ping", "OK"],
      ["/info", await get("/info")],
      ["/networks", await get("/networks")],
      ["/volumes", await get("/volumes")],
      [`/images/${Image}/json`, image],
      ["/images/lab/idle:1/json", image],
    ]),
  };
}
