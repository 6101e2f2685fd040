import type { Clock } from "../ports.ts";

/** All of it is optional: a public repository needs none. Never shown, logged or put into errors. */
export interface GitCredentials {
  /** For `https://`: sent as a password to the scheme, host and port of the repository and to nobody else. */
  readonly token?: string;
  /** Goes with the token; most servers do not look at it. The user of the URL comes first. */
  readonly username?: string;
  /** For `ssh://`: a private key without a passphrase. Without one the agent's keys are offered. */
  readonly sshKeyFile?: string;
  /** For `ssh://`, required: the server's host key in OpenSSH's `known_hosts` format. */
  readonly knownHostsFile?: string;
  /** For `https://`: PEM certificates of the authorities to trust instead of the system's. */
  readonly caFile?: string;
}

export interface CommitAuthor {
  readonly name: string;
  readonly email: string;
}

export interface GitOptions {
  readonly credentials?: GitCredentials;
  /**
   * Variables of our own process that git gets: `PATH`, proxies, `SSH_AUTH_SOCK`. All others are kept from
   * it.
   */
  readonly environment: ReadonlyMap<string, string>;
  readonly clock: Clock;
  /** From 0 up to but not including 1, for the jitter between two attempts. */
  readonly random: () => number;
  readonly author?: CommitAuthor;
  /** Takes `file://` URLs and paths too. */
  readonly allowFileProtocol?: boolean;
  /** Deadline of one exchange with the server. Default: 60 s. */
  readonly exchangeTimeoutMs?: number;
  /** After this time no further attempt at a commit is begun. Default: 120 s, enough for fifty contenders. */
  readonly commitTimeoutMs?: number;
  /** Where the private folder is made. Default: the system's folder for temporary files. */
  readonly tempDir?: string;
}

export const defaultAuthor: CommitAuthor = { name: "mysysconfig", email: "mysysconfig@localhost" };
export const defaultExchangeTimeoutMs = 60_000;
export const defaultCommitTimeoutMs = 120_000;
/** Of a command that does not talk to a server; the largest allowed tree takes a second. */
export const localTimeoutMs = 60_000;
