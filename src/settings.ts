import { readdirSync, readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { parseGoDuration } from "./lib/duration.ts";
import { type BakedFacts, readBakedFacts } from "./model/baked-image.ts";
import { ReconcilerError } from "./model/errors.ts";

/** Everything that comes from the process environment and from mounted files: read once, here, and nowhere else. */
export interface Settings {
  readonly docker: DockerSettings;
  readonly registry: RegistrySettings;
  readonly git: GitSettings;
  /** Folder of the configuration when no `--config` is given; the image's own by default. */
  readonly configDir: string;
  /** Facts that were baked into the image with the configuration. */
  readonly baked: BakedFacts;
  readonly environment?: string;
  /** Who starts the run, as the history will name them. */
  readonly actor: string;
  /** `MYSYSCONFIG_VALUE_db__host=x` is the value `db.host`. */
  readonly variables: ReadonlyMap<string, string>;
  /** One file a value, from the values folder. */
  readonly mountedValues: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, string>;
}

export interface DockerSettings {
  readonly host?: string;
  readonly tlsVerify: boolean;
  readonly certPath?: string;
  /** Folder of `config.json` with registry credentials. */
  readonly configDir?: string;
  /** Deadline of an ordinary call to the Engine, in milliseconds. */
  readonly callTimeoutMs?: number;
}

export interface RegistrySettings {
  /** PEM file of certificate authorities that are trusted besides the system's own. */
  readonly caFile?: string;
  /** Hosts that are spoken to in plain HTTP, besides the loopback. */
  readonly insecure?: readonly string[];
}

/** How configuration repositories on servers are entered, and as whom commits are made. */
export interface GitSettings {
  readonly token?: string;
  readonly username?: string;
  readonly sshKeyFile?: string;
  readonly knownHostsFile?: string;
  readonly caFile?: string;
  readonly author?: { readonly name: string; readonly email: string };
  /** What git gets of our environment: where programs are, proxies, the SSH agent. */
  readonly environment: ReadonlyMap<string, string>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const valuePrefix = "MYSYSCONFIG_VALUE_";
const secretPrefix = "MYSYSCONFIG_SECRET_";
const valuesDir = "/run/mysysconfig/values";
const secretsDir = "/run/secrets";

/** Reads the settings from the environment and from mounted files. */
export function readSettings(env: Environment): Settings {
  const text = (name: string) => (env[name] === undefined || env[name] === "" ? undefined : env[name]);
  refuseLeakyDebug(text("DEBUG"));
  const host = text("DOCKER_HOST");
  const certPath = text("DOCKER_CERT_PATH");
  const dockerConfig =
    text("DOCKER_CONFIG") ?? (text("HOME") === undefined ? undefined : join(text("HOME") ?? "/", ".docker"));
  const environment = text("MYSYSCONFIG_ENVIRONMENT");
  const callTimeoutMs = readDuration("MYSYSCONFIG_CALL_TIMEOUT", text("MYSYSCONFIG_CALL_TIMEOUT"));
  return {
    docker: {
      ...(host === undefined ? {} : { host }),
      tlsVerify: text("DOCKER_TLS_VERIFY") !== undefined,
      ...(certPath === undefined ? {} : { certPath }),
      ...(dockerConfig === undefined ? {} : { configDir: dockerConfig }),
      ...(callTimeoutMs === undefined ? {} : { callTimeoutMs }),
    },
    registry: registrySettings(text),
    git: gitSettings(text),
    configDir: text("MYSYSCONFIG_CONFIG_DIR") ?? ".",
    baked: readBakedFacts(text),
    ...(environment === undefined ? {} : { environment }),
    actor: text("MYSYSCONFIG_ACTOR") ?? `${text("SUDO_USER") ?? text("USER") ?? "mysysconfig"}@${hostname()}`,
    variables: prefixed(env, valuePrefix, (name) => name.replaceAll("__", ".")),
    mountedValues: readFolder(text("MYSYSCONFIG_VALUES_DIR") ?? valuesDir),
    secrets: new Map([
      ...readFolder(text("MYSYSCONFIG_SECRETS_DIR") ?? secretsDir),
      ...prefixed(env, secretPrefix, (name) => name),
    ]),
  };
}

function registrySettings(text: (name: string) => string | undefined): RegistrySettings {
  const caFile = text("MYSYSCONFIG_REGISTRY_CA");
  const insecure = text("MYSYSCONFIG_REGISTRY_INSECURE")
    ?.split(/[\s,]+/)
    .filter((host) => host !== "");
  return { ...(caFile === undefined ? {} : { caFile }), ...(insecure === undefined ? {} : { insecure }) };
}

function readDuration(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseGoDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new ReconcilerError("usage", `${name}=${text} is no time span`, { hint: "write 30s or 2m" });
}

/** The Docker client's debug output shows every request with its registry credentials and environment values. */
function refuseLeakyDebug(debug: string | undefined): void {
  if (debug === undefined || !/(^|[\s,])(\*|modem)/.test(debug)) return;
  throw new ReconcilerError("usage", `DEBUG=${debug} would print credentials and secrets`, {
    hint: "unset DEBUG",
  });
}

/** The process environment, for `main.ts`. */
export function processEnvironment(): Environment {
  return process.env;
}

/** Both spellings are in use; curl reads `http_proxy` in lower case only. */
const proxies = ["http_proxy", "https_proxy", "no_proxy", "all_proxy"];
const gitVariables = ["PATH", "SSH_AUTH_SOCK", ...proxies, ...proxies.map((name) => name.toUpperCase())];

function gitSettings(text: (name: string) => string | undefined): GitSettings {
  const token = gitToken(text("MYSYSCONFIG_GIT_TOKEN"), text("MYSYSCONFIG_GIT_TOKEN_FILE"));
  const username = text("MYSYSCONFIG_GIT_USERNAME");
  const sshKeyFile = text("MYSYSCONFIG_GIT_SSH_KEY");
  const knownHostsFile = text("MYSYSCONFIG_GIT_KNOWN_HOSTS");
  const caFile = text("MYSYSCONFIG_GIT_CA");
  const author = gitAuthor(text("MYSYSCONFIG_GIT_AUTHOR"));
  return {
    ...(token === undefined ? {} : { token }),
    ...(username === undefined ? {} : { username }),
    ...(sshKeyFile === undefined ? {} : { sshKeyFile }),
    ...(knownHostsFile === undefined ? {} : { knownHostsFile }),
    ...(caFile === undefined ? {} : { caFile }),
    ...(author === undefined ? {} : { author }),
    environment: new Map(gitVariables.map((name) => [name, text(name)] as const).filter(isSet)),
  };
}

function isSet(entry: readonly [string, string | undefined]): entry is readonly [string, string] {
  return entry[1] !== undefined;
}

function gitToken(value: string | undefined, file: string | undefined): string | undefined {
  if (file === undefined) return value;
  if (value !== undefined) {
    throw new ReconcilerError("usage", "both MYSYSCONFIG_GIT_TOKEN and MYSYSCONFIG_GIT_TOKEN_FILE are set", {
      hint: "set one of them",
    });
  }
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? "it cannot be read";
    throw new ReconcilerError("usage", `MYSYSCONFIG_GIT_TOKEN_FILE=${file}: ${reason}`, {
      hint: "name a readable file that holds the token alone",
      cause,
    });
  }
}

/** `Name <mail>`, as git writes people. */
function gitAuthor(text: string | undefined): GitSettings["author"] {
  if (text === undefined) return undefined;
  const match = /^([^<>\p{Cc}]*[^<>\p{Cc}\s])\s*<([^<>\s\p{Cc}]+)>$/u.exec(text);
  const [, name, email] = match ?? [];
  if (name !== undefined && email !== undefined) return { name, email };
  throw new ReconcilerError("usage", `MYSYSCONFIG_GIT_AUTHOR=${text} is no author`, {
    hint: "write Name <mail@example.org>",
  });
}

function prefixed(env: Environment, prefix: string, nameOf: (rest: string) => string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith(prefix) && value !== undefined) found.set(nameOf(name.slice(prefix.length)), value);
  }
  return found;
}

/** Each file is a value named after it; one trailing newline is dropped. A missing folder is an empty one. */
function readFolder(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of listFiles(folder)) found.set(name, readText(join(folder, name)).replace(/\r?\n$/, ""));
  return found;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? "it cannot be read";
    throw new ReconcilerError("usage", `${path}: ${reason}`, {
      hint: "make the file readable, or unmount it",
      cause,
    });
  }
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith(".") && statSync(join(folder, name)).isFile())
      .sort();
  } catch {
    return [];
  }
}
