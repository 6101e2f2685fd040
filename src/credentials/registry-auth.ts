import { promises as files } from "node:fs";
import { ReconcilerError } from "../model/errors.ts";
import { parseImageRef } from "../model/image-ref.ts";

/** What travels in `X-Registry-Auth` (Docker Engine API, "Authentication"). Never shown, logged or put into errors. */
export interface RegistryAuth {
  readonly serveraddress: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

interface AuthEntry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

interface DockerConfigFile {
  readonly auths?: Readonly<Record<string, AuthEntry>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

/** The name under which the docker client keeps the credentials of Docker Hub. */
const dockerHubKey = "https://index.docker.io/v1/";
const helperTimeoutMs = 30_000;

/**
 * Credentials for an image's registry out of a docker `config.json`: a helper of its own first, then the common store,
 * then the file itself; `undefined` pulls anonymously.
 */
export async function findRegistryAuth(
  image: string,
  configPath: string | undefined,
  signal: AbortSignal,
): Promise<RegistryAuth | undefined> {
  if (configPath === undefined) return undefined;
  const ref = parseImageRef(image);
  if (typeof ref === "string") return undefined;
  const config = await readConfig(configPath);
  if (config === undefined) return undefined;
  const key = ref.registry === "docker.io" ? dockerHubKey : ref.registry;
  const helper = config.credHelpers?.[ref.registry] ?? config.credHelpers?.[key] ?? config.credsStore;
  if (helper !== undefined && helper !== "") {
    const found = await askHelper(helper, key, signal);
    if (found !== undefined) return found;
  }
  const entry = Object.entries(config.auths ?? {}).find(([name]) => registryHost(name) === registryHost(key));
  return entry === undefined ? undefined : authOfEntry(key, entry[1]);
}

async function readConfig(path: string): Promise<DockerConfigFile | undefined> {
  try {
    return JSON.parse(await files.readFile(path, "utf8")) as DockerConfigFile;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    // The parser's message quotes the text, which holds credentials: it must not travel as message or cause.
    const reason = cause instanceof SyntaxError ? "it is not JSON" : (cause as NodeJS.ErrnoException).code;
    throw new ReconcilerError("pull-failed", `read registry credentials "${path}": ${reason}`, {
      hint: "write the file with docker login, or take it away to pull anonymously",
    });
  }
}

/** `https://host/v1/` and `host` name the same registry. */
function registryHost(key: string): string {
  return key.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}

function authOfEntry(serveraddress: string, entry: AuthEntry): RegistryAuth | undefined {
  if (entry.identitytoken) return { serveraddress, identitytoken: entry.identitytoken };
  if (entry.registrytoken) return { serveraddress, registrytoken: entry.registrytoken };
  if (entry.auth) {
    const decoded = Buffer.from(entry.auth, "base64").toString("utf8");
    const colon = decoded.indexOf(":");
    if (colon > 0)
      return {
        serveraddress,
        username: decoded.slice(0, colon),
        password: decoded.slice(colon + 1).replace(/\0+$/, ""),
      };
  }
  if (entry.username && entry.password !== undefined)
    return { serveraddress, username: entry.username, password: entry.password };
  return undefined;
}

/**
 * Runs `docker-credential-<helper> get`, which reads the registry from its input and answers in JSON (docker credential
 * helper protocol). A helper that has no credentials for the registry is not an error.
 */
async function askHelper(
  helper: string,
  serveraddress: string,
  signal: AbortSignal,
): Promise<RegistryAuth | undefined> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(helper)) {
    throw new ReconcilerError("pull-failed", `credential helper "${helper}" has an invalid name`);
  }
  const answer = await runHelper(`docker-credential-${helper}`, serveraddress, signal);
  if (answer === undefined) return undefined;
  if (answer.Username === "<token>") return { serveraddress, identitytoken: answer.Secret ?? "" };
  return { serveraddress, username: answer.Username ?? "", password: answer.Secret ?? "" };
}

interface HelperAnswer {
  readonly Username?: string;
  readonly Secret?: string;
}

function runHelper(program: string, input: string, signal: AbortSignal): Promise<HelperAnswer | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<HelperAnswer | undefined>();
  const fail = (reason: string) =>
    reject(
      new ReconcilerError("pull-failed", `credential helper "${program}" for ${input}: ${reason}`, {
        hint: "is it installed where mysysconfig runs? a config.json with plain auths needs no helper",
      }),
    );
  const { execFile } = process.getBuiltinModule("node:child_process"); // Not imported: few need it, and it takes long.
  // Killed the hard way: a helper that ignores SIGTERM would outlive its deadline, or the run that asked.
  const limits = { timeout: helperTimeoutMs, killSignal: "SIGKILL" } as const;
  const child = execFile(program, ["get"], limits, (error, stdout) => {
    signal.removeEventListener("abort", end);
    const output = stdout.trim();
    if (error && /credentials not found/i.test(output)) return resolve(undefined);
    if (error)
      return fail(
        error.code === "ENOENT" ? "not found" : `it failed (${error.code ?? error.signal ?? "aborted"})`,
      );
    try {
      resolve(JSON.parse(output) as HelperAnswer);
    } catch {
      fail("its answer is not JSON");
    }
  });
  // A helper may end without reading; its exit code tells.
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  const end = () => {
    // What the helper started may hold its output open.
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.kill("SIGKILL");
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  return promise;
}
