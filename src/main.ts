import { styleText } from "node:util";
import { runCli } from "./cli/cli.ts";
import type { Runtime } from "./cli/runtime.ts";
import type { Tone } from "./lib/paint.ts";
import { exitCodes } from "./model/errors.ts";
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

/** Older ones lack what the program is written with, and would fail anywhere. */
const oldestNode = 24;

async function main(): Promise<void> {
  if (Number.parseInt(process.versions.node, 10) < oldestNode) {
    process.stderr.write(
      `mysysconfig: needs Node ${oldestNode} or newer, this is ${process.versions.node}\n`,
    );
    process.exitCode = exitCodes.usage;
    return;
  }
  const signal = stopSignal();
  const runtime: Runtime = {
    stdout: (text) => writeTo(process.stdout, text),
    stderr: (text) => writeTo(process.stderr, text),
    // Asking a stream costs as much as making it: only who draws asks.
    get interactive() {
      return process.stderr.isTTY === true;
    },
    paint: (tone, text) =>
      tone === "plain" || !hasColour() ? text : styleText(styles[tone], text, { validateStream: false }),
    signal,
    version,
    files: {
      read: async (path) => (await loadApp()).textFiles.read(path),
      readBytes: async (path) => (await loadApp()).textFiles.readBytes(path),
      write: async (path, text) => (await loadApp()).textFiles.write(path, text),
    },
    daemonProcess: async () => (await loadApp()).daemonProcess,
    createApp: async (flags, warn = (text) => writeTo(process.stderr, `${text}\n`)) =>
      (await loadApp()).createApp(flags, readSettings(processEnvironment()), warn),
  };
  process.exitCode = await runCli(process.argv.slice(2), runtime);
  // Who was told to stop does not stay for a call to the Engine that was given up.
  if (signal.aborted) setTimeout(() => process.exit(), lastWordsMs).unref();
}

/** For what was written to reach its reader. */
const lastWordsMs = 500;

/** Loaded when it is needed: of the modules of Node that it uses some take long to load, and `--help` does without. */
const loadApp = () => import("./app.ts");

const watched = new Set<NodeJS.WriteStream>();

/** A reader that has seen enough (`| head`) closes the pipe; the run goes on without it. */
function writeTo(stream: NodeJS.WriteStream, text: string): void {
  if (!watched.has(stream)) {
    watched.add(stream);
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  stream.write(text);
}

let colour: boolean | undefined;

/** Colour on a terminal, unless `NO_COLOR` (https://no-color.org) is set. */
function hasColour(): boolean {
  colour ??= process.stdout.isTTY === true && !isSet(processEnvironment()["NO_COLOR"]);
  return colour;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}

/** The first SIGTERM or SIGINT stops the run in an orderly way, the second one at once. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) process.exit(1);
      stopping.abort(new Error(`stopped by ${name}`));
    });
  }
  return stopping.signal;
}

main().catch((error: unknown) => {
  process.stderr.write(
    `mysysconfig: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
