/**
 * A Git server over HTTPS: `git http-backend` behind Node's TLS server, with certificates of a test
 * authority.
 */
import { spawn } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { runCommand } from "../../deploy/lab/command.ts";

export interface Certificate {
  readonly keyFile: string;
  readonly certFile: string;
}

export interface Authority {
  /** What clients trust. */
  readonly caFile: string;
  /** A certificate for hosts as openssl writes them: `IP:127.0.0.1`, `DNS:example.org`. */
  issue(name: string, hosts: string): Promise<Certificate>;
}

export async function createAuthority(dir: string): Promise<Authority> {
  await mkdir(dir, { recursive: true });
  const [keyFile, caFile] = [join(dir, "ca.key"), join(dir, "ca.pem")];
  const request = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=test authority",
  ];
  await runCommand("openssl", [...request, "-keyout", keyFile, "-out", caFile]);
  return {
    caFile,
    async issue(name, hosts) {
      const own = { keyFile: join(dir, `${name}.key`), certFile: join(dir, `${name}.pem`) };
      const leaf = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${name}`];
      const signed = ["-CA", caFile, "-CAkey", keyFile, "-addext", `subjectAltName=${hosts}`];
      const limits = ["-addext", "basicConstraints=critical,CA:FALSE"];
      await runCommand("openssl", [
        ...leaf,
        ...signed,
        ...limits,
        "-keyout",
        own.keyFile,
        "-out",
        own.certFile,
      ]);
      return own;
    },
  };
}

export interface HttpsOptions {
  /** Folder of the bare repositories. */
  readonly root: string;
  readonly certificate: Certificate;
  /** Without a token everybody may read and write. */
  readonly token?: string;
  /** Answers instead of git. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => void;
  /** While it is away, connections break off without an answer. */
  readonly isAway?: () => boolean;
}

export interface GitServer extends AsyncDisposable {
  /** `https://127.0.0.1:<port>`, or with `ssh` and a user; repositories follow after a slash. */
  readonly url: string;
}

export interface GitHttpsServer extends GitServer {
  /** Of each request that came. */
  readonly authorizations: readonly (string | undefined)[];
}

export async function startGitHttps(options: HttpsOptions): Promise<GitHttpsServer> {
  const { certificate, token } = options;
  const [key, cert] = await Promise.all([readFile(certificate.keyFile), readFile(certificate.certFile)]);
  const authorizations: (string | undefined)[] = [];
  const server = createServer({ key, cert }, (request, response) => {
    if (options.isAway?.() === true) {
      request.socket.destroy();
      return;
    }
    authorizations.push(request.headers.authorization);
    if (options.answer !== undefined) return options.answer(request, response);
    if (token !== undefined && passwordOf(request) !== token) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="test"' }).end();
      return;
    }
    runBackend(options.root, request, response);
  });
  // Clients that do not trust us break off in the middle of the handshake.
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authorizations,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function passwordOf(request: IncomingMessage): string | undefined {
  const encoded = /^Basic (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString().split(":")[1];
}

/** CGI (RFC 3875), as git-http-backend(1) wants it. */
function runBackend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "/", "https://host");
  const { headers } = request;
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: "/nonexistent",
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: headers["content-type"] ?? "",
      REMOTE_USER: "pusher",
      REMOTE_ADDR: "127.0.0.1",
      ...(headers["content-length"] === undefined ? {} : { CONTENT_LENGTH: headers["content-length"] }),
      ...(headers["content-encoding"] === undefined
        ? {}
        : { HTTP_CONTENT_ENCODING: headers["content-encoding"] }),
      ...(headers["git-protocol"] === undefined ? {} : { GIT_PROTOCOL: String(headers["git-protocol"]) }),
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  request.pipe(child.stdin).on("error", () => {});
  response.on("close", () => child.kill());
  passAnswer(child.stdout, response);
}

function passAnswer(stdout: NodeJS.ReadableStream, response: ServerResponse): void {
  let head = Buffer.alloc(0);
  stdout.on("data", (chunk: Buffer) => {
    if (response.headersSent) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) return;
    const lines = head.toString("latin1", 0, end).split("\r\n");
    const fields = lines.map((line) => line.split(/:\s*(.*)/s).slice(0, 2) as [string, string]);
    const status = Number(fields.find(([name]) => name === "Status")?.[1].slice(0, 3) ?? 200);
    response.writeHead(status, Object.fromEntries(fields.filter(([name]) => name !== "Status")));
    response.write(head.subarray(end + 4));
  });
  stdout.on("end", () => response.end());
}
