import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { App, GlobalFlags, TextFiles } from "./cli/runtime.ts";
import { ReconcilerError } from "./model/errors.ts";
import type { Clock, ConfigSource } from "./ports.ts";
import type { Settings } from "./settings.ts";

/** Wires ports to adapters. Adapters are loaded when they are needed, to keep the start of small commands short. */
export async function createApp(flags: GlobalFlags, settings: Settings): Promise<App> {
  const environment = flags.environment ?? settings.environment;
  // What was baked into the image that runs says nothing about a configuration from elsewhere.
  const branch = isOwn(flags) ? settings.baked.branch : undefined;
  const connect = async (signal: AbortSignal) => {
    // The Docker client parses tcp:// addresses with a deprecated function; the warning would land among the progress.
    process.noDeprecation = true;
    const { connectEngine } = await import("./docker/engine-backend.ts");
    return connectEngine(settings.docker, signal);
  };
  return {
    source: await openSource(flags, settings, connect),
    inputs: {
      ...(environment === undefined ? {} : { environment }),
      ...(branch === undefined ? {} : { branch }),
      variables: settings.variables,
      mountedValues: settings.mountedValues,
      secrets: settings.secrets,
    },
    actor: settings.actor,
    clock: systemClock,
    newTxn: () => randomBytes(4).toString("hex"),
    connect,
    async registry(signal) {
      const { openImageRegistry } = await import("./registry/open-registry.ts");
      const { configDir } = settings.docker;
      const configPath = configDir === undefined ? {} : { configPath: join(configDir, "config.json") };
      return openImageRegistry({ clock: systemClock, ...settings.registry, ...configPath }, signal);
    },
    async offlinePreview() {
      const { offlinePreview } = await import("./docker/preview.ts");
      return offlinePreview();
    },
  };
}

/** The configuration is the one beside the program, or in the working folder: none was named. */
const isOwn = ({ config, image }: GlobalFlags) => config === undefined && image === undefined;

async function openSource(
  flags: GlobalFlags,
  settings: Settings,
  connect: App["connect"],
): Promise<ConfigSource> {
  const { config, image } = flags;
  if (config !== undefined && image !== undefined)
    throw new ReconcilerError("usage", "--config and --image name two configurations", {
      hint: "leave one of them out",
    });
  if (image !== undefined) {
    const { ImageSource } = await import("./source/image-source.ts");
    return new ImageSource(image, async (use, signal) => {
      const backend = await connect(signal);
      try {
        return await use(backend.imageStore());
      } finally {
        await backend.close();
      }
    });
  }
  const { FolderSource } = await import("./source/folder-source.ts");
  return config === undefined
    ? new FolderSource(settings.configDir, settings.baked)
    : new FolderSource(config);
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
