import { formatDuration } from "../../lib/duration.ts";
import { alignColumns, type Paint, type Tone } from "../../lib/paint.ts";
import type { ActualContainer } from "../../model/actual-state.ts";
import type { Change, TimerView } from "../../model/change.ts";
import { type ExitCode, exitCodes } from "../../model/errors.ts";
import { parseRoleName } from "../../model/ownership.ts";
import { isConvergedPlan } from "../../model/plan.ts";
import { instanceKey, type WorkloadSpec } from "../../model/workload.ts";
import { type PlannedRun, planRun } from "../../reconcile/reconcile.ts";
import { harmless } from "../output.ts";
import { planInput, withConfiguration } from "../planned-run.ts";
import { headline } from "../prepare.ts";
import { redactedJson } from "../redacted-json.ts";
import type { GlobalFlags, Runtime } from "../runtime.ts";
import { serviceStatus } from "../service-status.ts";

export interface WorkloadStatus {
  readonly key: string;
  readonly container: string;
  /** `running (healthy)`, `exited (1)`, `not there` */
  readonly state: string;
  readonly image: string;
  /** What the next run would do, or why it would not. */
  readonly note: string;
  readonly kind: Change["kind"];
  /** Of a job with a timer: its next run and its last one. */
  readonly timer?: TimerView;
  /** The previous build, as long as `rollback` can bring it back at once. */
  readonly previous?: { readonly image: string; readonly forMs: number };
}

/** `status`: what runs, and how far that is from what should. */
export async function statusCommand(flags: GlobalFlags, runtime: Runtime): Promise<ExitCode> {
  return withConfiguration(flags, runtime, async (command) => {
    const input = planInput(
      { ...flags, yes: false, adopt: [], retry: [], recreate: [], rollback: false },
      command,
    );
    const run = await planRun(input, command.deps, command.signal);
    const workloads = statusOf(run);
    if (flags.json)
      runtime.stdout(`${redactedJson({ version: 1, workloads, notice: run.notice }, command.redact)}\n`);
    else {
      const said = run.notice === undefined ? "" : `${runtime.paint("warn", run.notice)}\n`;
      const head = headline(run.desired, run.actual, runtime);
      runtime.stdout(command.redact(`${head}${said}\n${formatStatus(workloads, runtime.paint)}`));
    }
    return isConvergedPlan(run.plan) ? exitCodes.converged : exitCodes.failed;
  });
}

function statusOf(run: PlannedRun): readonly WorkloadStatus[] {
  const { desired, actual, plan } = run;
  if (actual.swarm !== undefined) return serviceStatus(run, actual.swarm);
  const changes = new Map(plan.changes.map((change) => [change.key, change]));
  const { retentionMs } = desired.environment.rollout;
  return desired.workloads.flatMap((workload) =>
    workload.containerNames.map((name, index): WorkloadStatus => {
      const key = instanceKey(workload, index);
      const mine = actual.containers.filter(
        ({ record }) => record.workload === workload.key && (record.replica ?? 1) === index + 1,
      );
      const serving = mine.find((container) => container.name === name);
      const previous = mine.find((container) => parseRoleName(container.name).role === "previous");
      const change = changes.get(key);
      const keptMs =
        previous === undefined
          ? 0
          : retentionMs - (Date.parse(actual.engine.systemTime) - Date.parse(previous.state.finishedAt));
      return {
        key,
        container: name,
        state: stateText(serving, workload),
        image: serving?.spec.image ?? workload.container.image,
        note: noteOf(change),
        kind: change?.kind ?? "unchanged",
        ...(change?.timer === undefined ? {} : { timer: change.timer }),
        ...(previous === undefined || keptMs <= 0
          ? {}
          : { previous: { image: previous.spec.image, forMs: keptMs } }),
      };
    }),
  );
}

/** What is as desired says only when it runs. */
export function noteOf(change: Change | undefined): string {
  if (change === undefined) return "";
  if (change.kind !== "unchanged") return change.cause;
  return change.timer === undefined ? "" : change.notes.join("; ");
}

function stateText(container: ActualContainer | undefined, { timer }: WorkloadSpec): string {
  if (container === undefined) return "not there";
  const { status, health, exitCode } = container.state;
  if (status === "created" && timer !== undefined) return "armed";
  if (status === "exited") return `exited (${exitCode})`;
  return health === undefined ? status : `${status} (${health})`;
}

const tones: Partial<Record<Change["kind"], Tone>> = {
  unchanged: "good",
  held: "warn",
  blocked: "bad",
  "set-aside": "bad",
};

function formatStatus(workloads: readonly WorkloadStatus[], paint: Paint): string {
  const rows = workloads.map(({ key, state, image, note, kind, previous }) => [
    `  ${paint(tones[kind] ?? "warn", kind === "unchanged" ? "✓" : kind === "held" ? "=" : "!")} ${key}`,
    state,
    image,
    harmless(note),
    previous === undefined
      ? ""
      : paint(
          "dim",
          `previous ${previous.image} kept for ${formatDuration(Math.round(previous.forMs / 60_000) * 60_000)}`,
        ),
  ]);
  return `${alignColumns(rows).join("\n")}\n`;
}
