import { once } from "node:events";
import { Agent, createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { serverLimits, serverOptions } from "../../../src/webhook/server-options.ts";
import { proofs, secretOf } from "./examples.ts";
import { endpointOf, HookServer, talk } from "./server.ts";

const head = "POST /hook/hmac HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

/** One hook over a shared agent; how long it took, and its status. */
function sendTimed(port: number, agent: Agent, body: string): Promise<{ status: number; ms: number }> {
  const proof = proofs.hmac(secretOf.hmac, Buffer.from(body), new Date());
  const headers = { "content-type": "application/json", "content-length": body.length, ...proof };
  let start = 0;
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: "127.0.0.1",
      port,
      path: "/hook/hmac",
      method: "POST",
      agent,
      headers,
    });
    request.on("error", reject);
    request.on("socket", () => {
      start = performance.now();
    });
    request.on("response", (response) => {
      response.resume().on("end", () => {
        resolve({ status: response.statusCode ?? 0, ms: performance.now() - start });
      });
    });
    request.end(body);
  });
}

describe("a thousand hooks at once", () => {
  test.for([1_000, 10_000])("must all be answered 202, each marked: %i", async (count) => {
    // The clock stands still, so that the bucket does not fill up again: what ten thousand take in a minute is there.
    await using hooks = await HookServer.start([endpointOf("hmac")], { burst: count });
    const agent = new Agent({ keepAlive: true, maxSockets: 200 });
    const inside: number[] = [];
    hooks.server.prependListener("request", (_request, response) => {
      const start = performance.now();
      response.on("finish", () => inside.push(performance.now() - start));
    });
    const before = process.memoryUsage.rss();
    const start = performance.now();
    const bodies = Array.from({ length: count }, (_, id) =>
      JSON.stringify({ id: `${id}`, branch: `b${id}` }),
    );
    const answers = await Promise.all(bodies.map((body) => sendTimed(hooks.port, agent, body)));
    const seconds = (performance.now() - start) / 1000;
    agent.destroy();
    const [outer, inner] = [answers.map(({ ms }) => ms), inside].map(p99);
    const grown = (process.memoryUsage.rss() - before) / 1024 ** 2;
    process.stderr.write(
      `${count} hooks, 200 at a time: ${seconds.toFixed(2)} s, p99 ${inner} ms in the server, ${outer} ms with the client in the same process, RSS +${grown.toFixed(0)} MiB\n`,
    );
    expect(answers.filter(({ status }) => status !== 202)).toEqual([]);
    expect(new Set(hooks.marks.map(({ mark }) => mark.kind === "branch" && mark.branch)).size).toBe(count);
  });

  test("must be one mark and duplicates when they are one delivery", async () => {
    await using hooks = await HookServer.start([endpointOf("hmac")]);
    const agent = new Agent({ keepAlive: true, maxSockets: 200 });
    const body = '{"id":"1","branch":"develop"}';
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, () => sendTimed(hooks.port, agent, body)),
    );
    agent.destroy();
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(999);
    expect(hooks.marks).toHaveLength(1);
  });
});

describe("a thousand senders that trickle", () => {
  test("must be closed by the time of a body, and keep nobody else out", async () => {
    await using hooks = await HookServer.start([endpointOf("hmac")], { bodyMs: 1_500, lingerMs: 50 });
    const trickling = trickle(hooks.port, `${head}Content-Length: 100\r\n\r\n{`, 900);
    const agent = new Agent({ keepAlive: true });
    expect(await sendTimed(hooks.port, agent, '{"branch":"develop"}')).toMatchObject({ status: 202 });
    agent.destroy();
    const answers = await trickling;
    expect(answers.filter((answer) => !answer.startsWith("HTTP/1.1 408 "))).toEqual([]);
    expect(hooks.results.filter(({ status }) => status === 408)).toHaveLength(900);
    expect(await sendTimed(hooks.port, new Agent(), '{"branch":"develop"}')).toMatchObject({ status: 202 });
  });

  test("must be closed by the server when they trickle their headers", async () => {
    const server = createServer(
      { ...serverOptions, headersTimeout: 200, connectionsCheckingInterval: 50 },
      (_request, response) => response.end(),
    );
    Object.assign(server, serverLimits, { maxConnections: 500 });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const dropped: unknown[] = [];
    server.on("drop", (connection) => dropped.push(connection));
    const { port } = server.address() as AddressInfo;
    const answers = await trickle(port, head, 1_000);
    server.close();
    expect(answers.filter((answer) => answer.startsWith("HTTP/1.1 408 ")).length).toBeGreaterThan(0);
    expect(answers.filter((answer) => answer !== "" && !answer.startsWith("HTTP/1.1 408 "))).toEqual([]);
    expect(dropped.length).toBeGreaterThan(0);
  });

  test("must be bounded by what daemons are given", () => {
    const server = createServer(serverOptions);
    expect(Object.assign(server, serverLimits)).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 5_000,
      maxConnections: 2_000,
      maxHeadersCount: 100,
    });
    expect(serverOptions).toMatchObject({ maxHeaderSize: 16_384, connectionsCheckingInterval: 1_000 });
  });
});

function p99(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  return (sorted[Math.floor(sorted.length * 0.99)] ?? 0).toFixed(0);
}

/** So many connections that sent a beginning: what came back on each until it was closed. */
function trickle(port: number, text: string, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => talk(port, text)));
}
