export interface HookLimits {
  /** Bytes of the largest body. */
  readonly bodyBytes: number;
  /** A body arrives within this time. */
  readonly bodyMs: number;
  /** Bodies that are being read at once, and bytes of all of them. */
  readonly openBodies: number;
  readonly openBytes: number;
  /** What hooks usually have at most: they keep their room when larger ones are given up. */
  readonly usualBytes: number;
  /** Tokens that an endpoint has at most, and gets back in a second. */
  readonly burst: number;
  readonly refillPerSecond: number;
  /** A hook costs one token for each of these that its body has begun. */
  readonly tokenBytes: number;
  /** Deliveries that an endpoint remembers, and for how long. */
  readonly deliveries: number;
  readonly deliveryMs: number;
  /** How long a sender that still sends is listened to after it was refused, so that it sees why. */
  readonly lingerMs: number;
}

/** 10,000 hooks of ordinary size in a minute pass; a thousand of them in a second as well. */
export const defaultLimits: HookLimits = {
  bodyBytes: 3 * 1024 ** 2,
  bodyMs: 10_000,
  openBodies: 1_000,
  openBytes: 32 * 1024 ** 2,
  usualBytes: 64 * 1024,
  burst: 2_000,
  refillPerSecond: 150,
  tokenBytes: 64 * 1024,
  deliveries: 10_000,
  deliveryMs: 24 * 60 * 60_000,
  lingerMs: 500,
};
