import type { Mark } from "../model/mark.ts";

/** What a provider's hooks look like and how they are told from forged ones. One adapter for each provider. */
export interface HookAdapter {
  /** Media types of its bodies. */
  readonly contentTypes: readonly string[];
  /**
   * Whether the request is the provider's, by its one scheme: another scheme's headers are never looked at.
   *
   * @param secrets any of them verifies; empty ones never do
   */
  verify(request: HookRequest, secrets: readonly string[], now: Date): Verdict;
  /** What a verified body says. Total: any JSON gives an answer. */
  read(json: unknown, headers: HookHeaders): Reading;
  /** Why a value can be no secret of this provider, as a phrase without the value; `undefined`: it can. */
  refuseSecret?(value: string): string | undefined;
}

/** Names in lower case; a header that came twice is one value with `, ` between, which no scheme accepts. */
export type HookHeaders = ReadonlyMap<string, string>;

export interface HookRequest {
  readonly headers: HookHeaders;
  /** As it arrived, byte for byte. */
  readonly body: Uint8Array;
}

export type Verdict =
  | {
      readonly ok: true;
      /** Tells deliveries apart as surely as the body: it is signed, or nothing is. */
      readonly deliveryId?: string;
    }
  | Refusal;

export interface Refusal {
  readonly ok: false;
  /** For the log, from a fixed set: nothing of the request. */
  readonly reason: string;
}

export type Reading =
  | {
      readonly marks: readonly Mark[];
      /** The same body means the same thing again the next time; it is no repetition of this delivery. */
      readonly isRepeatable?: true;
    }
  /** Nothing of interest, and why, from a fixed set. */
  | { readonly reason: string };

export const accepted: Verdict = { ok: true };

export function refused(reason: string): Refusal {
  return { ok: false, reason };
}

export function nothing(reason: string): Reading {
  return { reason };
}

export const json = "application/json";
