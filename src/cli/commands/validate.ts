import { type ExitCode, exitCodes } from "../../model/errors.ts";
import { jsonFindings } from "../findings-json.ts";
import { countOf } from "../output.ts";
import { prepare, runSignal } from "../prepare.ts";
import type { GlobalFlags, Runtime } from "../runtime.ts";

/** Any name does where no Engine is asked. */
export const offlineHostName = "engine-host";

/** `validate`: all mistakes of all files at once, without an Engine. */
export async function validateCommand(flags: GlobalFlags, runtime: Runtime): Promise<ExitCode> {
  const app = await runtime.createApp(flags);
  const options = { hostName: offlineHostName, allowMissingSecrets: true };
  const prepared = await prepare(app, flags, runtime, options, runSignal(flags, runtime));
  if (typeof prepared === "number") return prepared;
  const { desired, warnings } = prepared;
  if (flags.json) {
    const document = {
      version: 1,
      valid: true,
      environment: desired.environment.name,
      workloads: desired.workloads.map((workload) => workload.key),
      diagnostics: jsonFindings(warnings),
    };
    runtime.stdout(`${JSON.stringify(document)}\n`);
  } else {
    const objects = `${countOf(desired.networks.length, "network")}, ${countOf(desired.volumes.length, "volume")}`;
    runtime.stdout(
      `Valid: ${countOf(desired.workloads.length, "workload")}, ${objects} in environment ${desired.environment.name}.\n`,
    );
  }
  return exitCodes.converged;
}
