import type { GitCredentials } from "./git-options.ts";
import type { RepositoryUrl } from "./repository-url.ts";

/** The remote of the private repository. Its URL is in the configuration, so no command line holds it. */
export const remoteName = "origin";

export interface GitConfigFacts {
  readonly url: RepositoryUrl;
  readonly credentials: GitCredentials;
  /** Of our copy of the authorities. */
  readonly caPath?: string;
  /** An empty folder. */
  readonly emptyDir: string;
}

/**
 * The whole configuration that git gets for one repository: no hooks, helpers, filters, redirects or
 * rewritten URLs, nothing from the machine's or the user's own configuration. It may hold the token: its file
 * is ours alone.
 */
export function formatGitConfig(facts: GitConfigFacts): string {
  return [...hardening(facts.emptyDir), ...remote(facts), ...httpAccess(facts)].join("\n");
}

/** Of a repository on disk nothing but its objects and names is read. */
export function formatLocalGitConfig(emptyDir: string): string {
  // Often of another user. None of the commands that we run there executes what its settings say.
  return [...hardening(emptyDir), section("safe", undefined, { directory: "*" })].join("\n");
}

function hardening(emptyDir: string): readonly string[] {
  return [
    section("core", undefined, {
      hooksPath: "/dev/null",
      fsmonitor: "false",
      attributesFile: "/dev/null",
      excludesFile: "/dev/null",
      askPass: "",
      symlinks: "false",
      logAllRefUpdates: "false",
      // Nothing here outlives the process: no need to wait for the disk.
      fsync: "none",
      // Relative to the repository: no path of the machine gets into a command that a shell will split.
      sshCommand: "ssh -F ../ssh-config",
    }),
    section("ssh", undefined, { variant: "ssh" }),
    section("init", undefined, { templateDir: emptyDir, defaultBranch: "unused" }),
    section("credential", undefined, { helper: "", interactive: "false" }),
    section("gc", undefined, { auto: "0" }),
    section("maintenance", undefined, { auto: "false" }),
    section("protocol", undefined, { allow: "never", version: "2" }),
    section("protocol", "https", { allow: "always" }),
    section("protocol", "ssh", { allow: "always" }),
    section("transfer", undefined, { fsckObjects: "true", credentialsInUrl: "die" }),
    section("fetch", undefined, { recurseSubmodules: "false", showForcedUpdates: "false" }),
    section("submodule", undefined, { recurse: "false" }),
    section("push", undefined, { recurseSubmodules: "no", followTags: "false", gpgSign: "false" }),
    section("fastimport", undefined, { unpackLimit: "1" }),
    section("http", undefined, {
      followRedirects: "false",
      sslVerify: "true",
      emptyAuth: "false",
      // Less than a byte a second for this many seconds: the server hangs.
      lowSpeedLimit: "1",
      lowSpeedTime: "60",
    }),
  ];
}

function remote({ url }: GitConfigFacts): readonly string[] {
  const file = url.scheme === "file";
  return [
    section("remote", remoteName, { url: url.text, tagOpt: "--no-tags" }),
    ...(file ? [section("protocol", "file", { allow: "always" })] : []),
    ...(file
      ? [section("safe", undefined, { directory: decodeURIComponent(new URL(url.text).pathname) })]
      : []),
  ];
}

/** Bound to scheme, host and port: git sends the header nowhere else, and follows no redirect. */
function httpAccess({ url, credentials, caPath }: GitConfigFacts): readonly string[] {
  if (url.scheme !== "https" || url.origin === undefined) return [];
  return [
    section("http", url.origin, {
      ...(caPath === undefined ? {} : { sslCAInfo: caPath }),
      ...(credentials.token === undefined
        ? {}
        : { extraHeader: `Authorization: Basic ${basicAuthorization(url, credentials)}` }),
    }),
  ];
}

/** GitHub wants this user for tokens of apps; others look at the token alone. */
const defaultUsername = "x-access-token";

/** User and token as HTTP's basic authentication writes them (RFC 7617). */
export function basicAuthorization(url: RepositoryUrl, { token = "", username }: GitCredentials): string {
  return Buffer.from(`${url.username ?? username ?? defaultUsername}:${token}`).toString("base64");
}

/** A quoted value may hold anything but NUL (git-config(1), "Syntax"). */
function section(
  name: string,
  subsection: string | undefined,
  entries: Readonly<Record<string, string>>,
): string {
  const head = subsection === undefined ? `[${name}]` : `[${name} ${quote(subsection)}]`;
  const lines = Object.entries(entries).map(([key, value]) => `\t${key} = ${quote(value)}`);
  return `${[head, ...lines].join("\n")}\n`;
}

function quote(value: string): string {
  return `"${value.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}

/**
 * The whole configuration of OpenSSH's client; paths are relative to the repository, beside which the files
 * lie. Host keys are never learned, and nothing of us is forwarded.
 *
 * @param hasKey whether our copy of the key lies there; otherwise the agent is asked
 */
export function formatSshConfig(hasKey: boolean): string {
  const identity = hasKey
    ? ["IdentityFile ../ssh-key", "IdentitiesOnly yes", "IdentityAgent none"]
    : ["IdentityFile none"];
  return `${[...identity, ...sshRules].join("\n")}\n`;
}

const sshRules: readonly string[] = [
  "BatchMode yes",
  "PreferredAuthentications publickey",
  "StrictHostKeyChecking yes",
  "UserKnownHostsFile ../known-hosts",
  "GlobalKnownHostsFile /dev/null",
  "UpdateHostKeys no",
  "VerifyHostKeyDNS no",
  "ForwardAgent no",
  "ForwardX11 no",
  "ClearAllForwardings yes",
  "PermitLocalCommand no",
  "ControlMaster no",
  "ControlPath none",
  "EscapeChar none",
  "ConnectTimeout 20",
  "ServerAliveInterval 10",
  "ServerAliveCountMax 3",
  "LogLevel ERROR",
];
