import { expect, test } from "vitest";
import { daemonProcess, textFiles } from "../../../src/app.ts";
import { runCli } from "../../../src/cli/cli.ts";
import { plainPaint } from "../../../src/lib/paint.ts";
import { ReconcilerError } from "../../../src/model/errors.ts";

test("run must write nothing to standard error that a source warns of: its log tells it", async () => {
  const stopping = new AbortController();
  const printed: string[] = [];
  let opened = 0;
  const exitCode = await runCli(["run", "--listen", "127.0.0.1:0", "--json"], {
    stdout: () => {},
    stderr: (text) => void printed.push(text),
    interactive: false,
    paint: plainPaint,
    signal: stopping.signal,
    version: "1.2.3",
    files: textFiles,
    daemonProcess: async () => daemonProcess,
    createApp: async (_flags, warn = (text) => void printed.push(text)) => {
      opened += 1;
      warn("the registry is away");
      stopping.abort(new Error("stopped by SIGTERM"));
      throw new ReconcilerError("engine-unreachable", "nobody answers");
    },
  });
  expect(opened).toBeGreaterThan(0);
  expect([exitCode, printed]).toEqual([0, []]);
});
