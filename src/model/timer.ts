import type { Position } from "../lib/diagnostic.ts";

/**
 * When a one-shot job runs (systemd.timer(5)). Plain data, so that it can be kept and compared; times are milliseconds.
 */
export interface TimerSpec {
  /** Name of the timer unit, `backup.timer`. */
  readonly unit: string;
  /** `OnCalendar=`, as written and known to be valid. */
  readonly calendars: readonly string[];
  /** `OnBootSec=`: after the machine started. */
  readonly onBootMs: readonly number[];
  /** `OnStartupSec=` and `OnActiveSec=`: after the job was first deployed here. */
  readonly onActiveMs: readonly number[];
  /** `OnUnitActiveSec=`: after the job was started last. */
  readonly onUnitActiveMs: readonly number[];
  /** `OnUnitInactiveSec=`: after the job ended last. */
  readonly onUnitInactiveMs: readonly number[];
  /** `Persistent=`: what fell due while nobody watched is run once, as soon as somebody does. */
  readonly persistent: boolean;
  /** `RandomizedDelaySec=`: the run is put off by up to this much, by the same span for the same elapse. */
  readonly randomizedDelayMs: number;
  /** `FixedRandomDelay=`: by the same span for every elapse. */
  readonly fixedRandomDelay: boolean;
  /** `AccuracySec=`: how late a run may be without being late. */
  readonly accuracyMs: number;
  /** What becomes of a time that passes while the job still runs: nothing, or one run as soon as it has ended. */
  readonly overlap: "skip" | "wait";
  /** Where the timer is declared. */
  readonly origin: Position;
}
