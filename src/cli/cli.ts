import { Command, CommanderError, InvalidArgumentError } from "commander";
import { parseGoDuration } from "../lib/duration.ts";
import { didYouMean } from "../lib/suggest.ts";
import { type ExitCode, exitCodes, ReconcilerError, toReconcilerError } from "../model/errors.ts";
import { describeError } from "./output.ts";
import type { ApplyFlags, GlobalFlags, Runtime } from "./runtime.ts";

/**
 * Runs one command line and returns its exit code. Command modules are loaded when they are needed, so that `--help`
 * costs no more than the option parser.
 *
 * @param argv arguments without the program's own path
 */
export async function runCli(argv: readonly string[], runtime: Runtime): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.converged;
  const json = argv.includes("--json");
  const program = buildProgram(runtime, (code) => {
    exitCode = code;
  });
  try {
    refuseMisplacedCommand(
      argv,
      program.commands.map((command) => command.name()),
    );
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.converged : exitCodes.usage;
    const coded = toReconcilerError(error);
    if (json)
      runtime.stdout(
        `${JSON.stringify({ error: { code: coded.code, message: coded.message, hint: coded.hint } })}\n`,
      );
    else runtime.stderr(describeError(coded, runtime.paint));
    return coded.exitCode;
  }
}

/** A mistyped command must not be taken for an argument of the default one. */
function refuseMisplacedCommand(argv: readonly string[], commands: readonly string[]): void {
  const [first] = argv;
  if (first === undefined || commands.includes(first) || first === "help") return;
  if (!first.startsWith("-")) {
    const hint = didYouMean(first, commands) ?? `commands: ${commands.join(", ")}`;
    throw new ReconcilerError("usage", `unknown command "${first}"`, { hint });
  }
  const later = argv.find((word) => commands.includes(word));
  if (later !== undefined) {
    throw new ReconcilerError("usage", `the command "${later}" must come first`, {
      hint: `write: mysysconfig ${later} ${argv.filter((word) => word !== later).join(" ")}`,
    });
  }
}

export function buildProgram(runtime: Runtime, setExit: (code: ExitCode) => void): Command {
  const program = new Command("mysysconfig")
    .description("Makes a Docker host match its configuration repository, and tells the truth about it.")
    .version(runtime.version, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .configureOutput({ writeOut: runtime.stdout, writeErr: runtime.stderr })
    .exitOverride()
    .addHelpText("after", exitCodeHelp);
  const add = (name: string, description: string, isDefault = false) =>
    withGlobalOptions(program.command(name, { isDefault }).description(description)).exitOverride();

  withRunOptions(
    add("apply", "make the Engine match the configuration, then exit (the default command)", true),
  ).action(async (options: ParsedOptions) => {
    const { applyCommand } = await import("./commands/apply.ts");
    setExit(await applyCommand(applyFlags(options), runtime));
  });
  withRunOptions(add("plan", "show what apply would do; exit code 2 when changes are pending")).action(
    async (options: ParsedOptions) => {
      const { planCommand } = await import("./commands/plan.ts");
      setExit(await planCommand(applyFlags(options), runtime));
    },
  );
  add("validate", "read and compile everything, list all mistakes; needs no Engine").action(
    async (options: ParsedOptions) => {
      const { validateCommand } = await import("./commands/validate.ts");
      setExit(await validateCommand(globalFlags(options), runtime));
    },
  );
  add("show", "print the compiled workloads; needs no Engine")
    .argument("[name...]", "keys of workloads; all by default")
    .option("--as <form>", 'how to print: "spec" or "engine" (the request that would be sent)', "spec")
    .action(async (names: string[], options: ParsedOptions & { as: string }) => {
      const { showCommand } = await import("./commands/show.ts");
      setExit(await showCommand(names, options.as, globalFlags(options), runtime));
    });
  return program;
}

interface ParsedOptions {
  config?: string;
  environment?: string;
  json?: boolean;
  showValues?: boolean;
  timeout?: number;
  yes?: boolean;
  adopt?: string[];
}

function withGlobalOptions(command: Command): Command {
  return command
    .option(
      "--config <dir>",
      "folder of the configuration repository (default: the image's own, or the working folder)",
    )
    .option("--environment <name>", "environment of mysysconfig.yaml (default: the one of the branch)")
    .option("--json", "print one JSON document on standard output")
    .option("--show-values", "show environment values; secrets stay hidden")
    .option(
      "--timeout <duration>",
      "give up and put back what is half done after this time, for example 90s or 10m",
      parseTimeout,
    );
}

function withRunOptions(command: Command): Command {
  return command
    .option("--yes", "confirm the removal of more workloads than prune.maxShare allows")
    .option(
      "--adopt <name>",
      "take over the container that holds this workload's name (repeatable)",
      collect,
      [],
    );
}

function globalFlags(options: ParsedOptions): GlobalFlags {
  return {
    ...(options.config === undefined ? {} : { config: options.config }),
    ...(options.environment === undefined ? {} : { environment: options.environment }),
    ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
    json: options.json ?? false,
    showValues: options.showValues ?? false,
  };
}

function applyFlags(options: ParsedOptions): ApplyFlags {
  return { ...globalFlags(options), yes: options.yes ?? false, adopt: options.adopt ?? [] };
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

function parseTimeout(text: string): number {
  const ms = parseGoDuration(text);
  if (ms === undefined || ms <= 0) throw new InvalidArgumentError("write a duration such as 90s or 10m.");
  return ms;
}

const exitCodeHelp = `
Exit codes:
  0  converged, or nothing to do        4   invalid configuration
  1  failed or rolled back              5   Engine unreachable
  2  changes pending (plan)             6   refused by a prune guard
  3  busy                               64  wrong usage
`;
