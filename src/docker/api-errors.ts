import { DeadlineError } from "../lib/abort.ts";
import { type ErrorCode, interruption, isReconcilerError, ReconcilerError } from "../model/errors.ts";

/**
 * The one place where failures of the Engine become coded errors. The Engine's own words stay in the message; HTTP
 * status and Node's error code stay reachable through the cause (Docker Engine API, "Errors").
 */

interface Meaning {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly hint?: string;
}

/** Messages that mean more than their status, first match wins. */
const meanings: readonly Meaning[] = [
  {
    pattern: /no space left on device|disk quota exceeded/i,
    code: "no-space",
    hint: "free space on the Engine's host: docker system df shows what holds it",
  },
  {
    pattern: /port is already allocated|bind: address already in use|ports are not available/i,
    code: "engine-conflict",
    hint: "another container or a process of the host holds the port; find it with docker ps or ss -ltnp",
  },
  {
    pattern: /address already in use/i,
    code: "engine-conflict",
    hint: "another container of the network holds the static address",
  },
  {
    pattern: /network \S+ is ambiguous/i,
    code: "engine-conflict",
    hint: "remove one of the networks with this name",
  },
  { pattern: /has active endpoints|volume is in use/i, code: "engine-conflict" },
  {
    pattern: /name .* is already in use by container/i,
    code: "engine-conflict",
    hint: "remove or rename that container, or take it over with --adopt",
  },
  {
    pattern: /could not find an available.*address pool|pool overlaps with other one/i,
    code: "engine-conflict",
    hint: "give the network a subnet that is free on this host",
  },
  {
    pattern: /executable file not found|exec format error|no such file or directory: unknown/i,
    code: "engine-refused",
    hint: "check the command, the entrypoint and the image's platform",
  },
  {
    pattern: /bind source path does not exist/i,
    code: "engine-refused",
    hint: "create the path on the Engine's host, or use a named volume",
  },
  { pattern: /client version .* is too new|client version .* is too old/i, code: "engine-unsupported" },
  {
    pattern: /swarm is encrypted and needs to be unlocked/i,
    code: "swarm-unavailable",
    hint: "unlock it: docker swarm unlock",
  },
  {
    // A leader that is cut off or loses an election says so to whoever is at it (SwarmKit, `manager/state/raft`).
    pattern:
      /swarm does not have a leader|no elected cluster leader|node (lost leader status|is stopped)|rpc error: code = deadlineexceeded/i,
    code: "swarm-unavailable",
    hint: "more than half of the managers must be up and reach each other: docker node ls on each of them",
  },
  {
    pattern: /not a swarm manager|not part of a swarm/i,
    code: "swarm-unavailable",
    hint: "connect to a manager of the Swarm, or make one: docker swarm init",
  },
  {
    pattern:
      /another swarm action has not completed|swarm is shutting down|swarm component could not be started/i,
    code: "swarm-unavailable",
    hint: "look at the Engine's log and at docker info",
  },
  {
    pattern: /is already in use by service .* as an? (ingress|host-published) port/i,
    code: "engine-conflict",
    hint: "only one service can publish a port: choose another one, or remove that service",
  },
  // Words of Swarm with the status 500, which would read as a failure of the Engine.
  { pattern: /^(network|secret|config|service) \S+ not found$/i, code: "engine-not-found" },
  { pattern: /constraint expected|raft message is too large/i, code: "engine-refused" },
];

const codesOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: "engine-refused",
  401: "engine-refused",
  403: "engine-refused",
  404: "engine-not-found",
  406: "engine-refused",
  409: "engine-conflict",
  501: "engine-unsupported",
  502: "engine-unreachable",
  504: "engine-unreachable",
};

const unreachableHints: Readonly<Record<string, string>> = {
  ENOENT:
    "no socket there: is the Engine running, is the socket mounted (-v /var/run/docker.sock:/var/run/docker.sock), is DOCKER_HOST right?",
  ECONNREFUSED: "nothing listens there: is the Engine running, is DOCKER_HOST right?",
  EACCES: "not allowed to open the socket: run as root or with the socket's group (--group-add)",
  EPERM: "not allowed to open the socket: run as root or with the socket's group (--group-add)",
  ENOTFOUND: "the host name of DOCKER_HOST is unknown",
  ECONNRESET: "the connection broke: is the Engine restarting, does DOCKER_HOST need TLS?",
};
const defaultUnreachableHint =
  "is the Engine running, is its socket mounted and readable, is DOCKER_HOST right?";

/**
 * Turns whatever a call threw into a `ReconcilerError`.
 *
 * @param what the attempt, as `create container "web"`
 * @param signal the caller's own signal: when it has fired, the failure is an interruption
 */
export function translateEngineError(error: unknown, what: string, signal?: AbortSignal): ReconcilerError {
  if (isReconcilerError(error)) return error;
  if (signal?.aborted) return interruption(signal, what, error);
  if (error instanceof DeadlineError) {
    return new ReconcilerError("deadline-passed", `${what}: ${error.message}`, {
      hint: "the Engine accepts connections but does not answer: look at its log",
      cause: error,
    });
  }
  const status = statusCode(error);
  if (status === undefined) return connectionFailure(error, what);
  const reason = engineWords(error);
  const meaning = meanings.find(({ pattern }) => pattern.test(reason));
  const code = meaning?.code ?? codeOfStatus(status, reason);
  return new ReconcilerError(code, `${what}: ${reason}`, { hint: meaning?.hint, cause: error });
}

/** Whatever a manager cannot answer for the moment has status 503: it must never read as an empty answer. */
function codeOfStatus(status: number, reason: string): ErrorCode {
  if (status === 503 && /swarm|rpc error/i.test(reason)) return "swarm-unavailable";
  return codesOfStatus[status] ?? "engine-failed";
}

function connectionFailure(error: unknown, what: string): ReconcilerError {
  const code = nodeCode(error) ?? "";
  const message = error instanceof Error ? error.message : String(error);
  return new ReconcilerError("engine-unreachable", `${what}: ${message}`, {
    hint: unreachableHints[code] ?? defaultUnreachableHint,
    cause: error,
  });
}

/** The HTTP status behind an error of this module, or of docker-modem. */
export function statusOf(error: unknown): number | undefined {
  return statusCode(error) ?? (error instanceof Error ? statusCode(error.cause) : undefined);
}

/** The request may have been carried out although no answer came. */
export function isUnknownOutcome(error: unknown): boolean {
  if (!isReconcilerError(error)) return false;
  return error.code === "deadline-passed" || error.code === "engine-unreachable";
}

/** Somebody else changed the object first (Docker Engine API, "ServiceUpdate"): Swarm says so with status 500. */
export function isOutOfSequence(error: unknown): boolean {
  return error instanceof Error && /update out of sequence/.test(error.message);
}

/** The peer closed a connection that was kept alive: reading again is safe. */
export function isBrokenConnection(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"].includes(nodeCode(error) ?? "");
}

/** `message` of the Engine's JSON answer, without docker-modem's prefix, on one line. */
function engineWords(error: unknown): string {
  const json = memberOf(error, "json");
  const fromBody = memberOf(json, "message");
  const text =
    typeof fromBody === "string"
      ? fromBody
      : String(error instanceof Error ? error.message : error).replace(/^\(HTTP code \d+\) .*? - /s, "");
  return text.replace(/\s+/g, " ").trim().replace(/\.$/, "");
}

function statusCode(error: unknown): number | undefined {
  const status = memberOf(error, "statusCode");
  return typeof status === "number" ? status : undefined;
}

function nodeCode(error: unknown): string | undefined {
  const code = memberOf(error, "code");
  return typeof code === "string" ? code : undefined;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
