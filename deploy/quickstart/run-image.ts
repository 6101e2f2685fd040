/** `docker run --rm -v SOCKET:/var/run/docker.sock IMAGE ARGUMENT…` through the API, with live output. */
import type { IncomingMessage } from "node:http";
import { stripVTControlCharacters } from "node:util";
import { lastLines } from "../lab/command.ts";
import type { EngineApi } from "../lab/engine-api.ts";
import { DEFAULT_SOCKET } from "../lab/find-engine.ts";

export interface ImageRun {
  readonly exitCode: number;
  /** The last line that it printed on standard output. */
  readonly verdict: string;
}

/** The command line that does the same, for the user to copy. */
export function equivalentCommand(api: EngineApi, image: string, args: readonly string[]): string {
  return ["docker", "run", "--rm", "-v", bindOf(api), image, ...args].join(" ");
}

export async function runImage(api: EngineApi, image: string, args: readonly string[]): Promise<ImageRun> {
  const isTerminal = process.stdout.isTTY === true;
  const { Id: id } = await api.call<{ Id: string }>("POST", "/containers/create", {
    json: {
      Image: image,
      Cmd: args,
      Tty: isTerminal,
      Env: passedOn(["TERM", "NO_COLOR", "FORCE_COLOR"]),
      HostConfig: { Binds: [bindOf(api)] },
    },
  });
  // Ctrl-C is for the program inside: it decides how to end, and we wait for it.
  const interrupt = (signal: NodeJS.Signals) => {
    api.call("POST", `/containers/${id}/kill`, { query: { signal } }).catch(() => {});
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    await api.call("POST", `/containers/${id}/start`);
    if (isTerminal) await resize(api, id);
    const output = await copyOutput(api, id, isTerminal);
    const { StatusCode: exitCode } = await api.call<{ StatusCode: number }>("POST", `/containers/${id}/wait`);
    return { exitCode, verdict: lastLines(stripVTControlCharacters(output), 1).trim() };
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    await api.call("DELETE", `/containers/${id}`, { query: { force: "1", v: "1" } });
  }
}

/** On a remote Engine's host the socket is where it is by default: the path counts there, not here. */
function bindOf(api: EngineApi): string {
  const socket = api.address.kind === "unix" ? api.address.path : DEFAULT_SOCKET;
  return `${socket}:${DEFAULT_SOCKET}`;
}

function passedOn(names: readonly string[]): string[] {
  return names.flatMap((name) => (process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`]));
}

async function resize(api: EngineApi, id: string): Promise<void> {
  const query = { w: String(process.stdout.columns), h: String(process.stdout.rows) };
  // A container that has ended already has no terminal any more.
  await api.call("POST", `/containers/${id}/resize`, { query }).catch(() => {});
}

/** The log that is followed holds everything from the first byte on; it ends with the container. */
async function copyOutput(api: EngineApi, id: string, isTerminal: boolean): Promise<string> {
  const query = { follow: "1", stdout: "1", stderr: "1" };
  const log = await api.open("GET", `/containers/${id}/logs`, { query, idleMs: 3_600_000 });
  let output = "";
  for await (const { stream, data } of isTerminal ? plainChunks(log) : framedChunks(log)) {
    process[stream].write(data);
    if (stream === "stdout") output = (output + data.toString("utf8")).slice(-4_096);
  }
  return output;
}

interface Chunk {
  readonly stream: "stdout" | "stderr";
  readonly data: Buffer;
}

async function* plainChunks(source: IncomingMessage): AsyncGenerator<Chunk> {
  for await (const data of source) yield { stream: "stdout", data };
}

/** Without a terminal each piece has a header of eight bytes: the stream's number, three zeros, the length. */
async function* framedChunks(source: IncomingMessage): AsyncGenerator<Chunk> {
  let rest = Buffer.alloc(0);
  for await (const data of source) {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 8 && rest.length >= 8 + rest.readUInt32BE(4)) {
      const end = 8 + rest.readUInt32BE(4);
      yield { stream: rest[0] === 2 ? "stderr" : "stdout", data: rest.subarray(8, end) };
      rest = rest.subarray(end);
    }
  }
}
