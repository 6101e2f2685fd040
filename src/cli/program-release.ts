import { type Command, InvalidArgumentError } from "commander";
import { type ExitCode, ReconcilerError } from "../model/errors.ts";
import type { BakeFlags } from "./commands/bake.ts";
import type { BuildsFlags } from "./commands/builds.ts";
import type { PromoteFlags } from "./commands/promote.ts";
import type { SubmitFlags } from "./commands/submit.ts";
import { collect, globalFlags, type ParsedOptions, parseCount, parseSpan } from "./options.ts";
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
  tagsOnly?: boolean;
  accept?: string;
  as?: string;
  from?: string;
  only?: string[];
  fromEnvironment?: string;
  toEnvironment?: string;
  composition?: string;
  dryRun?: boolean;
  tagName?: string;
  soak?: number;
  name?: string;
  base?: string;
  build?: number;
  push?: boolean;
  local?: boolean;
  workingTree?: boolean;
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
  addReleaseOfEnvironments(add, runtime, setExit);
  add("bake", "make the image of the whole system: validated, rendered, every image locked")
    .option("--name <image>", "name of the image, without a tag", "mysysconfig")
    .option("--base <image>", "image of the tool (default: mysysconfig and the tool's version)")
    .option("--build <number>", "also tag it <number>-<branch>", parseCount)
    .option("--working-tree", "bake the files of a clone as they are, instead of its last commit")
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

function addReleaseOfEnvironments(
  add: AddCommand,
  runtime: Runtime,
  setExit: (code: ExitCode) => void,
): void {
  add("composition", "which version of everything an environment runs, with digests")
    .option("--tags-only", "leave digests out, and ask no registry")
    .option(
      "--accept <composition>",
      "run the check behind --, and make this composition a release if it exits 0",
    )
    .option("--as <name>", "name of the release (default: rc_ instead of c_)")
    .argument("[check...]", "with --accept: the program to run and its arguments")
    .action(async (check: string[], options: ReleaseOptions) => {
      const { acceptCommand, compositionCommand } = await import("./commands/composition.ts");
      const flags = globalFlags(options);
      const { accept, as } = options;
      if (accept === undefined && (check.length > 0 || as !== undefined))
        throw new ReconcilerError("usage", "composition: a check and --as need --accept", {
          hint: "write composition --accept c_20261121_093000 -- ./smoke-test.sh",
        });
      setExit(
        accept === undefined
          ? await compositionCommand({ ...flags, tagsOnly: options.tagsOnly ?? false }, runtime)
          : await acceptCommand(
              check,
              { ...flags, name: accept, ...(as === undefined ? {} : { as }) },
              runtime,
            ),
      );
    });
  withDowngrade(add("promote", "bring an environment to the versions of another one, in one commit"))
    .requiredOption("--from <branch>", "branch of the environment that has the versions")
    .requiredOption("--to <branch>", "branch of the environment that gets them")
    .option("--from-environment <name>", "the environment of --from, where a branch stands for several")
    .option("--to-environment <name>", "the environment of --to, where a branch stands for several")
    .option("--only <name>", "promote this component (repeatable)", collect, [])
    .option("--composition <tag>", "set the versions of this earlier promotion instead")
    .option("--dry-run", "show the difference and push nothing; exit code 2 when there is one")
    .option("--tags-only", "leave digests out, and ask no registry")
    .option(
      "--tag-name <pattern>",
      'tag of the commit, with {date}, {time}, {environment}; "" for none',
      "c_{date}_{time}",
    )
    .option(
      "--soak <duration>",
      "require that the source environment ran it well for so long; asks its Engine",
      parseSpan,
    )
    .action(async (options: ReleaseOptions) => {
      const { promoteCommand } = await import("./commands/promote.ts");
      setExit(await promoteCommand(promoteFlags(options), runtime));
    });
}

const withDowngrade = (command: Command) =>
  command.option("--allow-downgrade", "let an older build replace a newer one");

function promoteFlags(options: ReleaseOptions): PromoteFlags {
  const { from = "", to = "", composition, soak, tagName } = options;
  return {
    ...globalFlags(options),
    ...{ from, to, only: options.only ?? [] },
    ...(options.fromEnvironment === undefined ? {} : { fromEnvironment: options.fromEnvironment }),
    ...(options.toEnvironment === undefined ? {} : { toEnvironment: options.toEnvironment }),
    ...(composition === undefined ? {} : { composition }),
    dryRun: options.dryRun ?? false,
    tagsOnly: options.tagsOnly ?? false,
    // Whoever names an earlier composition asks for going back.
    allowDowngrade: options.allowDowngrade ?? composition !== undefined,
    ...(tagName === undefined ? {} : { tagPattern: tagName }),
    ...(soak === undefined ? {} : { soakMs: soak }),
  };
}

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
    workingTree: options.workingTree ?? false,
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
