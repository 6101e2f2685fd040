import type { NoticeKind } from "./daemon-settings.ts";

/** One thing that people want to be told. Free of secret values: they are redacted before it is made. */
export interface Notice {
  readonly kind: NoticeKind;
  /** The same trouble has the same key: it is told once, until it is over. `failure web`, `silence`. */
  readonly key: string;
  readonly project: string;
  readonly environment: string;
  /** Name of the Engine's host. */
  readonly host: string;
  /** One line: `web: new build never became healthy; 58-develop still serves`. */
  readonly title: string;
  /** More lines: the container's story, what to do. */
  readonly details: readonly string[];
  /** Short revision and subject, where there is one. */
  readonly revision?: string;
  /** Transaction of the run, to find it in the history. */
  readonly run?: string;
  /** ISO 8601. */
  readonly at: string;
}
