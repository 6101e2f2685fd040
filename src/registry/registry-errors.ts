/**
 * The one place where failures of registries become coded errors. A registry's own sentences never travel: a broken
 * or hostile one may repeat our credentials in them. Of addresses only the host does: their queries hold signatures.
 */
import { type ErrorCode, interruption, isReconcilerError, ReconcilerError } from "../model/errors.ts";

/** What we know of an answer that says no. */
export interface Refusal {
  readonly status: number;
  readonly host: string;
  readonly body: Buffer;
}

const connectionHints: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there: is the registry running, is the port right?",
  ENOTFOUND: "the registry's host name is unknown here",
  EAI_AGAIN: "the name server does not answer",
  ECONNRESET: "the connection broke: does a proxy or a firewall stand in between?",
  EPROTO: "no TLS there: name the host as insecure if it really speaks plain HTTP",
};
const certificateHint =
  "the registry's certificate is not trusted here: give the file of its certificate authority, or mend its name or date";
const certificatePattern = /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)/;

/** Turns whatever sending a request threw into a `ReconcilerError`; `signal` is the one that could end it. */
export function translateRequestError(
  error: unknown,
  what: string,
  host: string,
  signal: AbortSignal,
): ReconcilerError {
  if (isReconcilerError(error)) return error;
  if (signal.aborted) return interruption(signal, what, error);
  const nodeCode = String((error as NodeJS.ErrnoException).code ?? "");
  const reason = error instanceof Error ? error.message : String(error);
  // HPE_…: the parser's word for what is not HTTP.
  const code: ErrorCode = nodeCode.startsWith("HPE_") ? "registry-answer-invalid" : "registry-unreachable";
  const hint = certificatePattern.test(nodeCode) ? certificateHint : connectionHints[nodeCode];
  return new ReconcilerError(code, `${what}: "${host}": ${reason || nodeCode}`, {
    hint: hint ?? "can this host reach the registry?",
    cause: error,
  });
}

export function invalidAnswer(what: string, reason: string): ReconcilerError {
  return new ReconcilerError("registry-answer-invalid", `${what}: ${reason}`, {
    hint: "is it a registry, and does a proxy stand in between that changes its answers?",
  });
}

/** Who was refused: somebody unknown, whoever the credentials stand for, or nobody after a redirect elsewhere. */
export type Standing = "anonymous" | "known" | "redirected";

const denialHints: Readonly<Record<Standing, string>> = {
  anonymous:
    "it wants credentials, or the name is wrong: docker login, and mount its config.json (DOCKER_CONFIG)",
  known: "these credentials are wrong or do not reach this repository, or its name is wrong: docker login",
  redirected: "the registry sent us there, and credentials go to the registry alone",
};

/** For 401 and 403. */
export function denial(what: string, refusal: Refusal, standing: Standing): ReconcilerError {
  return new ReconcilerError("registry-denied", `${what}: ${words(refusal)}`, {
    hint: denialHints[standing],
  });
}

/** For every status that no rule gives a meaning to. */
export function unexpectedStatus(what: string, refusal: Refusal): ReconcilerError {
  if (refusal.status < 500) return invalidAnswer(what, words(refusal));
  return new ReconcilerError("registry-unreachable", `${what}: ${words(refusal)}`, {
    hint: "the registry itself is broken: look at its log or its status page",
  });
}

/** @param until when the registry wants to be asked again */
export function busyRegistry(what: string, refusal: Refusal, until: Date): ReconcilerError {
  const time = until.toISOString().replace(/\.\d+Z$/, "Z");
  return new ReconcilerError("registry-busy", `${what}: ${words(refusal)}, not to be asked before ${time}`, {
    hint: "try again then; a registry often allows more to those who log in",
  });
}

/** Codes of the OCI distribution specification ("Error Codes") and of Docker's registry. */
const knownCodes = [
  "BLOB_UNKNOWN",
  "DENIED",
  "MANIFEST_INVALID",
  "MANIFEST_UNKNOWN",
  "NAME_INVALID",
  "NAME_UNKNOWN",
  "PAGINATION_NUMBER_INVALID",
  "TAG_INVALID",
  "TOOMANYREQUESTS",
  "UNAUTHORIZED",
  "UNAVAILABLE",
  "UNKNOWN",
  "UNSUPPORTED",
];

/** `"reg.example.org" answers 403 (DENIED)`: of the body only codes that the specification knows. */
function words({ status, host, body }: Refusal): string {
  const text = body.toString("utf8");
  const codes = knownCodes.filter((code) => text.includes(`"${code}"`));
  return `"${host}" answers ${status}${codes.length > 0 ? ` (${codes.join(", ")})` : ""}`;
}
