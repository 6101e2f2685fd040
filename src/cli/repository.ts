import { ReconcilerError } from "../model/errors.ts";
import type { ConfigRepository } from "../ports.ts";
import type { App, GlobalFlags, RunInputsOfRun, Runtime } from "./runtime.ts";

/** Flags of the commands that write to a configuration repository. */
export interface ReleaseFlags extends GlobalFlags {
  readonly branch?: string;
}

export interface OpenRepository {
  readonly app: App;
  readonly repository: ConfigRepository;
  readonly branch: string;
  /** What chooses the environment and its values: that of the branch. */
  readonly inputs: RunInputsOfRun;
}

/** Opens the repository of `--repo` for as long as it is used; nothing of it stays on disk. */
export async function withRepository<T>(
  flags: ReleaseFlags,
  runtime: Runtime,
  signal: AbortSignal,
  use: (opened: OpenRepository) => Promise<T>,
): Promise<T> {
  const { branch } = flags;
  if (flags.repo === undefined || branch === undefined)
    throw new ReconcilerError("usage", "this command needs --repo and --branch", {
      hint: "write --repo https://git.example.com/ops/config.git --branch develop",
    });
  const app = await runtime.createApp(flags);
  await using repository = await app.repository(signal);
  return await use({ app, repository, branch, inputs: { ...app.inputs, branch } });
}
