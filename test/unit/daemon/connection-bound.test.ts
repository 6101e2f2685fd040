import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import {
  ConnectionBound,
  type ConnectionLimits,
  connectionLimits,
} from "../../../src/daemon/connection-bound.ts";
import { startServers } from "../../../src/daemon/server.ts";
import { serverLimits } from "../../../src/webhook/server-options.ts";

const small: ConnectionLimits = { perAddress: 2, perNearAddress: 4, fromElsewhere: 6 };

describe("the bound on connections", () => {
  test.for([
    ["203.0.113.7", 2],
    ["::ffff:203.0.113.7", 2],
    ["2001:db8::1", 2],
    ["172.32.0.1", 2],
    ["172.17.0.1", 4],
    ["::ffff:172.31.255.1", 4],
    ["10.0.0.1", 4],
    ["192.168.1.1", 4],
    ["fd00::1", 4],
    ["127.0.0.1", 4],
    ["::ffff:127.0.0.1", 4],
    ["::1", 4],
  ] as const)("must let %s have %i at once", ([address, most]) => {
    const bound = new ConnectionBound(small);
    const admitted = Array.from({ length: 10 }, () => bound.admit(address));
    expect(admitted.filter((isIn) => isIn)).toHaveLength(most);
    bound.release(address);
    expect([bound.admit(address), bound.admit(address)]).toEqual([true, false]);
  });

  test("must keep room for this machine, however many others there are", () => {
    const bound = new ConnectionBound(small);
    const others = Array.from({ length: 100 }, (_, n) => bound.admit(`203.0.113.${n}`));
    expect(others.filter((isIn) => isIn)).toHaveLength(6);
    expect(bound.admit("10.0.0.1")).toBe(false);
    expect(bound.admit("127.0.0.1")).toBe(true);
    bound.release("203.0.113.0");
    expect(bound.admit("10.0.0.1")).toBe(true);
  });

  test("must leave more than a proxy on this machine can take", () => {
    const left = serverLimits.maxConnections - connectionLimits.fromElsewhere;
    expect(left).toBeGreaterThan(connectionLimits.perNearAddress);
  });
});

describe("a server", () => {
  test("must answer others while one address holds all that it may, and that one again later on", async () => {
    const listen = { host: "127.0.0.1", port: 0 };
    const live = () => ({ ok: true, reason: "alive" });
    await using servers = await startServers({ listen }, { live }, small);
    const port = Number(servers.addresses[0]?.split(":").at(-1));
    const sockets = Array.from({ length: 20 }, () => open(port, "127.0.0.2"));
    const closed = () => sockets.filter((socket) => socket.closed).length;
    await expect.poll(closed).toBe(16);
    expect(await ask(port, "127.0.0.2")).toBe("");
    expect(await ask(port, "127.0.0.1")).toMatch(/^HTTP\/1\.1 200 /);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => ask(port, "127.0.0.2")).toMatch(/^HTTP\/1\.1 200 /);
  });
});

/** A connection that says nothing. */
function open(port: number, localAddress: string): Socket {
  return connect({ port, host: "127.0.0.1", localAddress })
    .on("error", () => undefined)
    .resume();
}

function ask(port: number, localAddress: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = open(port, localAddress);
    socket.on("data", (chunk) => {
      answer += chunk.toString();
    });
    socket.on("close", () => resolve(answer));
    socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  });
}
