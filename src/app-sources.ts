import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { App, GlobalFlags } from "./cli/runtime.ts";
import { systemClock } from "./clock.ts";
import { ReconcilerError } from "./model/errors.ts";
import type {
  ConfigRepository,
  ConfigSource,
  ImageStore,
  RevisionReader,
  SourceKind,
  SourcePlace,
} from "./ports.ts";
import type { Settings } from "./settings.ts";

/** Where configurations come from: which adapter stands behind which option. */

/** The configuration is the one beside the program, or in the working folder: none was named. */
export const isOwn = ({ config, image, repo }: GlobalFlags) => (config ?? image ?? repo) === undefined;

/** Says to people what they should know about where a configuration came from. */
export type Warn = (text: string) => void;

export async function openSource(
  flags: GlobalFlags,
  settings: Settings,
  connect: App["connect"],
  warn: Warn,
): Promise<ConfigSource> {
  const { config, image, repo, noPull } = flags;
  const named = Object.entries({ "--config": config, "--image": image, "--repo": repo });
  const given = named.flatMap(([option, value]) => (value === undefined ? [] : [option]));
  if (given.length > 1)
    throw new ReconcilerError("usage", `${given.join(" and ")} name several configurations`, {
      hint: "leave only one of them",
    });
  if (repo !== undefined) {
    const { BranchSource } = await import("./git/branch-source.ts");
    return new BranchSource(
      (signal) => openRepositoryOf(flags, settings, signal),
      () => neededBranch(flags),
    );
  }
  if (image !== undefined) {
    const { ImageSource } = await import("./source/image-source.ts");
    return new ImageSource(image, (use, signal) => withImages(connect, use, signal), warn, noPull !== true);
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

export async function openRepositoryOf(
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

/** How a side of `diff` can be named; a text that could mean several things is the first of them. */
export async function sourceKinds(
  flags: GlobalFlags,
  settings: Settings,
  connect: App["connect"],
  warn: Warn,
): Promise<readonly SourceKind[]> {
  const { folderKind } = await import("./source/folder-kind.ts");
  const { imageKind } = await import("./source/image-kind.ts");
  const { revisionKind } = await import("./git/revision-kind.ts");
  return [
    folderKind,
    imageKind((use, signal) => withImages(connect, use, signal), warn),
    revisionKind((place, signal) => openPlace(place, flags, settings, signal)),
  ];
}

async function openPlace(
  { repository, folder = "." }: SourcePlace,
  flags: GlobalFlags,
  settings: Settings,
  signal: AbortSignal,
): Promise<RevisionReader> {
  if (repository !== undefined)
    return await openRepositoryOf({ ...flags, repo: repository }, settings, signal);
  const { openLocalRepository } = await import("./git/local-repository.ts");
  return await openLocalRepository(folder, { environment: settings.git.environment }, signal);
}

/**
 * The last commit of the clone whose root the folder is; `undefined` where there is none. Where a clone came from is
 * what the settings say: the path of its folder tells nobody.
 */
export async function committedSource(
  flags: GlobalFlags,
  settings: Settings,
): Promise<ConfigSource | undefined> {
  const { config = "." } = flags;
  const isRoot = await stat(join(config, ".git")).then(
    () => true,
    () => false,
  );
  if (!isRoot) return undefined;
  const { BranchSource } = await import("./git/branch-source.ts");
  const clone = new BranchSource(
    (signal) => openPlace({ folder: config }, flags, settings, signal),
    () => "HEAD",
  );
  const { source } = settings.baked;
  return {
    async resolveRevision(signal) {
      const { source: _folder, ...revision } = await clone.resolveRevision(signal);
      return source === undefined ? revision : { ...revision, source };
    },
    readTree: (revision, signal) => clone.readTree(revision, signal),
  };
}
