import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { defaultLimits } from "../../../src/webhook/limits.ts";
import { proofs, secretOf } from "./examples.ts";
import { endpointOf, HookServer } from "./server.ts";

const now = new Date();

/** A hook of a size, as somebody sends it who has the secret. */
function provenHook(bytes: number, id: string) {
  const start = `{"branch":"develop","id":"${id}","filler":"`;
  const body = Buffer.from(`${start}${"x".repeat(Math.max(0, bytes - start.length - 2))}"}`);
  return { body, headers: { "content-type": "application/json", ...proofs.hmac(secretOf.hmac, body, now) } };
}

/** Connections of somebody who proves nothing, each with a body that is never finished. */
class Unfinished implements Disposable {
  private readonly sockets: Socket[] = [];
  private sent = 0;
  private readonly hooks: HookServer;

  constructor(hooks: HookServer) {
    this.hooks = hooks;
    hooks.server.on("request", (request) =>
      request.on("data", (chunk: Uint8Array) => {
        this.arrived += chunk.length;
      }),
    );
  }

  arrived = 0;

  /** Resolves when the server has read all of them. */
  async hold(bodies: readonly number[]): Promise<void> {
    for (const bytes of bodies) {
      const socket = connect(this.hooks.port, "127.0.0.1").on("error", () => undefined);
      const head = "POST /hook/hmac HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
      socket.write(`${head}Content-Length: ${bytes + 1}\r\n\r\n`);
      socket.write(Buffer.alloc(bytes, 0x20));
      socket.resume();
      this.sockets.push(socket);
      this.sent += bytes;
    }
    await expect.poll(() => this.arrived, { timeout: 20_000 }).toBe(this.sent);
  }

  [Symbol.dispose](): void {
    for (const socket of this.sockets) socket.destroy();
  }
}

const { bodyBytes, openBytes } = defaultLimits;
const most = bodyBytes - 1;
const rest = openBytes - 10 * most;
const usual = 60 * 1024;

describe("bodies that are left unfinished must keep no hook out", () => {
  test.for([
    ["that fill the room with large ones", [...Array<number>(10).fill(most), rest - 8]],
    ["that fill the room many times", Array<number>(25).fill(most)],
    ["as small as hooks usually are", Array<number>(Math.floor(openBytes / usual)).fill(usual)],
    ["of both sizes", [...Array<number>(300).fill(usual), ...Array<number>(5).fill(most)]],
  ] as const)("%s", async ([, bodies]) => {
    // Long enough that all that is sent is read, whatever becomes of it.
    await using hooks = await HookServer.start([endpointOf("hmac")], { lingerMs: 30_000 });
    using held = new Unfinished(hooks);
    await held.hold(bodies);
    for (const bytes of [100, 5_000, 64 * 1024, 1_000_000, bodyBytes])
      expect(await hooks.send("/hook/hmac", provenHook(bytes, `${bytes}`)), `${bytes}`).toMatchObject({
        status: 202,
      });
  });

  test("as many as may be open", async () => {
    await using hooks = await HookServer.start([endpointOf("hmac")], { lingerMs: 30_000, openBodies: 20 });
    using held = new Unfinished(hooks);
    await held.hold(Array<number>(40).fill(1));
    expect(hooks.results.filter(({ status }) => status === 503)).toHaveLength(20);
    expect(await hooks.send("/hook/hmac", provenHook(100, "1"))).toMatchObject({ status: 202 });
  });

  test("large ones are given up before one of usual size that is older", async () => {
    await using hooks = await HookServer.start([endpointOf("hmac")], {
      ...{ lingerMs: 30_000, bodyBytes: 1_000, openBytes: 1_000, usualBytes: 100 },
    });
    using held = new Unfinished(hooks);
    await held.hold([100]);
    await held.hold([850]);
    await held.hold([200]);
    await held.hold([600]);
    expect(hooks.results.map(({ status }) => status)).toEqual([503]);
    await held.hold([901]);
    // Of five, the oldest is still being read.
    expect(hooks.results.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
  });
});
