import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import Docker from "dockerode";
import { describe, expect, test } from "vitest";
import { EngineClient } from "../../../src/docker/engine-client.ts";

const never = new AbortController().signal;

/** A client on a server of our own on a Unix socket. */
async function serve(answer: RequestListener, timeoutMs = 2_000) {
  const dir = await mkdtemp(join(tmpdir(), "mysysconfig-client-"));
  const server = createServer(answer);
  const socketPath = join(dir, "s.sock");
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    client: new EngineClient(new Docker({ socketPath, version: "v1.41" }), timeoutMs),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await rm(dir, { recursive: true });
    },
  };
}

describe("a call to the Engine", () => {
  test("must send version, query and body each in its place", async () => {
    const seen: {
      method?: string | undefined;
      url?: string | undefined;
      body: string;
      type?: string | undefined;
    }[] = [];
    await using lab = await serve(async (incoming: IncomingMessage, outgoing) => {
      const { method, url, headers } = incoming;
      seen.push({ method, url, body: await text(incoming), type: headers["content-type"] });
      outgoing.end("{}");
    });
    const query = { name: "a b&c", platform: undefined };
    await lab.client.post({ what: "x", path: "/containers/create", query, body: { Image: "ä" } }, never);
    await lab.client.post({ what: "x", path: "/containers/a/start" }, never);
    await lab.client.delete({ what: "x", path: "/containers/a", query: { force: "true" } }, never);
    expect(seen).toEqual(
      [
        {
          method: "POST",
          url: "/v1.41/containers/create?name=a%20b%26c",
          body: '{"Image":"ä"}',
          type: "application/json",
        },
        { method: "POST", url: "/v1.41/containers/a/start", body: "", type: undefined },
        { method: "DELETE", url: "/v1.41/containers/a?force=true", body: "", type: undefined },
      ].map((call) =>
        expect.objectContaining({ ...call, url: expect.stringMatching(call.url.replace(/[?.]/g, "\\$&")) }),
      ),
    );
  });

  test("must end by its deadline when no answer comes, or only half of one", async () => {
    await using silent = await serve(() => {}, 150);
    await expect(silent.client.get({ what: "ask", path: "/info" }, never)).rejects.toMatchObject({
      code: "deadline-passed",
      message: "ask: the answer took longer than 0.2 s",
    });
    await using half = await serve((_incoming, outgoing) => void outgoing.write('{"a":'), 150);
    await expect(half.client.get({ what: "ask", path: "/info" }, never)).rejects.toMatchObject({
      code: "deadline-passed",
    });
  });

  test("must end at once when the run is aborted, before and while it waits", async () => {
    await using silent = await serve(() => {}, 60_000);
    const controller = new AbortController();
    const waiting = silent.client.get({ what: "ask", path: "/info" }, controller.signal);
    controller.abort(new Error("SIGTERM"));
    await expect(waiting).rejects.toMatchObject({ code: "interrupted", message: "ask: SIGTERM" });
    await expect(silent.client.get({ what: "ask", path: "/info" }, controller.signal)).rejects.toMatchObject({
      code: "interrupted",
    });
  });

  test("must read again over a connection that the Engine closed, but never write again", async () => {
    let calls = 0;
    await using lab = await serve((incoming, outgoing) => {
      calls++;
      if (calls === 1 || incoming.method === "POST") incoming.socket.destroy();
      else outgoing.end('{"ok":true}');
    });
    expect(await lab.client.get({ what: "x", path: "/info" }, never)).toEqual({ ok: true });
    expect(calls).toBe(2);
    await expect(lab.client.post({ what: "x", path: "/containers/a/stop" }, never)).rejects.toMatchObject({
      code: "engine-unreachable",
    });
    expect(calls).toBe(3);
  });

  test("must read again when an answer breaks off in the middle, and never write again", async () => {
    const seen: string[] = [];
    await using lab = await serve((incoming, outgoing) => {
      seen.push(incoming.method ?? "");
      const body = JSON.stringify({ Id: "a".repeat(50) });
      outgoing.setHeader("content-length", body.length);
      if (seen.length === 2) outgoing.end(body);
      else outgoing.write(body.slice(0, 20), () => outgoing.destroy());
    }, 30_000);
    expect(await lab.client.get({ what: "x", path: "/a" }, never)).toEqual({ Id: "a".repeat(50) });
    expect(seen).toEqual(["GET", "GET"]);
    const code = { code: "engine-unreachable" };
    await expect(lab.client.post({ what: "x", path: "/a" }, never)).rejects.toMatchObject(code);
    expect(seen).toEqual(["GET", "GET", "POST"]);
  });

  test("must keep characters whole that arrive in two pieces", async () => {
    const bytes = Buffer.from('{"name":"grün €"}');
    await using lab = await serve((_incoming, outgoing) => {
      outgoing.write(bytes.subarray(0, 12));
      setTimeout(() => outgoing.end(bytes.subarray(12)), 20);
    });
    expect(await lab.client.get({ what: "x", path: "/info" }, never)).toEqual({ name: "grün €" });
  });

  test("must tell the reason of a refused stream", async () => {
    await using lab = await serve((_incoming, outgoing) => {
      outgoing.writeHead(404, { "content-type": "application/json" }).end('{"message":"no such image"}');
    });
    await expect(lab.client.stream("GET", { what: "pull", path: "/x" }, never)).rejects.toMatchObject({
      code: "engine-not-found",
      message: "pull: no such image",
    });
  });
});
