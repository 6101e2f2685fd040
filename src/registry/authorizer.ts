import { findRegistryAuth, type RegistryAuth } from "../credentials/registry-auth.ts";
import { interruption, isReconcilerError, ReconcilerError } from "../model/errors.ts";
import { familiarName, type ImageRef } from "../model/image-ref.ts";
import type { Clock } from "../ports.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { HostRules } from "./hosts.ts";
import type { HttpAnswer, HttpTransport } from "./http-transport.ts";
import type { Operation } from "./operation.ts";
import { denial } from "./registry-errors.ts";
import { requestToken, type TokenRequest } from "./token.ts";

/** The value of an `Authorization` header, and until when it is good. Never shown. */
export interface Grant {
  readonly header: string;
  /** It stands for somebody; a token can also be for everybody. */
  readonly isPersonal: boolean;
  /** On the clock's monotonic time. */
  readonly endsMs: number;
}

/** One repository of one registry: credentials and tokens are good for nothing else. */
export interface Subject {
  readonly origin: URL;
  readonly image: ImageRef;
}

export interface AuthorizerOptions {
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly rules: HostRules;
  /** A docker `config.json`; without it everybody is asked anonymously. */
  readonly configPath: string | undefined;
}

/** Answers a registry's challenges and remembers what it got, per repository. */
export class Authorizer {
  private readonly options: AuthorizerOptions;
  private readonly grants = new Map<string, Grant>();

  constructor(options: AuthorizerOptions) {
    this.options = options;
  }

  /** What was good last time and still should be. */
  current(subject: Subject): Grant | undefined {
    const grant = this.grants.get(keyOf(subject));
    return grant !== undefined && grant.endsMs > this.options.clock.monotonicMs() ? grant : undefined;
  }

  /**
   * Gets a new grant as the answer with status 401 demands it, or the one that another request got meanwhile.
   *
   * @param refused what the answer refuses; `undefined` when nothing was sent
   * @throws ReconcilerError `registry-denied` when there is nothing to answer the challenge with
   */
  async renew(
    subject: Subject,
    refused: Grant | undefined,
    answer: HttpAnswer,
    operation: Operation,
  ): Promise<Grant> {
    const known = this.current(subject);
    if (known !== undefined && known !== refused) return known;
    this.grants.delete(keyOf(subject));
    const grant = await this.request(subject, answer, operation);
    this.grants.set(keyOf(subject), grant);
    return grant;
  }

  private async request(subject: Subject, answer: HttpAnswer, operation: Operation): Promise<Grant> {
    const auth = await this.credentials(subject.image, operation);
    const challenges = parseChallenges(answer.headers["www-authenticate"]);
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (bearer) return await this.bearer(subject, bearer, auth, operation);
    const isBasic = challenges.some(({ scheme }) => scheme === "basic");
    if (isBasic && auth?.username !== undefined) return lastingGrant(basicHeader(auth));
    const refusal = { status: answer.status, host: subject.origin.host, body: answer.body };
    throw denial(operation.what, refusal, auth === undefined ? "anonymous" : "known");
  }

  private async bearer(
    { origin, image }: Subject,
    { parameters }: Challenge,
    auth: RegistryAuth | undefined,
    operation: Operation,
  ): Promise<Grant> {
    // A token for the registry itself, that needs no token server.
    if (auth?.registrytoken !== undefined) return lastingGrant(`Bearer ${auth.registrytoken}`);
    const request: TokenRequest = {
      registry: origin,
      realm: parameters.get("realm") ?? "",
      service: parameters.get("service"),
      // Never more than reading, whatever the registry names.
      scope: readScope(parameters.get("scope")) ?? `repository:${image.path}:pull`,
      ...(auth === undefined ? {} : { proof: proofOf(auth) }),
    };
    const { transport, rules, clock } = this.options;
    const askedMs = clock.monotonicMs();
    const { token, lifetimeMs } = await requestToken(request, { transport, rules }, operation);
    const endsMs = askedMs + lifetimeMs * tokenShare;
    return { header: `Bearer ${token}`, isPersonal: auth !== undefined, endsMs };
  }

  private async credentials(image: ImageRef, { what, signal }: Operation): Promise<RegistryAuth | undefined> {
    try {
      return await findRegistryAuth(familiarName(image), this.options.configPath, signal);
    } catch (error) {
      if (signal.aborted) throw interruption(signal, what, error);
      if (!isReconcilerError(error)) throw error;
      const { message, hint } = error;
      throw new ReconcilerError("registry-denied", `${what}: ${message}`, { hint, cause: error });
    }
  }
}

/** The part of its lifetime that a token is used: it must not end on the way. */
const tokenShare = 0.9;

function lastingGrant(header: string): Grant {
  return { header, isPersonal: true, endsMs: Number.POSITIVE_INFINITY };
}

function keyOf({ origin, image }: Subject): string {
  return `${origin.origin} ${image.path}`;
}

/** Takes `pull` alone out of a scope `repository:NAME:pull,push`; anything else is not ours to ask for. */
function readScope(scope: string | undefined): string | undefined {
  const [, name] = /^repository:([^\s]+):[a-z,*]+$/.exec(scope ?? "") ?? [];
  return name === undefined ? undefined : `repository:${name}:pull`;
}

function proofOf(auth: RegistryAuth): NonNullable<TokenRequest["proof"]> {
  return auth.identitytoken === undefined
    ? { kind: "password", header: basicHeader(auth) }
    : { kind: "refresh-token", token: auth.identitytoken };
}

function basicHeader({ username = "", password = "" }: RegistryAuth): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
