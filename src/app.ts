import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { App, GlobalFlags, TextFiles } from "./cli/runtime.ts";
import type { Clock } from "./ports.ts";
import type { Settings } from "./settings.ts";

/** Wires ports to adapters. Adapters are loaded when they are needed, to keep the start of small commands short. */
export async function createApp(flags: GlobalFlags, settings: Settings): Promise<App> {
  const { FolderSource } = await import("./source/folder-source.ts");
  const environment = flags.environment ?? settings.environment;
  return {
    source:
      flags.config === undefined
        ? new FolderSource(settings.configDir, settings.baked)
        : new FolderSource(flags.config),
    inputs: {
      ...(environment === undefined ? {} : { environment }),
      ...(settings.baked.branch === undefined ? {} : { branch: settings.baked.branch }),
      variables: settings.variables,
      mountedValues: settings.mountedValues,
      secrets: settings.secrets,
    },
    async resolveSide(text, place, signal) {
      const { folderKind } = await import("./source/folder-kind.ts");
      const { findSource } = await import("./cli/find-source.ts");
      return findSource(text, [folderKind], place, signal);
    },
    actor: settings.actor,
    clock: systemClock,
    newTxn: () => randomBytes(4).toString("hex"),
    async connect(signal) {
      // The Docker client parses tcp:// addresses with a deprecated function; the warning would land among the progress.
      process.noDeprecation = true;
      const { connectEngine } = await import("./docker/engine-backend.ts");
      return connectEngine(settings.docker, signal);
    },
    async offlinePreview() {
      const { offlinePreview } = await import("./docker/preview.ts");
      return offlinePreview();
    },
  };
}

const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  now: () => new Date(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};

/** Files that are named on the command line. */
export const textFiles: TextFiles = {
  read: (path) => readFile(path, "utf8"),
  write: (path, text) => writeFile(path, text, { mode: 0o600 }),
};
