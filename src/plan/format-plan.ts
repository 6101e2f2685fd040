import type { Position } from "../lib/diagnostic.ts";
import { formatDuration } from "../lib/duration.ts";
import { alignColumns, type Paint, plainPaint, type Tone } from "../lib/paint.ts";
import type { Change, ChangeKind, FieldChange, Rollout } from "../model/change.ts";
import { shortReference } from "../model/image-ref.ts";
import type { Plan } from "../model/plan.ts";
import type { Step } from "../model/step.ts";
import { stepText } from "./step-text.ts";

export interface PlanFormat {
  readonly paint: Paint;
  /** Hides secret values; asked before a text is cut or escaped, after which a secret would not be found any more. */
  readonly redact: (text: string) => string;
  /** Show environment values; those of secrets are hidden in any case. */
  readonly showValues: boolean;
  /** Show the steps under each change. */
  readonly steps: boolean;
}

/** A plan is for reading; the JSON form has everything. */
const longestValue = 160;

export const plainFormat: PlanFormat = {
  paint: plainPaint,
  redact: (text) => text,
  showValues: false,
  steps: true,
};

const symbols: Readonly<Record<ChangeKind, { symbol: string; tone: Tone }>> = {
  unchanged: { symbol: " ", tone: "dim" },
  create: { symbol: "+", tone: "good" },
  replace: { symbol: "~", tone: "warn" },
  "in-place": { symbol: "~", tone: "warn" },
  repair: { symbol: "*", tone: "warn" },
  run: { symbol: ">", tone: "good" },
  remove: { symbol: "-", tone: "bad" },
  blocked: { symbol: "!", tone: "bad" },
  "set-aside": { symbol: "!", tone: "bad" },
  held: { symbol: "=", tone: "warn" },
};

/** The plan as text, one line for each change and each step; the same plan gives the same text. */
export function formatPlan(plan: Plan, format: PlanFormat = plainFormat): string {
  const lines: string[] = [];
  const visible = plan.changes.filter((change) => change.kind !== "unchanged" || change.notes.length > 0);
  const shared = plan.steps.filter((step) => step.change === undefined);
  if (format.steps && shared.length > 0) {
    lines.push(
      ...alignColumns(
        shared.map((step) => [
          "    ",
          stepText(step).verb,
          shown(stepText(step).object, format),
          format.paint("dim", shown(step.cause, format)),
        ]),
      ),
      "",
    );
  }
  const stepsOf = Map.groupBy(plan.steps, (step) => step.change);
  const heads = alignColumns(visible.map((change) => headCells(change, format)));
  for (const [index, change] of visible.entries()) {
    lines.push(heads[index] ?? "", ...detailLines(change, format));
    if (format.steps) lines.push(...stepLines(stepsOf.get(change.key) ?? [], format));
  }
  if (visible.length > 0) lines.push("");
  for (const volume of plan.volumesKept)
    lines.push(`  volume ${shown(volume, format)} is no longer declared and stays`);
  if (plan.rivalSource !== undefined) {
    lines.push(
      format.paint(
        "bad",
        `  another source (${shown(plan.rivalSource, format)}) manages this project and environment: nothing is removed`,
      ),
    );
  }
  lines.push(format.redact(summaryLine(plan)));
  return lines.join("\n");
}

function headCells(change: Change, format: PlanFormat): string[] {
  const { symbol, tone } = symbols[change.kind];
  const first = change.fields[0];
  const what = first === undefined ? shown(change.cause, format) : fieldText(first, format);
  return [
    `  ${format.paint(tone, symbol)} ${format.paint("bold", shown(keyText(change.key), format))}`,
    what,
    format.paint("dim", shown(placeText(first?.position ?? change.position), format)),
    rolloutText(change),
  ];
}

/** `units/web.service:9`, or nothing. */
export function placeText(position: Position | undefined): string {
  return position === undefined ? "" : `${position.file}:${position.line}`;
}

function detailLines(change: Change, format: PlanFormat): string[] {
  const rows = change.fields.slice(1).map((field) => `      ${fieldText(field, format)}`);
  if (change.fields.length > 0)
    rows.push(`      ${format.paint("dim", `cause: ${shown(change.cause, format)}`)}`);
  if (change.rollout?.reason !== undefined) {
    rows.push(
      `      ${format.paint("warn", `stop-first: ${shown(change.rollout.reason, format)}${downtimeNote(change.rollout)}`)}`,
    );
  }
  rows.push(...change.notes.map((note) => `      ${format.paint("dim", `note: ${shown(note, format)}`)}`));
  return rows;
}

/** A set of files is named after its content; seven digits are what people compare. */
export function keyText(key: string): string {
  return key.replace(/^files mysysconfig-.+-files-([0-9a-f]{7})[0-9a-f]{9}$/, "files @$1");
}

function downtimeNote({ downtimeMs }: Rollout): string {
  return downtimeMs === 0 ? "" : `; expected downtime at most ${formatDuration(downtimeMs)}`;
}

function stepLines(steps: readonly Step[], format: PlanFormat): string[] {
  const rows = steps.map((step) => {
    const { verb, object } = stepText(step);
    return ["     ", verb.padEnd(8), format.paint("dim", shown(object, format))];
  });
  return alignColumns(rows, 1);
}

/** A change of one field, its values short enough for a line and without secrets. */
export function fieldText(field: FieldChange, format: Pick<PlanFormat, "redact" | "showValues">): string {
  const show = (value: string | undefined) => {
    if (value === undefined) return undefined;
    return field.masked && !format.showValues ? "***" : shown(value, format);
  };
  const name = shown(field.field, format);
  const before = show(field.before);
  const after = show(field.after);
  if (before === undefined) return `${name}  + ${after}`;
  if (after === undefined) return `${name}  ${before} → (not set)`;
  if (field.masked && !format.showValues) return `${name}  *** → *** (changed)`;
  return `${name}  ${before} → ${field.field === "image" ? shortReference(before, after) : after}`;
}

/** A foreign text on one line; what is secret goes before the line is cut. */
function shown(text: string, { redact }: Pick<PlanFormat, "redact">): string {
  return oneLine(redact(text));
}

/** Values come from files and from the Engine: they must neither break a line nor drive the terminal. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is made visible
  const visible = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) =>
    JSON.stringify(character)
      .slice(1, -1)
      .replace(/^[^\\]$/, (raw) => `\\u${raw.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
  return visible.length > longestValue
    ? `${visible.slice(0, longestValue)}… (${visible.length} characters)`
    : visible;
}

/** How a change is made and what it costs: `start-first, no downtime`. */
export function rolloutText(change: Change): string {
  switch (change.kind) {
    case "replace":
      if (change.rollout === undefined) return "";
      if (change.rollout.order === "stop-first" && change.rollout.downtimeMs === 0) return "stop-first";
      if (change.rollout.order === "stop-first")
        return `stop-first, downtime up to ${formatDuration(change.rollout.downtimeMs)}`;
      return "start-first, no downtime";
    case "in-place":
      return "in place, no restart";
    default:
      return "";
  }
}

const summaryWords: readonly (readonly [ChangeKind, string])[] = [
  ["replace", "to replace"],
  ["in-place", "to change in place"],
  ["remove", "to remove"],
  ["create", "to create"],
  ["repair", "to repair"],
  ["run", "to run"],
  ["blocked", "blocked"],
  ["set-aside", "set aside"],
  ["held", "held"],
  ["unchanged", "unchanged"],
];

/** `1 to replace, 4 unchanged. Expected downtime: none.` */
export function summaryLine(plan: Plan): string {
  const byKind = Map.groupBy(plan.changes, (change) => change.kind);
  const counts = summaryWords.flatMap(([kind, words]) => {
    const count = byKind.get(kind)?.length ?? 0;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  if (plan.changes.every((change) => change.kind === "unchanged")) {
    return `Nothing to do: ${plan.changes.length} ${plan.changes.length === 1 ? "workload is" : "workloads are"} as desired.`;
  }
  return `${counts.join(", ")}. Expected downtime: ${downtimeText(plan)}.`;
}

function downtimeText(plan: Plan): string {
  const affected = plan.changes.filter((change) => (change.rollout?.downtimeMs ?? 0) > 0);
  if (affected.length === 0) return "none";
  return affected
    .map((change) => `${change.key} up to ${formatDuration(change.rollout?.downtimeMs ?? 0)}`)
    .join(", ");
}
