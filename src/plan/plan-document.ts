import type { FieldChange } from "../model/change.ts";
import type { Plan } from "../model/plan.ts";
import type { Revision } from "../model/revision.ts";
import type { Step } from "../model/step.ts";
import { stepText } from "./step-text.ts";

/** Version of the plan's JSON form; it grows when a reader would have to change. */
export const planDocumentVersion = 1;

/** The plan as plain data for `--json`: no ids, no times, no values that are masked, so that equal plans are equal texts. */
export function planDocument(
  plan: Plan,
  revision: Revision,
  environment: { project: string; name: string },
  showValues: boolean,
): unknown {
  return {
    version: planDocumentVersion,
    project: environment.project,
    environment: environment.name,
    revision: revision.id,
    ...(plan.rivalSource === undefined ? {} : { rivalSource: plan.rivalSource }),
    changes: plan.changes.map((change) => ({
      key: withoutTxn(change.key),
      subject: change.subject,
      kind: change.kind,
      cause: change.cause,
      fields: change.fields.map((field) => fieldDocument(field, showValues)),
      ...(change.position === undefined ? {} : { position: change.position }),
      ...(change.rollout === undefined ? {} : { rollout: change.rollout }),
      ...(change.timer === undefined ? {} : { timer: change.timer }),
      notes: change.notes,
    })),
    steps: plan.steps.map((step) => ({
      id: withoutTxn(step.id),
      kind: step.kind,
      ...(step.change === undefined ? {} : { change: withoutTxn(step.change) }),
      cause: step.cause,
      text: textOf(step),
      dependsOn: step.dependsOn.map(withoutTxn),
      after: step.after.map(withoutTxn),
    })),
    volumesKept: plan.volumesKept,
  };
}

function textOf(step: Step): string {
  const { verb, object } = stepText(step);
  return `${verb} ${object}`;
}

function fieldDocument(field: FieldChange, showValues: boolean): unknown {
  const { before, after, ...rest } = field;
  const show = (value: string) => (field.masked && !showValues ? "***" : value);
  return {
    ...rest,
    ...(before === undefined ? {} : { before: show(before) }),
    ...(after === undefined ? {} : { after: show(after) }),
  };
}

/** Ids of steps name containers in their roles; the transaction in the name differs from run to run. */
function withoutTxn(text: string): string {
  return text.replace(/\.(next|prev)-[0-9a-f]{8}(?![0-9a-f])/g, (_name, role) =>
    role === "next" ? " (next)" : " (previous)",
  );
}
