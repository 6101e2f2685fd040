import type { Position } from "../lib/diagnostic.ts";

/** What `run` does besides reconciling: the keys `schedules`, `webhooks` and `notifications` of `mysysconfig.yaml`. */
export interface DaemonSettings {
  readonly schedules: readonly ScheduleSettings[];
  /** Sorted by name. */
  readonly webhooks: readonly WebhookSettings[];
  /** Sorted by name. */
  readonly notifications: readonly NotificationSettings[];
}

export const scheduleNames = ["reconcile", "prune"] as const;
export type ScheduleName = (typeof scheduleNames)[number];

export interface ScheduleSettings {
  readonly name: ScheduleName;
  /** Five fields, or six with seconds first. */
  readonly cron: string;
  /** IANA name; `UTC` by default. */
  readonly timeZone: string;
  /** Each run is put off by a random span of up to this much. */
  readonly jitterMs: number;
  /** A run that was missed while nobody was there is made up for. */
  readonly catchUp: boolean;
  readonly position: Position;
}

export const hookProviders = [
  "github",
  "gitlab",
  "gitlab-token",
  "gitea",
  "forgejo",
  "circleci",
  "docker-hub",
  "harbor",
  "registry",
  "standard-webhooks",
  "hmac",
] as const;
export type HookProvider = (typeof hookProviders)[number];

/** An endpoint `/hook/<name>`, or `/hook/<name>/<value of pathSecret>`. */
export interface WebhookSettings {
  readonly name: string;
  readonly provider: HookProvider;
  /** Names under `secrets:`; any of them verifies, so that they can be rotated. */
  readonly secrets: readonly string[];
  /** Name of the secret that makes the path unguessable. */
  readonly pathSecret?: string;
  /** Git providers: only pushes of this repository count, `ops/config`. Absent: of any. */
  readonly repository?: string;
  readonly position: Position;
}

export const noticeKinds = ["failure", "recovery", "rollback", "drift", "silence"] as const;
export type NoticeKind = (typeof noticeKinds)[number];

export interface NotificationSettings {
  readonly name: string;
  readonly kind: "webhook" | "slack";
  /** Name of the secret that holds the URL. */
  readonly urlSecret: string;
  /** Name of the secret that signs (Standard Webhooks); only for `webhook`. */
  readonly signingSecret?: string;
  readonly on: readonly NoticeKind[];
  /** `silence`: this many intervals of the reconcile schedule without a success. */
  readonly silentIntervals: number;
  readonly position: Position;
}

export const noDaemonSettings: DaemonSettings = { schedules: [], webhooks: [], notifications: [] };
