/** The program whose runs meet faults. */
import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../deploy/lab/command.ts";
import { labDir, repositoryRoot } from "../../deploy/lab/paths.ts";

/** How the program is started; its own arguments follow. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** As it is in the working copy. */
export const programFromSource: Program = {
  file: process.execPath,
  args: [join(repositoryRoot, "src", "main.ts")],
  environment: { NODE_COMPILE_CACHE: join(labDir(), "compile-cache"), HOME: "/nonexistent" },
};

/** A folder of this very process. */
export const runDir = () => join(labDir(), "runs", `faults-${process.pid}`);

/** Builds the program as it is shipped: one file, with its compile cache filled by the first runs. */
export async function buildProgram(): Promise<Program & AsyncDisposable> {
  const dir = runDir();
  await mkdir(dir, { recursive: true });
  await runCommand(process.execPath, [join(repositoryRoot, "deploy", "build", "bundle.ts")]);
  // A copy: whoever builds again meanwhile does not disturb.
  const bundle = join(dir, "mysysconfig.cjs");
  await copyFile(join(repositoryRoot, "dist", "mysysconfig.cjs"), bundle);
  return {
    file: process.execPath,
    args: [bundle],
    environment: { NODE_COMPILE_CACHE: join(dir, "compile-cache"), HOME: "/nonexistent" },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}
