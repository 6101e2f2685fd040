import { nearestWord } from "../../lib/suggest.ts";
import type { DesiredState } from "../../model/desired-state.ts";
import { type ExitCode, exitCodes, ReconcilerError } from "../../model/errors.ts";
import type { WorkloadSpec } from "../../model/workload.ts";
import { prepare, runSignal } from "../prepare.ts";
import { redactedStableJson } from "../redacted-json.ts";
import type { App, GlobalFlags, Runtime } from "../runtime.ts";
import { offlineHostName } from "./validate.ts";

/** `show`: the compiled workloads, as specs or as the requests that would be sent to the Engine. */
export async function showCommand(
  names: readonly string[],
  form: string,
  flags: GlobalFlags,
  runtime: Runtime,
): Promise<ExitCode> {
  if (form !== "spec" && form !== "engine" && form !== "swarm") {
    throw new ReconcilerError("usage", `show --as does not know "${form}"`, {
      hint: 'write "spec", "engine" or "swarm"',
    });
  }
  const wired = await runtime.createApp(flags);
  const app: App = form === "swarm" ? { ...wired, inputs: { ...wired.inputs, target: "swarm" } } : wired;
  const options = { hostName: offlineHostName, allowMissingSecrets: true };
  const prepared = await prepare(app, flags, runtime, options, runSignal(flags, runtime));
  if (typeof prepared === "number") return prepared;
  const chosen = choose(names, prepared.desired.workloads);
  const shown = flags.showValues ? chosen : chosen.map(maskEnvironment);
  const printed = await printedAs(form, shown, prepared.desired, app);
  runtime.stdout(`${redactedStableJson(printed, prepared.redact, flags.json ? undefined : 2)}\n`);
  return exitCodes.converged;
}

function choose(names: readonly string[], workloads: readonly WorkloadSpec[]): readonly WorkloadSpec[] {
  if (names.length === 0) return workloads;
  return names.map((name) => {
    const found = workloads.find(
      (workload) => workload.key === name || workload.containerNames.includes(name),
    );
    if (found !== undefined) return found;
    const keys = workloads.map((workload) => workload.key);
    const nearest = nearestWord(name, keys);
    throw new ReconcilerError("usage", `there is no workload "${name}"`, {
      hint: nearest === undefined ? `there are: ${keys.join(", ")}` : `did you mean "${nearest}"?`,
    });
  });
}

function maskEnvironment(workload: WorkloadSpec): WorkloadSpec {
  const environment = Object.fromEntries(
    Object.keys(workload.container.environment).map((name) => [name, "***"]),
  );
  return { ...workload, container: { ...workload.container, environment } };
}

function asSpec(workload: WorkloadSpec): unknown {
  const { positions: _positions, origin, ...spec } = workload;
  return { ...spec, declaredAt: `${origin.file}:${origin.line}` };
}

async function printedAs(
  form: "spec" | "engine" | "swarm",
  shown: readonly WorkloadSpec[],
  desired: DesiredState,
  app: App,
): Promise<unknown> {
  if (form === "engine") return await asEngine(shown, app);
  if (form === "swarm") return await asServices(shown, desired);
  return Object.fromEntries(shown.map((workload) => [workload.key, asSpec(workload)]));
}

/** What a Swarm would be asked to run, without our own labels and with names where the execution puts ids. */
async function asServices(workloads: readonly WorkloadSpec[], desired: DesiredState): Promise<unknown> {
  const { toServiceSpec } = await import("../../swarm/to-service-spec.ts");
  return Object.fromEntries(
    workloads.map((workload) => [workload.key, toServiceSpec(workload, { desired, labels: {} })]),
  );
}

async function asEngine(workloads: readonly WorkloadSpec[], app: App): Promise<unknown> {
  const preview = await app.offlinePreview();
  return Object.fromEntries(workloads.map((workload) => [workload.key, preview.previewCreate(workload)]));
}
