import { type DirectiveTable, rowsFor } from "./directive-rows.ts";

const mapped = (doc: string) => ({ handling: "mapped", doc }) as const;

/** Directives of [Timer], systemd.timer(5). */
export const timerDirectives: DirectiveTable = {
  OnCalendar: mapped(
    "runs the service at these times (systemd.time(7)), in UTC unless they name a time zone",
  ),
  ...rowsFor("OnActiveSec OnStartupSec", mapped("this long after the job was first deployed here")),
  OnBootSec: mapped("this long after the machine of the Engine started"),
  OnUnitActiveSec: mapped("this long after the job was started last"),
  OnUnitInactiveSec: mapped("this long after the job ended last"),
  Persistent: mapped("a time of OnCalendar= that passed while nobody watched is made up for, once"),
  RandomizedDelaySec: mapped("puts a run off by up to this long, by the same span for the same time"),
  FixedRandomDelay: mapped("puts every run off by the same span"),
  AccuracySec: mapped("how late a run may be without being late"),
  Unit: mapped("the service to run; without it the one of the same name"),
  RemainAfterElapse: {
    handling: "host",
    doc: "a timer is known as long as the configuration has it",
  },
  WakeSystem: { handling: "no-effect", doc: "no machine is woken up", hint: "remove it" },
  ...rowsFor("OnClockChange OnTimezoneChange", {
    handling: "refused",
    doc: "changes of the clock are not watched",
    hint: "write OnCalendar=, or remove it",
  }),
};

/** Our own section [X-Timer]. */
export const overlapDirectives: DirectiveTable = {
  Overlap: mapped(
    "skip or wait: what becomes of a time that passes while the job still runs, nothing or one run right after it",
  ),
};
