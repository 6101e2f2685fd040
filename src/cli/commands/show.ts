import { nearestWord } from "../../lib/suggest.ts";
import type { DesiredState } from "../../model/desired-state.ts";
import { type ExitCode, exitCodes, ReconcilerError } from "../../model/errors.ts";
import type { WorkloadSpec } from "../../model/workload.ts";
import { type Prepared, prepare, runSignal } from "../prepare.ts";
import { redactedStableJson } from "../redacted-json.ts";
import type { App, GlobalFlags, Runtime } from "../runtime.ts";
import { offlineHostName } from "./validate.ts";

/** `show`: the compiled workloads, as specs, as the requests that would be sent, or as units of systemd. */
export async function showCommand(
  names: readonly string[],
  form: string,
  flags: GlobalFlags,
  runtime: Runtime,
): Promise<ExitCode> {
  if (form !== "spec" && form !== "engine" && form !== "swarm" && form !== "systemd") {
    throw new ReconcilerError("usage", `show --as does not know "${form}"`, {
      hint: 'write "spec", "engine", "swarm" or "systemd"',
    });
  }
  const wired = await runtime.createApp(flags);
  const target = form === "swarm" ? "swarm" : form === "systemd" ? "engine" : undefined;
  const app: App = target === undefined ? wired : { ...wired, inputs: { ...wired.inputs, target } };
  const options = { hostName: offlineHostName, allowMissingSecrets: true };
  const prepared = await prepare(app, flags, runtime, options, runSignal(flags, runtime));
  if (typeof prepared === "number") return prepared;
  const chosen = choose(names, prepared.desired.workloads);
  const shown = flags.showValues ? chosen : chosen.map(maskEnvironment);
  if (form === "systemd") {
    await printUnits(shown, prepared, flags, runtime);
    return exitCodes.converged;
  }
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

/** Units one after the other, each under its name; as JSON a mapping of names to texts. */
async function printUnits(
  shown: readonly WorkloadSpec[],
  { desired, rendered, redact }: Prepared,
  flags: GlobalFlags,
  runtime: Runtime,
): Promise<void> {
  const { installableUnits } = await import("../../desired/installable-units.ts");
  const units = installableUnits(shown, desired, rendered);
  if (flags.json) {
    const texts = Object.fromEntries(units.map(({ name, text }) => [name, text]));
    runtime.stdout(`${redactedStableJson(texts, redact)}\n`);
    return;
  }
  const texts = units.map(({ name, text }) => (units.length === 1 ? text : `# ---- ${name}\n${text}`));
  const isMasked = texts.some((text) => /^ {4}--env .*=\*\*\*/m.test(text));
  const note = isMasked ? "# Values are masked; --show-values shows those that are not secret.\n\n" : "";
  runtime.stdout(redact(`${note}${texts.join("\n")}`));
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
