import { type Command, InvalidArgumentError } from "commander";
import type { ExitCode } from "../model/errors.ts";
import type { BakeFlags } from "./commands/bake.ts";
import type { BuildsFlags } from "./commands/builds.ts";
import type { SubmitFlags } from "./commands/submit.ts";
import { globalFlags, type ParsedOptions, parseCount } from "./options.ts";
import type { AddCommand } from "./program.ts";
import type { Runtime } from "./runtime.ts";

/** Options of the commands of the CI side, as the parser gives them. */
interface ReleaseOptions extends ParsedOptions {
  tag?: string;
  digest?: string;
  imageName?: string;
  value?: string[];
  keepTemplate?: boolean;
  allowDowngrade?: boolean;
  update?: boolean;
  skipFailed?: boolean;
  name?: string;
  base?: string;
  build?: number;
  push?: boolean;
  local?: boolean;
}

/** The CI side: what makes and moves builds, images and releases. */
export function addReleaseCommands(
  add: AddCommand,
  runtime: Runtime,
  setExit: (code: ExitCode) => void,
): void {
  addTagCommands(add, runtime, setExit);
  add("builds", "what the registries have of each image, what runs where, and what the policies choose")
    .argument("[name...]", "workloads or images; all by default")
    .option("--update", "commit the newest allowed builds to the branch of --repo")
    .option("--skip-failed", "ask the Engine which builds failed there, and skip them")
    .option("-n, --last <count>", "how many builds to list", parseCount, 5)
    .action(async (names: string[], options: ReleaseOptions & { last: number }) => {
      const { buildsCommand } = await import("./commands/builds.ts");
      setExit(await buildsCommand(names, buildsFlags(options), runtime));
    });
  add("bake", "make the image of the whole system: validated, rendered, every image locked")
    .option("--name <image>", "name of the image, without a tag", "mysysconfig")
    .option("--base <image>", "image of the tool (default: mysysconfig and the tool's version)")
    .option("--build <number>", "also tag it <number>-<branch>", parseCount)
    .option("--push", "push the image under all its tags")
    .option("--local", "lock the images that the Engine has, by id, and ask no registry")
    .action(async (options: ReleaseOptions) => {
      const { bakeCommand } = await import("./commands/bake.ts");
      setExit(await bakeCommand(bakeFlags(options), runtime));
    });
}

function addTagCommands(add: AddCommand, runtime: Runtime, setExit: (code: ExitCode) => void): void {
  add("tag", "print the tag of a build, or without --build the one that moves on with its branch")
    .option("--build <number>", "number of the build", parseCount)
    .action(async (options: ReleaseOptions) => {
      const { tagCommand } = await import("./commands/tag.ts");
      const build = options.build === undefined ? {} : { build: options.build };
      setExit(await tagCommand({ ...globalFlags(options), ...build }, runtime));
    });
  withDowngrade(
    add("submit", "put a service's unit with the tag of a build into the configuration repository"),
  )
    .argument("<file>", "unit, compose file or template of the service's repository, without a tag")
    .requiredOption("--tag <tag>", "the build, 58-develop")
    .option("--digest <digest>", "sha256:…, to pin the build")
    .option("--image-name <name>", "the image that was built, where the file leaves a doubt")
    .option("--value <name=text>", "a value for the template (repeatable)", collectValue, [])
    .option("--keep-template", "leave a template one; only its image gets the tag")
    .action(async (file: string, options: ReleaseOptions) => {
      const { submitCommand } = await import("./commands/submit.ts");
      setExit(await submitCommand(file, submitFlags(options), runtime));
    });
  withDowngrade(add("set-image", "set tags where they stand in the configuration repository, in one commit"))
    .argument("<name-and-tag...>", "myservice 58-develop, or several: web=58-develop api=41-develop")
    .action(async (words: string[], options: ReleaseOptions) => {
      const { setImageCommand } = await import("./commands/set-image.ts");
      const flags = { ...globalFlags(options), allowDowngrade: options.allowDowngrade ?? false };
      setExit(await setImageCommand(words, flags, runtime));
    });
}

const withDowngrade = (command: Command) =>
  command.option("--allow-downgrade", "let an older build replace a newer one");

function buildsFlags(options: ReleaseOptions & { readonly last: number }): BuildsFlags {
  return {
    ...globalFlags(options),
    last: options.last,
    update: options.update ?? false,
    skipFailed: options.skipFailed ?? false,
    allowDowngrade: false,
  };
}

function bakeFlags(options: ReleaseOptions): BakeFlags {
  return {
    ...globalFlags(options),
    name: options.name ?? "mysysconfig",
    ...(options.base === undefined ? {} : { base: options.base }),
    ...(options.build === undefined ? {} : { build: options.build }),
    push: options.push ?? false,
    local: options.local ?? false,
  };
}

function submitFlags(options: ReleaseOptions): SubmitFlags {
  const { tag = "", digest, imageName, value = [] } = options;
  const values = value.map(
    (text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)] as const,
  );
  return {
    ...globalFlags(options),
    tag,
    ...(digest === undefined ? {} : { digest }),
    ...(imageName === undefined ? {} : { name: imageName }),
    values: new Map(values),
    keepTemplate: options.keepTemplate ?? false,
    allowDowngrade: options.allowDowngrade ?? false,
  };
}

function collectValue(text: string, previous: string[]): string[] {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError("write name=text.");
  return [...previous, text];
}
