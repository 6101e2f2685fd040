/**
 * The real docker client as the judge of what a declaration means: it talks to a socket behind which a stub answers, and
 * what it asks the stub for is its answer. No Engine is needed.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DockerClient } from "../../deploy/lab/docker-client.ts";

export interface ClientCall {
  /** What follows `docker`. */
  readonly words: readonly string[];
  /** Files in the folder where the client runs, by their name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What the client wants of the Engine. */
export interface EngineRequest {
  readonly method: string;
  /** Without the version of the API. */
  readonly path: string;
  readonly url: URL;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Status and body of an answer. */
export type StubAnswer = readonly [status: number, body: unknown];

export interface ClientResult {
  /** The first line of what the client complained of; absent when all went well. */
  readonly complaint?: string;
  /** Where it ran, for texts that hold the path. */
  readonly folder: string;
}

const apiVersion = "1.51";

/** Asks about each request, two at a time, and answers in the order of the requests. */
export async function askDocker<Request, Answer>(
  requests: readonly Request[],
  ask: (request: Request, folder: string) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const root = await mkdtemp(join(tmpdir(), "oracle-"));
  const answers: Answer[] = [];
  const waiting = [...requests.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, request] = next;
      const folder = join(root, String(index));
      await mkdir(folder);
      answers[index] = await ask(request, folder);
    }
  };
  try {
    await Promise.all([worker(), worker()]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return answers;
}

/** Runs the client once in a folder of its own. */
export async function runClient(
  call: ClientCall,
  client: DockerClient,
  folder: string,
  answer: (request: EngineRequest) => StubAnswer,
): Promise<ClientResult> {
  const socket = join(folder, "docker.sock");
  const server = createServer((incoming, response) => void respond(incoming, response, answer));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  try {
    for (const [name, text] of Object.entries(call.files ?? {})) await writeFile(join(folder, name), text);
    const complaint = await execute(call, client, socket, folder);
    return { folder, ...(complaint === undefined ? {} : { complaint }) };
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function respond(
  incoming: IncomingMessage,
  response: ServerResponse,
  answer: (request: EngineRequest) => StubAnswer,
): Promise<void> {
  const url = new URL(incoming.url ?? "/", "http://engine");
  const path = url.pathname.replace(/^\/v[\d.]+/, "");
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
  const [status, said] = usualAnswer(path) ?? answer({ method: incoming.method ?? "GET", path, url, body });
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Api-Version": apiVersion,
    Ostype: "linux",
  });
  response.end(JSON.stringify(said));
}

function usualAnswer(path: string): StubAnswer | undefined {
  if (path === "/_ping") return [200, "OK"];
  if (path === "/version") return [200, { ApiVersion: apiVersion, Os: "linux", Arch: "amd64" }];
  return undefined;
}

function execute(
  { words, environment = {} }: ClientCall,
  client: DockerClient,
  socket: string,
  cwd: string,
): Promise<string | undefined> {
  const env = { PATH: "/usr/bin:/bin", HOME: cwd, DOCKER_CONFIG: client.configDir, ...environment };
  const args = ["--host", `unix://${socket}`, ...words];
  return new Promise((resolve) => {
    execFile(client.docker, args, { cwd, env, timeout: 30_000 }, (failure, _output, complaints) => {
      if (failure === null) return resolve(undefined);
      const lines = complaints.split("\n").filter((line) => line.trim() !== "" && !isAdvice(line));
      resolve((lines[0] ?? failure.message).replaceAll(cwd, "."));
    });
  });
}

function isAdvice(line: string): boolean {
  return /^(?:See |Run |Usage:|Ignoring |Since |WARNING: )|--help|is deprecated|has been deprecated|^time=/.test(
    line,
  );
}
