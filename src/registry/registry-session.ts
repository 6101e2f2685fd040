import { ReconcilerError } from "../model/errors.ts";
import type { Authorizer, Subject } from "./authorizer.ts";
import { type HostRules, refusalOf } from "./hosts.ts";
import type { HttpAnswer, HttpRequest, HttpTransport } from "./http-transport.ts";
import { isBusy, type Operation } from "./operation.ts";
import { denial, invalidAnswer, type Refusal, unexpectedStatus } from "./registry-errors.ts";

/** A read-only request to the API of a registry. */
export interface RegistryRequest {
  readonly method: "GET" | "HEAD";
  readonly url: URL;
  readonly accept: string;
  readonly maximumBytes: number;
}

/** An answer, and the host it came from in the end. */
type LocatedAnswer = HttpAnswer & { readonly url: URL };

export interface SessionOptions {
  readonly transport: HttpTransport;
  readonly authorizer: Authorizer;
  readonly rules: HostRules;
}

/** Of what a registry says at its root. */
const maximumBytes = 64 * 1024;
const maximumRedirects = 5;
const redirects: readonly number[] = [301, 302, 303, 307, 308];

/** Asks registries: with credentials where they are wanted, patiently where they are busy, along redirects. */
export class RegistrySession {
  private readonly options: SessionOptions;
  /** Origins that are known to be registries. */
  private readonly confirmed = new Set<string>();

  constructor(options: SessionOptions) {
    this.options = options;
  }

  /**
   * The answer with status 200, or `undefined` for what is not there (404).
   *
   * @throws ReconcilerError for everything else
   */
  async read(
    request: RegistryRequest,
    subject: Subject,
    operation: Operation,
  ): Promise<HttpAnswer | undefined> {
    const answer = await this.ask(request, subject, operation);
    if (answer.status !== 200 && answer.status !== 404)
      throw unexpectedStatus(operation.what, refusalFrom(answer));
    if (answer.status === 404) await this.confirmRegistry(subject, operation);
    return answer.status === 200 ? answer : undefined;
  }

  /** Any web server answers 404: only one that knows the API says with it that something does not exist. */
  private async confirmRegistry({ origin }: Subject, operation: Operation): Promise<void> {
    if (this.confirmed.has(origin.origin)) return;
    const root = { method: "GET", url: new URL("/v2/", origin), accept: "*/*", maximumBytes } as const;
    let answer = await this.follow(root, origin, undefined, operation);
    while (isBusy(answer)) {
      await operation.waitForTurn(answer, answer.url.host);
      answer = await this.follow(root, origin, undefined, operation);
    }
    if (answer.status >= 500) throw unexpectedStatus(operation.what, refusalFrom(answer));
    if (![200, 401, 403].includes(answer.status))
      throw invalidAnswer(operation.what, `"${origin.host}" is no registry: it has no /v2/`);
    this.confirmed.add(origin.origin);
  }

  /** The answer that is neither a challenge nor a plea to wait. */
  private async ask(
    request: RegistryRequest,
    subject: Subject,
    operation: Operation,
  ): Promise<LocatedAnswer> {
    const { authorizer } = this.options;
    let grant = authorizer.current(subject);
    for (let isRenewed = false; ; ) {
      const answer = await this.follow(request, subject.origin, grant?.header, operation);
      const isOurs = answer.url.origin === subject.origin.origin;
      if (isBusy(answer)) {
        await operation.waitForTurn(answer, answer.url.host);
      } else if (answer.status === 401 && isOurs && !isRenewed) {
        isRenewed = true;
        grant = await authorizer.renew(subject, grant, answer, operation);
      } else if (answer.status === 401 || answer.status === 403) {
        const standing = grant?.isPersonal ? "known" : "anonymous";
        throw denial(operation.what, refusalFrom(answer), isOurs ? standing : "redirected");
      } else return answer;
    }
  }

  /**
   * Sends the request and follows redirects, as registries send to the storage that has a blob. What belongs to the
   * registry goes to its origin alone (scheme, host and port), also when a redirect leads back.
   */
  private async follow(
    request: RegistryRequest,
    origin: URL,
    authorization: string | undefined,
    { what, signal }: Operation,
  ): Promise<LocatedAnswer> {
    const { transport, rules } = this.options;
    const { method, accept, maximumBytes } = request;
    let url = request.url;
    for (let hops = 0; hops <= maximumRedirects; hops++) {
      const isOurs = url.origin === origin.origin;
      const secret = isOurs && authorization !== undefined ? { authorization } : {};
      const sent: HttpRequest = { what, method, url, headers: { accept, ...secret }, maximumBytes };
      const answer = await transport.send(sent, signal);
      if (!redirects.includes(answer.status)) return { ...answer, url };
      url = redirectTarget(answer, url, origin, rules, what);
    }
    throw invalidAnswer(what, `"${origin.host}" redirects more than ${maximumRedirects} times`);
  }
}

function redirectTarget(answer: HttpAnswer, from: URL, origin: URL, rules: HostRules, what: string): URL {
  const { location } = answer.headers;
  if (location === undefined || !URL.canParse(location, from.href))
    throw invalidAnswer(what, `"${from.host}" redirects to nowhere`);
  const target = new URL(location, from);
  const refusal = refusalOf(target, from, rules) ?? refusalOf(target, origin, rules);
  if (refusal === undefined) return target;
  throw new ReconcilerError(
    "registry-answer-invalid",
    `${what}: redirect of "${from.host}" not followed: ${refusal}`,
    { hint: "the registry must redirect to a host with TLS" },
  );
}

function refusalFrom({ status, body, url }: LocatedAnswer): Refusal {
  return { status, body, host: url.host };
}
