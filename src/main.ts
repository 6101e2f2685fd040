import { styleText } from "node:util";
import { createApp } from "./app.ts";
import { runCli } from "./cli/cli.ts";
import type { Runtime } from "./cli/runtime.ts";
import type { Tone } from "./lib/paint.ts";
import { processEnvironment, readSettings } from "./settings.ts";
import { version } from "./version.ts";

/** Arguments in, exit code out: the only place that knows the process. */
const styles = {
  good: "green",
  bad: "red",
  warn: "yellow",
  dim: "dim",
  bold: "bold",
  plain: "reset",
} as const satisfies Record<Tone, string>;

async function main(): Promise<void> {
  const settings = readSettings(processEnvironment(), process.stdout.isTTY === true);
  const stopping = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) process.exit(1);
      stopping.abort(new Error(`stopped by ${name}`));
    });
  }
  const runtime: Runtime = {
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    interactive: process.stderr.isTTY === true,
    paint: (tone, text) =>
      settings.colour && tone !== "plain" ? styleText(styles[tone], text, { validateStream: false }) : text,
    signal: stopping.signal,
    version,
    createApp: (flags) => createApp(flags, settings),
  };
  process.exitCode = await runCli(process.argv.slice(2), runtime);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `mysysconfig: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
