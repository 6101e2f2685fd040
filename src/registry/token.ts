import { amount, fits, object, optional, text } from "../lib/shape.ts";
import { ReconcilerError } from "../model/errors.ts";
import { type HostRules, refusalOf } from "./hosts.ts";
import type { HttpAnswer, HttpRequest, HttpTransport } from "./http-transport.ts";
import { parseJson } from "./json.ts";
import { isBusy, type Operation } from "./operation.ts";
import { denial, invalidAnswer, unexpectedStatus } from "./registry-errors.ts";

/** A question to a token server (distribution registry, "Token Authentication Specification"). */
export interface TokenRequest {
  /** The registry that named the realm. */
  readonly registry: URL;
  /** Address of the token server, as the challenge names it. */
  readonly realm: string;
  readonly service: string | undefined;
  readonly scope: string;
  /** Absent: a token for everybody. */
  readonly proof?:
    | { readonly kind: "password"; readonly header: string }
    /** What docker keeps as identity token; it is exchanged by POST ("OAuth2 Token Authentication"). */
    | { readonly kind: "refresh-token"; readonly token: string };
}

interface Token {
  readonly token: string;
  readonly lifetimeMs: number;
}

const maximumBytes = 256 * 1024;
/** For an answer that does not tell, and the least that a server may say by the specification. */
const minimumLifetimeMs = 60_000;

const answerShape = object<{ token?: string; access_token?: string; expires_in?: number }>({
  token: optional<string>(text),
  access_token: optional<string>(text),
  expires_in: optional<number>(amount),
});

/**
 * Gets a bearer token. Redirects are not followed: credentials go to the realm alone.
 *
 * @throws ReconcilerError `registry-denied` when the server refuses the credentials
 */
export async function requestToken(
  request: TokenRequest,
  { transport, rules }: { transport: HttpTransport; rules: HostRules },
  operation: Operation,
): Promise<Token> {
  const { what } = operation;
  const realm = readRealm(request, rules, what);
  for (;;) {
    const answer = await transport.send(httpRequest(request, realm, what), operation.signal);
    if (isBusy(answer)) await operation.waitForTurn(answer, realm.host);
    else return readToken(answer, request, realm.host, what);
  }
}

function readRealm({ realm, registry }: TokenRequest, rules: HostRules, what: string): URL {
  if (!URL.canParse(realm))
    throw invalidAnswer(what, `"${registry.host}" names no token server that can be asked`);
  const url = new URL(realm);
  const refusal = refusalOf(url, registry, rules);
  if (refusal === undefined) return url;
  throw new ReconcilerError("registry-answer-invalid", `${what}: token server of the registry: ${refusal}`, {
    hint: "credentials would be sent in the clear: the registry must name a token server with TLS",
  });
}

function httpRequest({ service, scope, proof }: TokenRequest, realm: URL, what: string): HttpRequest {
  const asked = { ...(service === undefined ? {} : { service }), scope };
  if (proof?.kind === "refresh-token") {
    const form = { grant_type: "refresh_token", client_id: "mysysconfig", refresh_token: proof.token };
    return {
      what,
      method: "POST",
      url: realm,
      headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ ...form, ...asked }).toString(),
      maximumBytes,
    };
  }
  const url = new URL(realm);
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  const authorization = proof === undefined ? {} : { authorization: proof.header };
  return {
    what,
    method: "GET",
    url,
    headers: { accept: "application/json", ...authorization },
    maximumBytes,
  };
}

function readToken(answer: HttpAnswer, { proof }: TokenRequest, host: string, what: string): Token {
  const { status, body } = answer;
  if (status === 401 || status === 403)
    throw denial(what, { status, host, body }, proof === undefined ? "anonymous" : "known");
  // A server without OAuth2 does not know the address, or not with POST.
  if (proof?.kind === "refresh-token" && (status === 404 || status === 405)) {
    throw new ReconcilerError("registry-denied", `${what}: "${host}" takes no identity tokens`, {
      hint: "log in with a user name and an access token instead",
    });
  }
  if (status !== 200) throw unexpectedStatus(what, { status, host, body });
  const read = answerShape(parseJson(body));
  const token = fits(read) ? read.token || read.access_token || "" : "";
  // Anything else could not stand in a header.
  if (!/^[\x21-\x7e]+$/.test(token)) throw invalidAnswer(what, `"${host}" answers without a token`);
  const seconds = (fits(read) ? read.expires_in : undefined) ?? 0;
  return { token, lifetimeMs: Math.max(minimumLifetimeMs, seconds * 1000) };
}
