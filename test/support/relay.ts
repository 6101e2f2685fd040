/**
 * Carries connections between two places: a port of 127.0.0.1 or the path of a Unix socket. A path is the same in every
 * network namespace, so two relays make one port of a namespace reachable in another one, and nothing else of it.
 *
 * As a program, for a namespace that is entered with a prefix: `node relay.ts FROM TO`; it prints a line when it listens.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { endProcess } from "../../deploy/lab/waiting.ts";

export type Place = { readonly port: number } | { readonly path: string };

const target = (place: Place) => ("port" in place ? { ...place, host: "127.0.0.1" } : place);
const written = (place: Place) => ("port" in place ? String(place.port) : place.path);
const read = (text: string): Place => (/^\d+$/.test(text) ? { port: Number(text) } : { path: text });

/** Relays within this process. */
export async function startRelay(from: Place, to: Place): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target(to));
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    }
    // One end that breaks off ends the other one.
    near.on("error", () => far.destroy()).on("close", () => far.end());
    far.on("error", () => near.destroy()).on("close", () => near.end());
    near.pipe(far).pipe(near);
  });
  await listen(server, from);
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

async function listen(server: Server, from: Place): Promise<void> {
  if ("path" in from) await rm(from.path, { force: true });
  server.listen(target(from));
  await once(server, "listening");
}

/** Relays in the namespace that the prefix enters; it ends with this process. */
export async function startRelayIn(
  prefix: readonly string[],
  from: Place,
  to: Place,
): Promise<AsyncDisposable> {
  const program = [...prefix, process.execPath, import.meta.filename, written(from), written(to)];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the relay from ${written(from)} to ${written(to)} ended: exit ${code}`);
  });
  await Promise.race([once(lines, "line"), ended]);
  ended.catch(() => {});
  return {
    async [Symbol.asyncDispose]() {
      await endProcess(child.pid ?? 0, 5_000);
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const [from = "", to = ""] = process.argv.slice(2);
  await startRelay(read(from), read(to));
  process.stdout.write("ready\n");
}
