/** A token server as Docker Hub has one: real signatures, which a real registry checks. */
import { createPrivateKey, randomUUID, sign, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../deploy/lab/command.ts";
import type { TokenServerSettings } from "../../deploy/lab/registry.ts";
import {
  type RecordedRequest,
  type RecordingServer,
  sendJson,
  startRecordingServer,
} from "./recording-server.ts";

export interface TokenServerOptions {
  /** Emptied by whoever made it. */
  readonly dir: string;
  readonly username: string;
  readonly password: string;
  /** Is exchanged for the same rights as the password. */
  readonly refreshToken: string;
  /** A repository that everybody may read. */
  readonly openRepository: string;
}

/** Under which name a token is told, and for how many seconds it is said to be good. */
export interface Telling {
  readonly name: "token" | "access_token";
  readonly expiresIn?: number;
}

export interface TokenServer extends AsyncDisposable {
  readonly settings: TokenServerSettings;
  readonly requests: readonly RecordedRequest[];
  /** Says how the next tokens are told. */
  tell(next: Telling): void;
  /** An `Authorization` header that may write. */
  writer(repository: string): string;
}

const service = "lab-registry";
const issuer = "lab-tokens";

/** A self-signed certificate for 127.0.0.1 with its key. */
export async function makeCertificate(dir: string, name: string) {
  const certificateFile = join(dir, `${name}.crt`);
  const keyFile = join(dir, `${name}.key`);
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${name}`];
  const names = ["-addext", "subjectAltName=IP:127.0.0.1"];
  await runCommand("openssl", [...request, ...names, "-keyout", keyFile, "-out", certificateFile]);
  return { certificateFile, keyFile };
}

export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { certificateFile, keyFile } = await makeCertificate(options.dir, "lab-tokens");
  const key = createPrivateKey(await readFile(keyFile));
  const certificate = new X509Certificate(await readFile(certificateFile));
  const tokenFor = (repository: string, actions: readonly string[]) => {
    const now = Math.floor(Date.now() / 1000);
    const header = { typ: "JWT", alg: "RS256", x5c: [certificate.raw.toString("base64")] };
    const claims = {
      ...{ iss: issuer, sub: "lab", aud: service, jti: randomUUID() },
      ...{ exp: now + 600, nbf: now - 60, iat: now },
      access: actions.length === 0 ? [] : [{ type: "repository", name: repository, actions }],
    };
    const text = [header, claims].map((part) => encode(JSON.stringify(part))).join(".");
    return `${text}.${encode(sign("RSA-SHA256", Buffer.from(text), key))}`;
  };
  let telling: Telling = { name: "token" };
  const server: RecordingServer = await startRecordingServer((request, response) => {
    const { scope, isKnown, isRefused } = readRequest(request, options);
    if (isRefused) return sendJson(response, 401, { details: "incorrect username or password" });
    const [, repository = "", actions = ""] = /^repository:([^:]+):(.*)$/.exec(scope) ?? [];
    const granted = isKnown || repository === options.openRepository ? actions.split(",") : [];
    const { name, expiresIn } = telling;
    const lifetime = expiresIn === undefined ? {} : { expires_in: expiresIn };
    sendJson(response, 200, { [name]: tokenFor(repository, granted), ...lifetime });
  });
  return {
    settings: { realm: `${server.origin}/token`, service, issuer, certificateFile },
    requests: server.requests,
    tell: (next) => {
      telling = next;
    },
    writer: (repository) => `Bearer ${tokenFor(repository, ["pull", "push"])}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function readRequest({ method, url, headers, body }: RecordedRequest, options: TokenServerOptions) {
  const asked = method === "POST" ? new URLSearchParams(body) : new URL(url, "http://any").searchParams;
  const { username, password, refreshToken } = options;
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const isRefresh =
    asked.get("grant_type") === "refresh_token" && asked.get("refresh_token") === refreshToken;
  const isKnown = headers.authorization === basic || isRefresh;
  const isAnonymous = headers.authorization === undefined && method === "GET";
  return { scope: asked.get("scope") ?? "", isKnown, isRefused: !isKnown && !isAnonymous };
}

function encode(data: string | Buffer): string {
  return Buffer.from(data).toString("base64url");
}
