/** A real registry on 127.0.0.1, open or with a password, optionally in the network of a private Engine. */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ensurePackages, type Report } from "./apt.ts";
import { lastLines, runCommand } from "./command.ts";
import type { EngineApi } from "./engine-api.ts";
import { splitReference } from "./image-import.ts";
import { endProcess, waitUntil } from "./waiting.ts";

export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}

/** What a registry has to know about the server whose tokens it takes. */
export interface TokenServerSettings {
  /** URL of the token server, as clients are told. */
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** PEM file with the certificate that its signatures are checked by. */
  readonly certificateFile: string;
}

export interface RegistryOptions {
  /** Holds the registry's data, configuration and log. Emptied at the start. */
  readonly dir: string;
  /** The Engine that pulls: the registry then listens in that one's network, where 127.0.0.1 is its own. */
  readonly engine?: { inNetwork(argv: readonly string[]): string[] };
  /** With credentials the registry demands them for everything. */
  readonly credentials?: RegistryCredentials;
  /** With a token server the registry takes its bearer tokens and nothing else. */
  readonly tokenServer?: TokenServerSettings;
  /** With a certificate the registry speaks TLS. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
  /** Receives the registry's webhooks. */
  readonly notifyUrl?: string;
  /** Sent with each of them. */
  readonly notifyHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly report?: Report;
}

export interface RunningRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>`: Docker takes such a registry also without TLS. */
  readonly address: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startRegistry(options: RegistryOptions): Promise<RunningRegistry> {
  const { credentials } = options;
  const dir = resolve(options.dir);
  const tools = credentials === undefined ? [] : ["apache2-utils"];
  await ensurePackages(["docker-registry", ...tools], options.report ?? (() => {}));
  await rm(dir, { recursive: true, force: true });
  await mkdir(join(dir, "data"), { recursive: true });
  const configFile = join(dir, "config.json");
  // YAML takes JSON as it is.
  await writeFile(configFile, JSON.stringify(await configuration(dir, options)));

  const serve = ["docker-registry", "serve", configFile];
  const [file = "", ...args] = options.engine?.inNetwork(serve) ?? serve;
  const logFile = join(dir, "registry.log");
  const log = openSync(logFile, "w");
  // setpriv and nsenter exec what they are given, so the child's pid is the registry's.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", file, ...args], { stdio: ["ignore", log, log] });
  closeSync(log);
  child.unref();
  const pid = child.pid ?? 0;
  const stop = () => endProcess(pid, 5_000);
  const address = await waitUntil("the registry to listen", 20_000, () => {
    const said = readFileSync(logFile, "utf8");
    if (child.exitCode !== null) throw new Error(`the registry did not start:\n${lastLines(said, 8)}`);
    return /listening on (127\.0\.0\.1:\d+)/.exec(said)?.[1];
  });
  return { address, pid, stop, [Symbol.asyncDispose]: stop };
}

async function configuration(dir: string, options: RegistryOptions) {
  const { notifyUrl, notifyHeaders, tls } = options;
  const auth = await authConfiguration(dir, options);
  const endpoint = {
    ...{ name: "lab", url: notifyUrl, timeout: "2s", threshold: 3, backoff: "1s" },
    ...(notifyHeaders === undefined ? {} : { headers: notifyHeaders }),
  };
  return {
    version: "0.1",
    log: { level: "info", formatter: "text" },
    storage: { filesystem: { rootdirectory: join(dir, "data") }, delete: { enabled: true } },
    // Port 0: the system picks a free one, and the log tells which.
    http: {
      addr: "127.0.0.1:0",
      ...(tls === undefined ? {} : { tls: { certificate: tls.certificateFile, key: tls.keyFile } }),
    },
    ...(auth === undefined ? {} : { auth }),
    ...(notifyUrl === undefined ? {} : { notifications: { endpoints: [endpoint] } }),
  };
}

async function authConfiguration(dir: string, { credentials, tokenServer }: RegistryOptions) {
  if (credentials !== undefined)
    return { htpasswd: { realm: "lab", path: await writeHtpasswd(dir, credentials) } };
  if (tokenServer === undefined) return undefined;
  const { realm, service, issuer, certificateFile } = tokenServer;
  return { token: { realm, service, issuer, rootcertbundle: certificateFile } };
}

async function writeHtpasswd(dir: string, { username, password }: RegistryCredentials): Promise<string> {
  const file = join(dir, "htpasswd");
  const { stdout } = await runCommand("htpasswd", ["-niB", username], { input: password });
  await writeFile(file, stdout);
  return file;
}

/** The header that gives an Engine the credentials for a pull or a push. */
function registryAuthHeader(
  address: string,
  credentials: RegistryCredentials | undefined,
): Readonly<Record<string, string>> {
  const value = JSON.stringify({ ...credentials, serveraddress: address });
  // The Engine wants the alphabet of base64url with the padding of base64.
  const encoded = Buffer.from(value).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
  return { "x-registry-auth": encoded };
}

/** Puts an image that the Engine has into the registry and answers the reference to pull it by. */
export async function pushImage(
  api: EngineApi,
  reference: string,
  registry: { readonly address: string },
  credentials?: RegistryCredentials,
): Promise<string> {
  const { repo, tag } = splitReference(reference);
  const target = `${registry.address}/${repo}`;
  await api.call("POST", `/images/${reference}/tag`, { query: { repo: target, tag } });
  const headers = registryAuthHeader(registry.address, credentials);
  await api.progress("POST", `/images/${target}/push`, { query: { tag }, headers });
  return `${target}:${tag}`;
}
