import { stableJson } from "../lib/stable-json.ts";
import { ReconcilerError } from "../model/errors.ts";
import { contentHash, workloadFingerprint } from "../model/fingerprint.ts";
import { formatPlan, plainFormat } from "../plan/format-plan.ts";
import { planDocument } from "../plan/plan-document.ts";
import type { PlannedRun } from "../reconcile/reconcile.ts";
import { redactedStableJson } from "./redacted-json.ts";
import type { TextFiles } from "./runtime.ts";

/**
 * A plan that somebody looked at. It is not carried out from the file: it is made again from what is there, and must be
 * the same. So the file needs no secret, and whoever changes it gains nothing.
 */
export interface SavedPlan {
  readonly version: 1;
  readonly project: string;
  readonly environment: string;
  readonly revision: string;
  /** Hash of the desired state. */
  readonly desired: string;
  /** Hash of the containers that were there: their ids, names, states and settings. */
  readonly actual: string;
  /** The plan as text, without ids. */
  readonly text: string;
}

/** What of a run is saved and compared. */
export type SavedRun = Pick<PlannedRun, "plan" | "desired" | "actual">;

const version = 1;

/** Writes the plan with everything that `apply FILE` compares, and the document of `plan --json` for people. */
export async function writeSavedPlan(
  path: string,
  run: SavedRun,
  redact: (text: string) => string,
  files: TextFiles,
): Promise<void> {
  const { plan, desired } = run;
  const document = planDocument(plan, desired.revision, desired.environment, false);
  const text = `${redactedStableJson({ ...savedPlan(run, redact), plan: document }, redact, 1)}\n`;
  try {
    await files.write(path, text);
  } catch (cause) {
    throw new ReconcilerError("usage", `write the plan to "${path}": ${(cause as Error).message}`, { cause });
  }
}

export async function readSavedPlan(path: string, files: TextFiles): Promise<SavedPlan> {
  const what = `read the plan "${path}"`;
  let text: string;
  try {
    text = await files.read(path);
  } catch (cause) {
    throw new ReconcilerError("usage", `${what}: ${(cause as Error).message}`, {
      hint: "apply takes a file that plan --out has written",
      cause,
    });
  }
  const parsed = parse(text);
  if (parsed !== undefined) return parsed;
  throw new ReconcilerError("usage", `${what}: it is no saved plan of this version`, {
    hint: "make one with mysysconfig plan --out FILE",
  });
}

function parse(text: string): SavedPlan | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const found = value as Record<string, unknown>;
  const keys = ["project", "environment", "revision", "desired", "actual", "text"] as const;
  if (found["version"] !== version || keys.some((key) => typeof found[key] !== "string")) return undefined;
  return found as unknown as SavedPlan;
}

/**
 * Refuses to carry out what nobody has looked at.
 *
 * @throws ReconcilerError `plan-stale` that says what is different
 */
export function refuseStalePlan(saved: SavedPlan, run: SavedRun, redact: (text: string) => string): void {
  const now = savedPlan(run, redact);
  const different = differences(saved, now);
  if (different === undefined) return;
  throw new ReconcilerError("plan-stale", `the saved plan no longer holds: ${different}`, {
    hint: "nothing was changed; make a new plan with plan --out and look at it",
  });
}

function differences(saved: SavedPlan, now: SavedPlan): string | undefined {
  if (saved.project !== now.project || saved.environment !== now.environment)
    return `it is for ${saved.project}/${saved.environment}, this is ${now.project}/${now.environment}`;
  if (saved.desired !== now.desired)
    return `the configuration changed (${saved.revision.slice(0, 7)} then, ${now.revision.slice(0, 7)} now)`;
  if (saved.actual !== now.actual) return "containers or services changed since";
  return saved.text === now.text ? undefined : "it would do something else now";
}

function savedPlan({ plan, desired, actual }: SavedRun, redact: (text: string) => string): SavedPlan {
  const { environment, revision, secretValues } = desired;
  const specs = desired.workloads.map((workload) => [
    workload.key,
    workloadFingerprint(workload, secretValues),
  ]);
  const containers = actual.containers.map(({ id, name, state, record }) => [
    id,
    name,
    state.status,
    record.fingerprint,
  ]);
  const services = actual.swarm?.services.flatMap(({ id, version: at, ownership, update }) =>
    ownership.kind === "owned" ? [[id, at, update?.state]] : [],
  );
  return {
    version,
    project: environment.project,
    environment: environment.name,
    revision: revision.id,
    desired: contentHash([stableJson(specs), stableJson(environment)]),
    actual: contentHash([stableJson(services ?? containers)]),
    text: redact(formatPlan(plan, { ...plainFormat, redact })),
  };
}
