import { createLogger } from "../log/logger.ts";
import type { DaemonSettings } from "../model/daemon-settings.ts";
import { isEmptyPlan } from "../model/plan.ts";
import { Redactor } from "../model/redactor.ts";
import { nothingTold, toldBefore } from "../notify/notice-state.ts";
import { type EndedRun, jobsEnd, noticesOf } from "../notify/notices.ts";
import { createNotifier, type Notifier } from "../notify/notifier.ts";
import { resolveTargets } from "../notify/targets.ts";
import type { NoticeContext } from "../notify/teller.ts";
import type { Teller } from "./carry-out.ts";
import type { App, Runtime } from "./runtime.ts";

/** Longest time that notices may take once the verdict is there. */
const deliveryMs = 10_000;

export interface RunTeller extends Teller {
  /** Waits until everything is delivered, or given up. */
  flush(): Promise<void>;
}

/**
 * Tells of a run by hand what the settings want told. What earlier runs told is seen from their history; troubles that
 * kept a run from its verdict are in none and are told each time.
 */
export function openTeller(
  settings: DaemonSettings,
  place: Pick<NoticeContext, "project" | "environment" | "host">,
  { app, runtime }: { readonly app: App; readonly runtime: Runtime },
): RunTeller {
  const redactor = new Redactor();
  redactor.add([...app.inputs.secrets.values(), ...app.credentials]);
  const { redact } = redactor;
  const { targets, problems } = resolveTargets(settings.notifications, app.inputs.secrets);
  for (const problem of problems) runtime.stderr(redact(`${problem}\n`));
  const notifier = newNotifier(app, runtime, redact);
  notifier.configure(targets);
  const context: NoticeContext = { ...place, redact };
  const at = () => app.clock.now().toISOString();
  return {
    judged({ plan, stored, txn }, report) {
      const isRemembered = !isEmptyPlan(plan);
      const known = { at: at(), run: txn, revision: report.revision, isRemembered };
      const judged = { kind: "judged", command: "apply", report, changes: plan.changes } as const;
      const before = toldBefore(stored.history, report);
      const first = noticesOf(before, { ...known, end: judged }, context);
      const jobs: EndedRun = { ...known, end: jobsEnd(report, report.jobs ?? []) };
      const second = noticesOf(first.state, { ...jobs, isRemembered: true }, context);
      notifier.tell([...first.notices, ...second.notices]);
    },
    ended(failure) {
      const end = { kind: "ended", failure } as const;
      notifier.tell(noticesOf(nothingTold, { at: at(), end, isRemembered: false }, context).notices);
    },
    flush: () => notifier.flush(AbortSignal.timeout(deliveryMs)),
  };
}

function newNotifier(app: App, runtime: Runtime, redact: (text: string) => string): Notifier {
  const log = createLogger({
    ...{ write: runtime.stderr, level: "warn", redact, clock: app.clock },
    pretty: runtime.paint,
  });
  return createNotifier({ fetch, clock: app.clock, log, redact });
}
