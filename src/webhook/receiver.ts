import type { IncomingMessage, ServerResponse } from "node:http";
import type { Mark } from "../model/mark.ts";
import type { Clock } from "../ports.ts";
import type { HookHeaders } from "./adapter.ts";
import { type Answer, hasBody, sendAndClose, sendAnswer } from "./answer.ts";
import { isSame } from "./compare.ts";
import type { HookEndpoint } from "./endpoints.ts";
import { type EndpointState, type HookOutcome, judge, type Outcome, openEndpoint } from "./judge.ts";
import { defaultLimits, type HookLimits } from "./limits.ts";
import { providers } from "./providers.ts";
import { BodyReader, type BodyResult } from "./read-body.ts";

export interface HookReceiverOptions {
  readonly clock: Clock;
  /** After the answer has been given. What it throws is reported as `failed`. */
  readonly onMark: (mark: Mark, context: { readonly endpoint: string }) => void;
  /** Once for each request, for metrics and log. What it throws is lost. */
  readonly onResult?: (result: HookResult) => void;
  readonly limits?: Partial<HookLimits>;
}

/** Free of secrets and of whatever a sender wrote. */
export interface HookResult {
  /** Absent when there is none of the name that was asked for. */
  readonly endpoint?: string;
  readonly result: HookOutcome;
  /** 0: nobody was there to be answered. */
  readonly status: number;
  readonly reason?: string;
}

export interface HookReceiver {
  /** Answers a request for `/hook/…`; everything else is not found. Never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Serves these from now on. What is under way ends as it began; what was delivered to a name stays known. */
  configure(endpoints: readonly HookEndpoint[]): void;
}

/**
 * Receives hooks: finds the endpoint, reads the body within bounds, has it proven and read, answers, and passes marks on.
 * Nothing is fetched, and nothing that a hook says decides about more than where to look.
 */
export function createHookReceiver(options: HookReceiverOptions): HookReceiver {
  const { clock } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const bodies = new BodyReader(limits);
  let states: ReadonlyMap<string, EndpointState> = new Map();

  const receive = async (request: IncomingMessage, state: EndpointState | undefined): Promise<Outcome> => {
    if (!state) return { result: "refused", status: 404, reason: "no such endpoint" };
    const refusal = refuseHeaders(request, state.endpoint);
    if (refusal) return refusal;
    const body = await bodies.read(request);
    if (body.kind !== "body") return bodyOutcomes[body.kind];
    return judge(state, { headers: joinHeaders(request), body: body.bytes }, { clock, limits });
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const state = findEndpoint(request.url, states);
    const endpoint = state?.endpoint.settings.name;
    const outcome: Outcome = await receive(request, state).catch(() => ourMistake);
    const { marks = [], result, status, reason } = outcome;
    if (status !== 0) respond(request, response, { outcome, lingerMs: limits.lingerMs });
    const failed = endpoint !== undefined && marks.map((mark) => passOn(mark, endpoint)).includes(false);
    report({
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(failed ? { ...ourMistake, status } : { result, status, ...(reason ? { reason } : {}) }),
    });
  };

  const passOn = (mark: Mark, endpoint: string): boolean => {
    try {
      options.onMark(mark, { endpoint });
      return true;
    } catch {
      return false;
    }
  };

  const report = (result: HookResult): void => {
    try {
      options.onResult?.(result);
    } catch {
      // Whoever counts and logs is not a reason to stop receiving.
    }
  };

  return {
    handle: (request, response) => {
      response.on("error", () => undefined);
      serve(request, response).catch(() => response.destroy());
    },
    configure: (endpoints) => {
      const nowMs = clock.monotonicMs();
      states = new Map(
        endpoints.map((endpoint) => {
          const { name } = endpoint.settings;
          return [name, openEndpoint(endpoint, states.get(name), { limits, nowMs })];
        }),
      );
    },
  };
}

const ourMistake = { result: "failed", status: 500, reason: "a mistake of this program" } as const;

const bodyOutcomes: Readonly<Record<Exclude<BodyResult["kind"], "body">, Outcome>> = {
  large: { result: "refused", status: 413, reason: "too large" },
  late: { result: "refused", status: 408, reason: "too slow" },
  busy: { result: "busy", status: 503, reason: "too many bodies at once" },
  gone: { result: "gone", status: 0, reason: "the sender went away" },
};

/** A wrong path takes as long as a wrong name, and looks the same. */
function findEndpoint(
  url: string | undefined,
  states: ReadonlyMap<string, EndpointState>,
): EndpointState | undefined {
  const [path = ""] = (url ?? "").split("?", 1);
  const match = /^\/hook\/([a-z0-9-]+)(?:\/([^/]+))?$/.exec(path);
  const state = states.get(match?.[1] ?? "");
  const isRight = isSame(decode(match?.[2] ?? ""), state?.endpoint.pathSecret ?? "");
  return isRight ? state : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refuseHeaders(request: IncomingMessage, { settings }: HookEndpoint): Outcome | undefined {
  if (request.method !== "POST") return { result: "refused", status: 405, reason: "no POST" };
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity") return { result: "refused", status: 415, reason: "a compressed body" };
  const [type = "", ...parameters] = (request.headers["content-type"] ?? "").toLowerCase().split(";");
  const isUtf8 = parameters.every((text) => !/^\s*charset\s*=(?!\s*"?utf-8"?\s*$)/.test(text));
  if (isUtf8 && providers[settings.provider].contentTypes.includes(type.trim())) return undefined;
  return { result: "refused", status: 415, reason: "no JSON" };
}

function joinHeaders({ headersDistinct }: IncomingMessage): HookHeaders {
  return new Map(Object.entries(headersDistinct).map(([name, values = []]) => [name, values.join(", ")]));
}

/** Those who have proven nothing are told nothing but the status. */
function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { outcome, lingerMs }: { readonly outcome: Outcome; readonly lingerMs: number },
): void {
  const { status, result, reason } = outcome;
  const isProven = status === 200 || status === 400 || status === 429;
  const headers = extraHeaders[status];
  const answer: Answer = {
    ...{ status, result },
    ...(isProven && reason !== undefined ? { reason } : {}),
    ...(headers === undefined ? {} : { headers }),
  };
  if (request.complete || !hasBody(request)) sendAnswer(request, response, answer);
  else sendAndClose(request, response, { answer, lingerMs });
}

const extraHeaders: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  405: { allow: "POST" },
  429: { "retry-after": "1" },
  503: { "retry-after": "1" },
};
