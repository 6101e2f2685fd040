import type { Clock } from "../ports.ts";
import type { DaemonEvent } from "./daemon-event.ts";

/** What `/healthz` and `/readyz` tell. */
export interface HealthReport {
  readonly ok: boolean;
  /** One sentence for people. */
  readonly reason: string;
}

/** A run that has gone on for so long is stuck: every call has a deadline, but a deadline can have a mistake. */
const longestRunMs = 6 * 60 * 60_000;

/**
 * Alive: runs come to an end. Ready: the Engine was looked at, and the last look at it succeeded. What the runs found is
 * the business of metrics and notifications: a failed build does not make the daemon itself unwell.
 */
export class Health {
  private readonly clock: Pick<Clock, "monotonicMs">;
  private readonly redact: (text: string) => string;
  private runningSinceMs: number | undefined;
  private ready: HealthReport = { ok: false, reason: "the Engine was not looked at yet" };

  /** @param redact takes the values of secrets out: anybody may ask */
  constructor(clock: Pick<Clock, "monotonicMs">, redact: (text: string) => string) {
    this.clock = clock;
    this.redact = redact;
  }

  listen(event: DaemonEvent): void {
    if (event.kind === "run-started") this.runningSinceMs = this.clock.monotonicMs();
    else if (event.kind === "run-finished") {
      this.runningSinceMs = undefined;
      this.ready = { ok: true, reason: event.outcome.report.verdict };
    } else if (event.kind === "run-failed") {
      this.runningSinceMs = undefined;
      const { code, message } = event.error;
      // Somebody else at work has looked at the Engine, and an invalid configuration is no trouble with it.
      const isAboutUs = this.ready.ok && code !== "engine-unreachable" && code !== "engine-unsupported";
      this.ready = { ok: isAboutUs, reason: message };
    } else if (event.kind === "stopping") this.ready = { ok: false, reason: "stopping" };
  }

  live(): HealthReport {
    const since = this.runningSinceMs;
    const isStuck = since !== undefined && this.clock.monotonicMs() - since > longestRunMs;
    return isStuck ? { ok: false, reason: "a run does not come to its end" } : { ok: true, reason: "alive" };
  }

  readiness(): HealthReport {
    return { ...this.ready, reason: this.redact(this.ready.reason) };
  }
}
