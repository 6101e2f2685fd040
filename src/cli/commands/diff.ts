import { type Diagnostic, hasErrors } from "../../lib/diagnostic.ts";
import type { DesiredState } from "../../model/desired-state.ts";
import { type ExitCode, exitCodes, ReconcilerError } from "../../model/errors.ts";
import { redactValues } from "../../model/fingerprint.ts";
import { isConvergedPlan, type Plan } from "../../model/plan.ts";
import { shortRevision } from "../../model/revision.ts";
import { formatPlan, summaryLine } from "../../plan/format-plan.ts";
import { planDocument } from "../../plan/plan-document.ts";
import { formatPlanMarkdown } from "../../plan/plan-markdown.ts";
import { type Comparison, compareStates } from "../../reconcile/compare-states.ts";
import { compileRevision } from "../../reconcile/reconcile.ts";
import { jsonFindings } from "../findings-json.ts";
import { countOf, formatDiagnostics, harmless } from "../output.ts";
import { runSignal } from "../prepare.ts";
import { redactedJson } from "../redacted-json.ts";
import type { App, DiffFlags, Runtime } from "../runtime.ts";
import { offlineHostName } from "./validate.ts";

/** The two sides as they were written on the command line. */
export interface DiffSides {
  readonly from: string;
  readonly to: string;
}

/** One side, read and compiled. */
interface CompiledSide {
  readonly text: string;
  readonly desired: DesiredState | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

const formats: readonly string[] = ["text", "markdown", "json"];

/** `diff A B`: what going from one configuration to the other would do, without an Engine. */
export async function diffCommand(sides: DiffSides, flags: DiffFlags, runtime: Runtime): Promise<ExitCode> {
  refuseFormat(flags);
  const app = await runtime.createApp(flags);
  const signal = runSignal(flags, runtime);
  // One after the other, so that of two failures always the same one is told.
  const from = await compileSide(sides.from, app, flags, signal);
  const to = await compileSide(sides.to, app, flags, signal);
  if (from.desired === undefined || to.desired === undefined)
    return reportMistakes([from, to], flags, runtime);
  // Of the earlier configuration nothing can be mended any more.
  if (flags.format !== "json")
    runtime.stderr(formatDiagnostics(prefixed(to), prefixedSources(to), runtime.paint));
  const compared: ComparedSides = { sides, from: from.desired, to: to.desired };
  const comparison = compareStates(compared.from, compared.to);
  runtime.stdout(printed(compared, comparison, flags, runtime));
  return isConvergedPlan(comparison.plan) ? exitCodes.converged : exitCodes.pending;
}

function refuseFormat({ format, json }: DiffFlags): void {
  if (!formats.includes(format))
    throw new ReconcilerError("usage", `diff --format does not know "${format}"`, {
      hint: `write one of: ${formats.join(", ")}`,
    });
  if (json && format !== "json")
    throw new ReconcilerError("usage", `diff cannot print both --json and --format ${format}`, {
      hint: "leave one of the two out",
    });
}

/** Values of secrets are not needed: both sides get the same ones, or the same placeholders. */
async function compileSide(
  text: string,
  app: App,
  { config, repository }: DiffFlags,
  signal: AbortSignal,
): Promise<CompiledSide> {
  const place = {
    ...(config === undefined ? {} : { folder: config }),
    ...(repository === undefined ? {} : { repository }),
  };
  const source = await app.resolveSide(text, place, signal);
  // The branch that is baked into this program's own image says nothing about what is compared.
  const { branch: _own, ...inputs } = app.inputs;
  const options = { hostName: offlineHostName, allowMissingSecrets: true };
  const { value, diagnostics, sources } = await compileRevision(source, inputs, options, signal);
  return { text, desired: hasErrors(diagnostics) ? undefined : value, diagnostics, sources };
}

function reportMistakes(sides: readonly CompiledSide[], flags: DiffFlags, runtime: Runtime): ExitCode {
  const broken = sides.filter(({ diagnostics }) => hasErrors(diagnostics));
  if (flags.format === "json") {
    const diagnostics = broken.flatMap((side) =>
      jsonFindings(side.diagnostics).map((finding) => ({ side: side.text, ...finding })),
    );
    runtime.stdout(`${JSON.stringify({ version: 1, valid: false, diagnostics })}\n`);
    return exitCodes.invalidConfiguration;
  }
  for (const side of broken)
    runtime.stderr(formatDiagnostics(prefixed(side), prefixedSources(side), runtime.paint));
  const errors = broken.flatMap((side) => prefixed(side).filter(({ severity }) => severity === "error"));
  const files = new Set(errors.map(({ position }) => position.file)).size;
  const code = exitCodes.invalidConfiguration;
  runtime.stderr(
    `${countOf(errors.length, "mistake")} in ${countOf(files, "file")}; nothing was compared. (exit ${code})\n`,
  );
  return code;
}

/** `develop:units/web.service`, as Git writes a file of a revision. */
function sideFile({ text }: CompiledSide, file: string): string {
  return `${text}:${file}`;
}

function prefixed(side: CompiledSide): readonly Diagnostic[] {
  return side.diagnostics.map((diagnostic) => {
    const { position } = diagnostic;
    return { ...diagnostic, position: { ...position, file: sideFile(side, position.file) } };
  });
}

function prefixedSources(side: CompiledSide): ReadonlyMap<string, string> {
  return new Map([...side.sources].map(([file, text]) => [sideFile(side, file), text]));
}

interface ComparedSides {
  readonly sides: DiffSides;
  readonly from: DesiredState;
  readonly to: DesiredState;
}

function printed(
  compared: ComparedSides,
  { plan, verdict, settings }: Comparison,
  { format, showValues }: DiffFlags,
  { paint }: Runtime,
): string {
  const { from, to, sides } = compared;
  const secretValues = [...new Set([...from.secretValues, ...to.secretValues])];
  const redact = (text: string) => redactValues(text, secretValues);
  const summary = summaryOf(plan, to);
  const remarks = [
    ...settings.map((line) => `for later runs: ${line}`),
    ...verdict.violations.map(({ message }) => `apply would refuse this: ${message}`),
  ];
  if (format === "json") {
    const document = planDocument(plan, to.revision, to.environment, showValues) as object;
    const ends = { from: sideDocument(sides.from, from), to: sideDocument(sides.to, to) };
    const whole = { ...document, ...ends, settings, refused: verdict.violations };
    return `${redactedJson(whole, redact)}\n`;
  }
  const title = titleOf(from, to);
  if (format === "markdown") return formatPlanMarkdown(plan, { title, summary, showValues, redact, remarks });
  const text = isConvergedPlan(plan) ? summary : formatPlan(plan, { paint, redact, showValues, steps: true });
  const lines = [paint("bold", title), "", text, ...remarks.map((line) => paint("warn", line))];
  return `${redact(lines.join("\n"))}\n`;
}

/** Settings may have changed all the same: this speaks of what runs. */
function summaryOf(plan: Plan, { workloads }: DesiredState): string {
  if (!isConvergedPlan(plan)) return summaryLine(plan);
  return `Nothing that runs would change: ${countOf(workloads.length, "workload")}.`;
}

/** `develop @ 3f2c1ab → 9ab12cd "subject"`; what differs beside the revision is said on both sides. */
function titleOf(from: DesiredState, to: DesiredState): string {
  const areOfOneProject = from.environment.project === to.environment.project;
  const nameOf = ({ environment: { project, name } }: DesiredState) =>
    areOfOneProject ? name : `${project}/${name}`;
  const [before, after] = [nameOf(from), nameOf(to)];
  const target = before === after ? shortRevision(to.revision) : `${after} @ ${shortRevision(to.revision)}`;
  const subject = to.revision.subject === undefined ? "" : ` "${harmless(to.revision.subject)}"`;
  return `${before} @ ${shortRevision(from.revision)} → ${target}${subject}`;
}

function sideDocument(text: string, { revision, environment }: DesiredState): unknown {
  const { id, branch, subject, source } = revision;
  return { name: text, environment: environment.name, revision: id, branch, subject, source };
}
