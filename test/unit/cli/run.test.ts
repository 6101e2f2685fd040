import { expect, test } from "vitest";
import { runCommand } from "../../../src/cli/commands/run.ts";
import type { App, Runtime } from "../../../src/cli/runtime.ts";
import { systemClock } from "../../../src/clock.ts";
import { plainPaint } from "../../../src/lib/paint.ts";
import { ReconcilerError } from "../../../src/model/errors.ts";

const canary = "s3cr3t/canary+of+this+test";
const flags = { json: true, showValues: false, listen: "127.0.0.1:0" };

test("a secret in an error must be shown neither at /readyz nor in the last words of run", async () => {
  const lost = Promise.withResolvers<string>();
  const listening = Promise.withResolvers<string>();
  const failing = Promise.withResolvers<void>();
  const output: string[] = [];
  const app = {
    ...{ inputs: { variables: new Map(), mountedValues: new Map(), secrets: new Map([["TOKEN", canary]]) } },
    ...{ credentials: [], clock: systemClock },
    connect: async () => {
      throw new ReconcilerError("engine-unreachable", `nobody answers to ${canary}`);
    },
    engineLost: async () => {
      failing.resolve();
      return await lost.promise;
    },
  } as Partial<App> as App;
  const runtime = {
    stdout: (text) => {
      output.push(text);
      const address = /127\.0\.0\.1:\d+/.exec(text);
      if (address !== null) listening.resolve(address[0]);
    },
    ...{ paint: plainPaint, signal: new AbortController().signal, version: "1.2.3" },
    createApp: async () => app,
    daemonProcess: async () => ({
      ...{ clock: systemClock, random: () => 0, isWatched: false },
      usage: () => ({ residentBytes: 1, heapBytes: 1, activeTimers: 1 }),
    }),
  } as Partial<Runtime> as Runtime;
  const ended = runCommand(flags, runtime).catch((error: unknown) => error);
  await failing.promise;
  await expect
    .poll(async () => await (await fetch(`http://${await listening.promise}/readyz`)).json())
    .toEqual({ ok: false, reason: "nobody answers to ***" });
  lost.resolve(`the socket of ${canary} is gone`);
  const error = (await ended) as ReconcilerError;
  expect([error.code, error.message, error.cause]).toEqual([
    ...["engine-unreachable", "the socket of *** is gone", undefined],
  ]);
  expect(output.join("")).toContain("nobody answers to ***");
  expect(output.join("")).not.toContain(canary);
});
