import { DeadlineError } from "../lib/abort.ts";
import { type ErrorCode, isReconcilerError, ReconcilerError } from "../model/errors.ts";
import { GitExit } from "./run-git.ts";

interface Meaning {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly patterns: readonly RegExp[];
}

const credentialsHint =
  "set MYSYSCONFIG_GIT_TOKEN to a token that is valid and may do this; for ssh, MYSYSCONFIG_GIT_SSH_KEY";
const newHostKeyHint =
  "add the server's key to the file of MYSYSCONFIG_GIT_KNOWN_HOSTS, after its owner has confirmed it";

/**
 * Words of git, OpenSSH, libcurl (with OpenSSL and GnuTLS) and of the hosting services. The first that fits
 * counts, so the more special ones come first: nearly every failure ends with "Could not read from remote
 * repository".
 */
const meanings: readonly Meaning[] = [
  {
    code: "git-push-refused",
    hint: "allow the pusher in the branch's protection, or commit to another branch",
    patterns: [/\[remote rejected\]|hook declined|GH0\d\d|protected branch|not allowed to push/i],
  },
  {
    code: "git-push-refused",
    hint: "the tag exists already and is not moved: choose another one",
    patterns: [/\[rejected\] \(already exists\)/],
  },
  {
    code: "git-untrusted",
    hint: "ask the server's owner if its key was changed on purpose; then replace it in the known hosts",
    patterns: [/REMOTE HOST IDENTIFICATION HAS CHANGED/],
  },
  {
    code: "git-untrusted",
    hint: newHostKeyHint,
    patterns: [/^No \S+ host key is known for/m, /Host key verification failed|no matching host key/i],
  },
  {
    code: "git-access-denied",
    hint: "the key must be a private key in OpenSSH's or PEM format, without a passphrase",
    patterns: [/Load key .*(invalid format|error in libcrypto|incorrect passphrase)/i],
  },
  {
    code: "git-access-denied",
    hint: credentialsHint,
    patterns: [
      /Permission denied \(|Too many authentication failures|no mutual signature/i,
      /could not read (Username|Password)|Authentication failed|Access denied|returned error: 40[13]\b/i,
    ],
  },
  {
    code: "git-untrusted",
    hint: "name a private authority with MYSYSCONFIG_GIT_CA; is the URL's host the right one?",
    patterns: [/certificate|SSL: no alternative|unable to get local issuer|SSL peer|CAfile/i],
  },
  {
    code: "git-not-found",
    hint: "the repository has moved, and redirects are not followed: set the URL to where it is now",
    patterns: [/returned error: 30\d|unable to update url base from redirection/i],
  },
  {
    code: "git-not-found",
    hint: "check the path of the URL; servers also hide a repository from those who must not see it",
    patterns: [
      /^remote: .*(not found|could not be found)|^ERROR: Repository not found/im,
      /repository '.*' not found|returned error: 404|does not appear to be a git repository/i,
    ],
  },
  {
    code: "unknown-revision",
    hint: "check the spelling of the branch or tag; of a commit give all 40 digits",
    patterns: [/couldn't find remote ref|not our ref|unadvertised object/i],
  },
  {
    code: "git-unreachable",
    hint: "check the host and port of the URL, the network and the proxy; is the server up?",
    patterns: [
      /could not resolve|couldn't resolve|name or service not known|temporary failure in name resolution/i,
      /connection (was )?(refused|reset|closed|timed out)|failed to connect|couldn't connect/i,
      /no route to host|network is unreachable|operation timed out|too slow|banner exchange/i,
    ],
  },
  {
    code: "git-unreachable",
    hint: "the server answers badly: look at its log or its status page, then run again",
    patterns: [
      /returned error: (408|429|5\d\d)|RPC failed|early EOF|remote end hung up|unexpected disconnect/i,
      /empty reply|gnutls_handshake|TLS packet|SSL_connect|ssl_error|recv failure|send failure/i,
    ],
  },
  {
    code: "configuration-unreadable",
    hint: "the repository is damaged or made to harm: run git fsck where it is kept",
    patterns: [/fsck error|index-pack failed|invalid index-pack|bad tree|corrupt|missing (blob|tree)/i],
  },
];

/**
 * Where and why: the attempt in words, the secrets to keep out of its message, and the caller's own signal.
 */
export interface GitAttempt {
  /** As `fetch branch "develop" of https://host/path`. */
  readonly what: string;
  readonly secrets: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Turns whatever a git command threw into a `ReconcilerError` with git's own words, redacted, on one line.
 */
export function translateGitError(error: unknown, { what, secrets, signal }: GitAttempt): ReconcilerError {
  if (isReconcilerError(error)) return error;
  if (signal.aborted) return interruption(signal, what);
  if (error instanceof DeadlineError) {
    return new ReconcilerError("git-unreachable", `${what}: ${error.message}`, {
      hint: "the server is there but too slow: is it overloaded, is the repository huge?",
      cause: error,
    });
  }
  if (!(error instanceof GitExit)) return unexpectedFailure(error, what);
  if (error.exitCode === undefined) {
    const hint = "is git installed, and its folder in PATH?";
    return new ReconcilerError("git-failed", `${what}: git could not be started`, { hint });
  }
  const words = `${error.stderr}\n${error.stdout}`;
  const meaning = meanings.find(({ patterns }) => patterns.some((pattern) => pattern.test(words)));
  const reason = redact(reasonIn(words, meaning?.patterns ?? []), secrets) || `git exited ${error.exitCode}`;
  // No cause: the words as git wrote them may hold secrets.
  return new ReconcilerError(meaning?.code ?? "git-failed", `${what}: ${reason}`, { hint: meaning?.hint });
}

function interruption(signal: AbortSignal, what: string): ReconcilerError {
  const { reason } = signal;
  if (isReconcilerError(reason)) return reason;
  const code = reason instanceof DeadlineError ? "deadline-passed" : "interrupted";
  return new ReconcilerError(code, `${what}: ${reason instanceof Error ? reason.message : reason}`, {
    cause: reason,
  });
}

function unexpectedFailure(error: unknown, what: string): ReconcilerError {
  const message = error instanceof Error ? error.message : String(error);
  return new ReconcilerError("internal", `${what}: ${message}`, { cause: error });
}

const maxReasonLength = 400;

/** The line that the meaning was found in, with what the server itself says; else git's last word. */
function reasonIn(words: string, patterns: readonly RegExp[]): string {
  const lines = cleanLines(words);
  const fromServer = lines.filter((line) => line.startsWith("remote: ")).map((line) => line.slice(8));
  const own = lines.filter((line) => !line.startsWith("remote: "));
  const telling =
    own.find((line) => patterns.some((pattern) => pattern.test(line))) ??
    own.findLast((line) => /^(fatal|error):/i.test(line)) ??
    own.at(-1);
  const parts = [...new Set([telling?.replace(/^(fatal: |error: |! \S+ )/i, ""), ...fromServer.slice(0, 5)])];
  return parts
    .filter((part) => part !== undefined)
    .join("; ")
    .slice(0, maxReasonLength);
}

/** Lines that say something, without control characters (a server may send any) and rules of `@` and `=`. */
function cleanLines(text: string): readonly string[] {
  return text
    .split(/[\r\n]+/)
    .map((line) =>
      line
        .replace(/\p{Cc}/gu, " ")
        .replace(/\s+/g, " ")
        .trim(),
    )
    .filter((line) => /\p{L}/u.test(line) && line !== "remote:");
}

/** Takes out known secrets, whatever stands before the host of a URL, and authorization headers. */
export function redact(text: string, secrets: readonly string[]): string {
  const known = secrets
    .filter((secret) => secret !== "")
    .reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
  return known
    .replace(/(\w+:\/\/)[^/@\s]*:[^/@\s]*@/g, "$1***@")
    .replace(/(authorization: *\w+) +\S+/gi, "$1 ***");
}
