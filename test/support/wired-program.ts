import { createApp, daemonProcess, textFiles } from "../../src/app.ts";
import { runCli } from "../../src/cli/cli.ts";
import { plainPaint } from "../../src/lib/paint.ts";
import { readSettings } from "../../src/settings.ts";

/** Runs the program as `main.ts` wires it, in an environment with nothing but these variables. */
export async function runWired(
  argv: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<{ readonly exitCode: number; readonly out: string; readonly err: string }> {
  const printed = { out: "", err: "" };
  const exitCode = await runCli(argv, {
    stdout: (text) => {
      printed.out += text;
    },
    stderr: (text) => {
      printed.err += text;
    },
    interactive: false,
    paint: plainPaint,
    signal: new AbortController().signal,
    version: "1.2.3",
    files: textFiles,
    daemonProcess: async () => daemonProcess,
    createApp: (flags) => createApp(flags, readSettings(variables), () => {}),
  });
  return { exitCode, ...printed };
}
