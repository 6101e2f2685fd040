import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { App, GlobalFlags, TextFiles } from "./cli/runtime.ts";
import { ReconcilerError } from "./model/errors.ts";
import type { Clock, ConfigRepository, ConfigSource, ImageStore } from "./ports.ts";
import type { Settings } from "./settings.ts";

/** Wires ports to adapters. Adapters are loaded when they are needed, to keep the start of small commands short. */
export async function createApp(flags: GlobalFlags, settings: Settings): Promise<App> {
  const environment = flags.environment ?? settings.environment;
  // What was baked into the image that runs says nothing about a configuration from elsewhere.
  const branch = flags.branch ?? (isOwn(flags) ? settings.baked.branch : undefined);
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
    async resolveSide(text, place, signal) {
      const { folderKind } = await import("./source/folder-kind.ts");
      const { findSource } = await import("./cli/find-source.ts");
      return findSource(text, [folderKind], place, signal);
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
    repository: (signal) => openRepositoryOf(flags, settings, signal),
    async offlinePreview() {
      const { offlinePreview } = await import("./docker/preview.ts");
      return offlinePreview();
    },
  };
}

/** The configuration is the one beside the program, or in the working folder: none was named. */
const isOwn = ({ config, image, repo }: GlobalFlags) => (config ?? image ?? repo) === undefined;

async function openSource(
  flags: GlobalFlags,
  settings: Settings,
  connect: App["connect"],
): Promise<ConfigSource> {
  const { config, image, repo } = flags;
  const named = Object.entries({ "--config": config, "--image": image, "--repo": repo });
  const given = named.flatMap(([option, value]) => (value === undefined ? [] : [option]));
  if (given.length > 1)
    throw new ReconcilerError("usage", `${given.join(" and ")} name several configurations`, {
      hint: "leave only one of them",
    });
  if (repo !== undefined) {
    const { BranchSource } = await import("./git/branch-source.ts");
    return new BranchSource((signal) => openRepositoryOf(flags, settings, signal), neededBranch(flags));
  }
  if (image !== undefined) {
    const { ImageSource } = await import("./source/image-source.ts");
    return new ImageSource(image, (use, signal) => withImages(connect, use, signal));
  }
  const { FolderSource } = await import("./source/folder-source.ts");
  return config === undefined
    ? new FolderSource(settings.configDir, settings.baked)
    : new FolderSource(config);
}

async function withImages<T>(
  connect: App["connect"],
  use: (store: ImageStore) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const backend = await connect(signal);
  try {
    return await use(backend.imageStore());
  } finally {
    await backend.close();
  }
}

function neededBranch({ branch }: GlobalFlags): string {
  if (branch !== undefined) return branch;
  throw new ReconcilerError("usage", "--repo needs --branch", { hint: "write --branch develop" });
}

async function openRepositoryOf(
  { repo, allowFileProtocol = false }: GlobalFlags,
  { git }: Settings,
  signal: AbortSignal,
): Promise<ConfigRepository> {
  if (repo === undefined)
    throw new ReconcilerError("usage", "this command needs --repo and --branch", {
      hint: "write --repo https://git.example.com/ops/config.git --branch develop",
    });
  const { openRepository } = await import("./git/remote-repository.ts");
  const { environment, author, ...credentials } = git;
  const options = {
    ...{ credentials, environment, allowFileProtocol },
    ...{ clock: systemClock, random: Math.random },
    ...(author === undefined ? {} : { author }),
  };
  return await openRepository(repo, options, signal);
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
