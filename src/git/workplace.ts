import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReconcilerError } from "../model/errors.ts";
import type { GitCredentials, GitOptions } from "./git-options.ts";
import { endLeftovers } from "./leftover-processes.ts";
import {
  basicAuthorization,
  formatGitConfig,
  formatLocalGitConfig,
  formatSshConfig,
} from "./private-config.ts";
import type { RepositoryUrl } from "./repository-url.ts";

/** A private folder with everything that git may see, and the environment that makes it see nothing else. */
export interface Workplace extends AsyncDisposable {
  /** Where git runs: our bare repository, or the one on disk. */
  readonly repositoryDir: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What must not be shown, wherever it turns up. */
  readonly secrets: readonly string[];
  /** Ends what a command that was broken off has left running. */
  endLeftovers(): Promise<void>;
}

/** Where commands for a repository on a server run. Nothing is asked of git yet. */
export async function createWorkplace(url: RepositoryUrl, options: GitOptions): Promise<Workplace> {
  const credentials = options.credentials ?? {};
  checkCredentials(url, credentials);
  return makeFolder(options, async (dir) => {
    const repositoryDir = join(dir, "repository.git");
    const emptyDir = join(dir, "empty");
    await mkdir(repositoryDir);
    if (url.scheme === "ssh") await writeSshFiles(dir, credentials);
    const caPath = await copyAuthorities(dir, url, credentials);
    const facts = { url, credentials, emptyDir, ...(caPath === undefined ? {} : { caPath }) };
    await writePrivately(join(dir, ".gitconfig"), formatGitConfig(facts));
    return workplace(dir, repositoryDir, {
      environment: gitEnvironment(dir, options, url.scheme),
      secrets: secretsOf(url, options),
    });
  });
}

/**
 * Where commands for a repository on disk run. They read its objects; its own settings cannot make git run
 * anything.
 */
export async function createLocalWorkplace(
  repositoryDir: string,
  options: Pick<GitOptions, "environment" | "tempDir">,
): Promise<Workplace> {
  return makeFolder(options, async (dir) => {
    await writePrivately(join(dir, ".gitconfig"), formatLocalGitConfig(join(dir, "empty")));
    return workplace(dir, repositoryDir, { environment: gitEnvironment(dir, options, "none"), secrets: [] });
  });
}

function workplace(
  dir: string,
  repositoryDir: string,
  facts: Pick<Workplace, "environment" | "secrets">,
): Workplace {
  return {
    repositoryDir,
    ...facts,
    endLeftovers: () => endLeftovers(dir),
    async [Symbol.asyncDispose]() {
      await endLeftovers(dir);
      await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
    },
  };
}

/** The folder goes away again when it cannot be filled. */
async function makeFolder(
  { tempDir = tmpdir() }: Pick<GitOptions, "tempDir">,
  fill: (dir: string) => Promise<Workplace>,
): Promise<Workplace> {
  const dir = await mkdtemp(join(tempDir, "mysysconfig-git-"));
  try {
    await chmod(dir, 0o700);
    await mkdir(join(dir, "empty"));
    return await fill(dir);
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

/** Its home folder is ours, so that its configuration there is the only one that git reads. */
function gitEnvironment(
  home: string,
  { environment }: Pick<GitOptions, "environment">,
  protocols: string,
): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(environment),
    HOME: home,
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ALLOW_PROTOCOL: protocols,
    // What a filter left on the server is too large to be read, and is not fetched later either.
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
  };
}

function checkCredentials(url: RepositoryUrl, { token, username, knownHostsFile }: GitCredentials): void {
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new ReconcilerError("usage", "the Git token is empty or holds a space or a control character", {
      hint: "does MYSYSCONFIG_GIT_TOKEN hold the token alone?",
    });
  }
  if (username !== undefined && !/^[\x21-\x39\x3b-\x7e]+$/.test(username)) {
    throw new ReconcilerError(
      "usage",
      "the Git user is empty or holds a space, a colon or a control character",
      {
        hint: "set MYSYSCONFIG_GIT_USERNAME to the name alone",
      },
    );
  }
  if (url.scheme === "ssh" && knownHostsFile === undefined) {
    throw new ReconcilerError("usage", `${url.text}: there is no host key to compare the server's with`, {
      hint: "name a file with its line (ssh-keyscan, then ask its owner) with MYSYSCONFIG_GIT_KNOWN_HOSTS",
    });
  }
}

/**
 * Copies: a mounted key is readable for others more often than OpenSSH tolerates, and lacks its last line
 * break more often than its parser tolerates.
 */
async function writeSshFiles(
  dir: string,
  { sshKeyFile, knownHostsFile = "" }: GitCredentials,
): Promise<void> {
  const knownHosts = await readGiven(knownHostsFile, "known hosts", "MYSYSCONFIG_GIT_KNOWN_HOSTS");
  await writePrivately(join(dir, "known-hosts"), knownHosts);
  if (sshKeyFile !== undefined) {
    const key = await readGiven(sshKeyFile, "SSH key", "MYSYSCONFIG_GIT_SSH_KEY");
    await writePrivately(join(dir, "ssh-key"), `${key.replaceAll("\r\n", "\n").trimEnd()}\n`);
  }
  await writePrivately(join(dir, "ssh-config"), formatSshConfig(sshKeyFile !== undefined));
}

async function copyAuthorities(
  dir: string,
  url: RepositoryUrl,
  { caFile }: GitCredentials,
): Promise<string | undefined> {
  if (url.scheme !== "https" || caFile === undefined) return undefined;
  const path = join(dir, "authorities.pem");
  await writePrivately(path, await readGiven(caFile, "certificates", "MYSYSCONFIG_GIT_CA"));
  return path;
}

async function readGiven(path: string, what: string, variable: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new ReconcilerError("usage", `cannot read the ${what} "${path}": ${reason}`, {
      hint: `name a readable file with ${variable}`,
      cause,
    });
  }
}

async function writePrivately(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600, flag: "wx" });
}

function secretsOf(url: RepositoryUrl, { credentials = {}, environment }: GitOptions): readonly string[] {
  const passwords = [...environment.values()].flatMap(
    (value) => /\/\/[^/@\s]*:([^/@\s]+)@/.exec(value)?.[1] ?? [],
  );
  const { token } = credentials;
  return token === undefined ? passwords : [token, basicAuthorization(url, credentials), ...passwords];
}
