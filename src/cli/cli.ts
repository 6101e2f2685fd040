import { CommanderError } from "commander";
import { didYouMean } from "../lib/suggest.ts";
import { type ExitCode, exitCodes, ReconcilerError, toReconcilerError } from "../model/errors.ts";
import { describeError } from "./output.ts";
import { buildProgram } from "./program.ts";
import type { Runtime } from "./runtime.ts";

/**
 * Runs one command line and returns its exit code. Command modules are loaded when they are needed, so that `--help`
 * costs no more than the option parser.
 *
 * @param argv arguments without the program's own path
 */
export async function runCli(argv: readonly string[], runtime: Runtime): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.converged;
  const json = wantsJson(argv);
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
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.converged;
    // The parser of options has said it to people already.
    if (error instanceof CommanderError && !json) return exitCodes.usage;
    const coded = error instanceof CommanderError ? usageError(error) : toReconcilerError(error);
    if (json)
      runtime.stdout(
        `${JSON.stringify({ error: { code: coded.code, message: coded.message, hint: coded.hint } })}\n`,
      );
    else runtime.stderr(describeError(coded, runtime.paint));
    return coded.exitCode;
  }
}

function usageError({ message }: CommanderError): ReconcilerError {
  return new ReconcilerError("usage", message.replace(/^error: /, ""), {
    hint: "mysysconfig help tells the commands and their options",
  });
}

/** Errors are said in the form that was asked for, even when the options could not be read. */
function wantsJson(argv: readonly string[]): boolean {
  return (
    argv.includes("--json") ||
    argv.includes("--format=json") ||
    argv.some((word, index) => word === "--format" && argv[index + 1] === "json")
  );
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
