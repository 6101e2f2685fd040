import { didYouMean } from "../lib/suggest.ts";
import { conditionDirectives } from "./condition-directives.ts";
import { type DirectiveTable, rowsFor } from "./directive-rows.ts";
import { fleetDirectives } from "./fleet-directives.ts";
import { serviceDirectives } from "./service-directives.ts";
import { overlapDirectives, timerDirectives } from "./timer-directives.ts";
import type { Assignment, UnitFile } from "./unit-file.ts";
import type { UnitScope } from "./unit-scope.ts";

const unitDirectives: DirectiveTable = {
  ...rowsFor("Description Documentation SourcePath", { handling: "host", doc: "for people" }),
  After: { handling: "mapped", doc: "started after these units, if they are part of the configuration" },
  Before: { handling: "mapped", doc: "these units are started after this one; as After= in each of them" },
  ...rowsFor("Requires Requisite RequiresOverridable RequisiteOverridable", {
    handling: "mapped",
    doc: "needs these units and starts after them",
  }),
  ...rowsFor("BindsTo BindTo", {
    handling: "mapped",
    doc: "needs these units, starts after them and is recreated when they are",
  }),
  ...rowsFor("Wants Upholds", { handling: "mapped", doc: "starts after these units, also when they fail" }),
  PartOf: { handling: "mapped", doc: "starts after these units and is recreated when they are" },
  Conflicts: { handling: "mapped", doc: "units of the host only" },
  ...rowsFor(
    "DefaultDependencies StopWhenUnneeded RefuseManualStart RefuseManualStop AllowIsolate IgnoreOnIsolate OnSuccessJobMode OnFailureJobMode OnFailureIsolate JobTimeoutSec JobRunningTimeoutSec JobTimeoutAction JobTimeoutRebootArgument CollectMode RequiresMountsFor",
    { handling: "host", doc: "concerns systemd's own jobs" },
  ),
  ...rowsFor("StartLimitIntervalSec StartLimitInterval StartLimitBurst", {
    handling: "host",
    doc: "the Engine slows restarts down by itself, up to one a minute",
  }),
  ...rowsFor(
    "PropagatesReloadTo PropagateReloadTo ReloadPropagatedFrom PropagateReloadFrom PropagatesStopTo StopPropagatedFrom JoinsNamespaceOf",
    { handling: "no-effect", doc: "acts on units of systemd", hint: "remove it" },
  ),
  ...rowsFor("OnFailure OnSuccess", {
    handling: "refused",
    doc: "no unit is started because another one has ended",
    hint: "remove it: the report of a run, its exit code and notifications say what failed",
  }),
  ...rowsFor(
    "StartLimitAction FailureAction SuccessAction FailureActionExitStatus SuccessActionExitStatus RebootArgument",
    { handling: "refused", doc: "nothing is done to the host when a container ends", hint: "remove it" },
  ),
  ...conditionDirectives,
};

const installDirectives: DirectiveTable = {
  DefaultInstance: {
    handling: "mapped",
    doc: "the instance of a template that has none listed under instances in mysysconfig.yaml",
  },
  ...rowsFor("WantedBy RequiredBy UpheldBy Alias Also", {
    handling: "host",
    doc: "a unit under units/ is always installed",
  }),
};

const updateDirectives: DirectiveTable = {
  Order: {
    handling: "mapped",
    doc: "auto, start-first or stop-first: which container goes first in an update",
  },
  Parallelism: { handling: "mapped", doc: "replicas replaced at a time" },
  Delay: { handling: "mapped", doc: "pause between two batches" },
  Monitor: { handling: "mapped", doc: "how long a new container must stay good before it counts" },
  FailureAction: {
    handling: "mapped",
    doc: "rollback, which is what always happens on an Engine; on a Swarm pause and continue as well",
  },
};

type SectionTable = Readonly<Record<string, DirectiveTable>>;

/** Every section and directive of a service that is known, with what becomes of it; the documentation is made from it. */
export const directiveTable: SectionTable = {
  Unit: unitDirectives,
  Service: serviceDirectives,
  Install: installDirectives,
  "X-Update": updateDirectives,
  "X-Fleet": fleetDirectives,
};

/** The same of a timer. */
export const timerDirectiveTable: SectionTable = {
  Unit: unitDirectives,
  Timer: timerDirectives,
  Install: installDirectives,
  "X-Timer": overlapDirectives,
};

interface UnitType {
  readonly sections: SectionTable;
  readonly hint: string;
  /** Sections that are at home in the other type. */
  readonly others: SectionTable;
  readonly otherSuffix: string;
}

const serviceType: UnitType = {
  sections: directiveTable,
  hint: "a service has [Unit], [Service], [Install], [X-Update] and [X-Fleet]",
  others: timerDirectiveTable,
  otherSuffix: ".timer",
};

const timerType: UnitType = {
  sections: timerDirectiveTable,
  hint: "a timer has [Unit], [Timer], [Install] and [X-Timer]",
  others: directiveTable,
  otherSuffix: ".service",
};

/** Reports unknown sections and directives, and those that cannot mean for a container what they mean for systemd. */
export function checkDirectives(file: UnitFile, scope: UnitScope): void {
  const type = file.path.endsWith(".timer") ? timerType : serviceType;
  for (const section of file.sections) checkSection(section, type, scope);
  for (const item of file.assignments) {
    const { section, key } = item;
    const isKnown = Object.hasOwn(type.sections, section);
    const isOwn = section.startsWith("X-");
    if (isKnown && (isOwn || !key.startsWith("X-"))) checkDirective(item, type.sections, scope);
  }
}

function checkSection(
  { name, position }: UnitFile["sections"][number],
  { sections, hint, others, otherSuffix }: UnitType,
  { sink }: UnitScope,
): void {
  if (Object.hasOwn(sections, name)) return;
  if (name === "X-Fleet") {
    const message = "scheduling by fleet has no effect on a timer: its service says where it runs";
    sink.warning(position, "fleet-section", message, "write the section into the service");
    return;
  }
  const near = didYouMean(name, Object.keys(sections));
  if (Object.hasOwn(others, name)) {
    const message = `section "[${name}]" belongs to a ${otherSuffix} unit`;
    sink.error(position, "unknown-section", message, hint);
  } else if (!name.startsWith("X-")) {
    sink.error(position, "unknown-section", `unknown section "[${name}]"`, near ?? hint);
  } else if (near !== undefined) {
    sink.warning(position, "unknown-section", `section "[${name}]" is ignored`, near);
  }
}

function checkDirective(item: Assignment, sections: SectionTable, { sink }: UnitScope): void {
  const table = sections[item.section] ?? {};
  const row = Object.hasOwn(table, item.key) ? table[item.key] : undefined;
  if (row === undefined) {
    const elsewhere = Object.entries(sections).find(([, other]) => Object.hasOwn(other, item.key))?.[0];
    const hint =
      elsewhere === undefined ? didYouMean(item.key, Object.keys(table)) : `it belongs to [${elsewhere}]`;
    const message = `unknown directive "${item.key}=" in [${item.section}]`;
    sink.error(item.keyPosition, "unknown-directive", message, hint);
  } else if (item.value.text === "") {
    return;
  } else if (row.handling === "refused") {
    sink.error(item.keyPosition, "unsupported-directive", `"${item.key}=" is refused: ${row.doc}`, row.hint);
  } else if (row.handling === "no-effect") {
    const message = `"${item.key}=" has no effect on the container: ${row.doc}`;
    sink.warning(item.keyPosition, "directive-without-effect", message, row.hint);
  }
}
