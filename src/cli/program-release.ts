import type { ExitCode } from "../model/errors.ts";
import { bakeFlags, type ParsedOptions, parseCount } from "./options.ts";
import type { AddCommand } from "./program.ts";
import type { Runtime } from "./runtime.ts";

/** The CI side: what makes and moves builds, images and releases. */
export function addReleaseCommands(
  add: AddCommand,
  runtime: Runtime,
  setExit: (code: ExitCode) => void,
): void {
  add("bake", "make the image of the whole system: validated, rendered, every image locked")
    .option("--name <image>", "name of the image, without a tag", "mysysconfig")
    .option("--base <image>", "image of the tool (default: mysysconfig and the tool's version)")
    .option("--build <number>", "also tag it <number>-<branch>", parseCount)
    .option("--push", "push the image under all its tags")
    .option("--local", "lock the images that the Engine has, by id, and ask no registry")
    .action(async (options: ParsedOptions) => {
      const { bakeCommand } = await import("./commands/bake.ts");
      setExit(await bakeCommand(bakeFlags(options), runtime));
    });
}
