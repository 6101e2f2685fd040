import type { Mark } from "../model/mark.ts";
import { sameRepository } from "../model/repository-name.ts";
import type { Clock } from "../ports.ts";
import type { HookRequest } from "./adapter.ts";
import type { HookEndpoint } from "./endpoints.ts";
import { parseHookJson } from "./json.ts";
import { deliveryKey, KnownDeliveries } from "./known-deliveries.ts";
import type { HookLimits } from "./limits.ts";
import { providers } from "./providers.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What became of a request. `reason` is from a fixed set: nothing that a sender wrote. */
export interface Outcome {
  readonly result: HookOutcome;
  readonly status: number;
  readonly reason?: string;
  readonly marks?: readonly Mark[];
}

export type HookOutcome =
  /** Its marks were passed on. */
  | "accepted"
  /** Proven, and nothing of interest. */
  | "ignored"
  /** Proven, and delivered before. */
  | "duplicate"
  /** Not proven, or not to be read. */
  | "refused"
  /** Too much at once. */
  | "busy"
  /** The sender went away before its body was there. */
  | "gone"
  /** A mistake of ours. */
  | "failed";

/** What is kept of an endpoint between its requests. */
export interface EndpointState {
  readonly endpoint: HookEndpoint;
  readonly known: KnownDeliveries;
  readonly bucket: TokenBucket;
}

/** @param former of the same name, whose memory goes on unless the provider changed */
export function openEndpoint(
  endpoint: HookEndpoint,
  former: EndpointState | undefined,
  { limits, nowMs }: { readonly limits: HookLimits; readonly nowMs: number },
): EndpointState {
  if (former?.endpoint.settings.provider === endpoint.settings.provider) return { ...former, endpoint };
  const known = new KnownDeliveries({ most: limits.deliveries, lifeMs: limits.deliveryMs });
  return { endpoint, known, bucket: new TokenBucket(limits, nowMs) };
}

/**
 * Proof first, on the bytes as they came; whatever looks into the body comes after it. Those who cannot prove anything
 * take nothing away from those who can: only proven hooks use up tokens, and one that found none is not remembered, so
 * that its repetition counts.
 */
export function judge(
  { endpoint, known, bucket }: EndpointState,
  request: HookRequest,
  { clock, limits }: { readonly clock: Clock; readonly limits: HookLimits },
): Outcome {
  const { settings, secrets } = endpoint;
  const adapter = providers[settings.provider];
  const verdict = adapter.verify(request, secrets, clock.now());
  if (!verdict.ok) return { result: "refused", status: 401, reason: verdict.reason };
  const nowMs = clock.monotonicMs();
  const key = deliveryKey(request.body, verdict.deliveryId);
  if (known.has(key, nowMs)) return { result: "duplicate", status: 200, reason: "delivered before" };
  if (!bucket.take(Math.floor(request.body.length / limits.tokenBytes) + 1, nowMs))
    return { result: "busy", status: 429, reason: "too many hooks" };
  const parsed = parseHookJson(request.body);
  if ("reason" in parsed) return { result: "refused", status: 400, reason: parsed.reason };
  const reading = adapter.read(parsed.json, request.headers);
  if ("reason" in reading || reading.isRepeatable !== true) known.add(key, nowMs);
  if ("reason" in reading) return { result: "ignored", status: 200, reason: reading.reason };
  const marks = reading.marks.filter((mark) => isWanted(mark, settings.repository));
  if (marks.length === 0) return { result: "ignored", status: 200, reason: "another repository" };
  return { result: "accepted", status: 202, marks };
}

/** Who wants one repository only does not want hooks that do not tell theirs. */
function isWanted(mark: Mark, repository: string | undefined): boolean {
  if (mark.kind !== "branch" || repository === undefined) return true;
  return mark.repository !== undefined && sameRepository(mark.repository, repository);
}
