import { Command } from "commander";
import type { ExitCode } from "../model/errors.ts";
import {
  applyFlags,
  diffFlags,
  globalFlags,
  holdFlags,
  type ParsedOptions,
  parseCount,
  withGlobalOptions,
  withHoldOptions,
  withPlanOptions,
} from "./options.ts";
import { addReleaseCommands } from "./program-release.ts";
import type { Runtime } from "./runtime.ts";

/** The command line: every command with its options. Command modules are loaded when they run. */
export function buildProgram(runtime: Runtime, setExit: (code: ExitCode) => void): Command {
  const program = new Command("mysysconfig")
    .description("Makes a Docker host match its configuration repository, and tells the truth about it.")
    .version(runtime.version, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .configureOutput({ writeOut: runtime.stdout, writeErr: runtime.stderr })
    .exitOverride()
    .addHelpText("after", exitCodeHelp);
  const add: AddCommand = (name, description, isDefault = false) =>
    withGlobalOptions(program.command(name, { isDefault }).description(description)).exitOverride();
  addRunCommands(add, runtime, setExit);
  addReadingCommands(add, runtime, setExit);
  addComparingCommands(add, runtime, setExit);
  addLedgerCommands(add, runtime, setExit);
  addReleaseCommands(add, runtime, setExit);
  return program;
}

export type AddCommand = (name: string, description: string, isDefault?: boolean) => Command;

function addRunCommands(add: AddCommand, runtime: Runtime, setExit: (code: ExitCode) => void): void {
  withPlanOptions(
    add("apply", "make the Engine match the configuration, then exit (the default command)", true),
  )
    .argument("[file]", "a plan saved with plan --out; refused when it no longer holds")
    .action(async (file: string | undefined, options: ParsedOptions) => {
      const { applyCommand } = await import("./commands/apply.ts");
      setExit(
        await applyCommand({ ...applyFlags(options), ...(file === undefined ? {} : { file }) }, runtime),
      );
    });
  add("run", "stay up and keep the system true: on a schedule, on webhooks, on events of the Engine")
    .option("--listen <host:port>", "where health, hooks and metrics are served", "0.0.0.0:8080")
    .option("--metrics-listen <host:port>", "serve /metrics at an address of its own instead")
    .action(async (options: ParsedOptions & { listen: string; metricsListen?: string }) => {
      const { runCommand } = await import("./commands/run.ts");
      const { listen, metricsListen } = options;
      const metrics = metricsListen === undefined ? {} : { metricsListen };
      setExit(await runCommand({ ...globalFlags(options), listen, ...metrics }, runtime));
    });
  withPlanOptions(add("plan", "show what apply would do; exit code 2 when changes are pending"))
    .option("--out <file>", "save the plan for apply <file>")
    .action(async (options: ParsedOptions) => {
      const { planCommand } = await import("./commands/plan.ts");
      const out = options.out === undefined ? {} : { out: options.out };
      setExit(await planCommand({ ...applyFlags(options), ...out }, runtime));
    });
}

function addReadingCommands(add: AddCommand, runtime: Runtime, setExit: (code: ExitCode) => void): void {
  add("validate", "read and compile everything, list all mistakes; needs no Engine").action(
    async (options: ParsedOptions) => {
      const { validateCommand } = await import("./commands/validate.ts");
      setExit(await validateCommand(globalFlags(options), runtime));
    },
  );
  add("show", "print the compiled workloads; needs no Engine")
    .argument("[name...]", "keys of workloads; all by default")
    .option(
      "--as <form>",
      'how to print: "spec", "engine" or "swarm" (the request that would be sent), "systemd" (units to install)',
      "spec",
    )
    .action(async (names: string[], options: ParsedOptions & { as: string }) => {
      const { showCommand } = await import("./commands/show.ts");
      setExit(await showCommand(names, options.as, globalFlags(options), runtime));
    });
  add("status", "what runs, what is retained for a rollback, and what the next apply would do").action(
    async (options: ParsedOptions) => {
      const { statusCommand } = await import("./commands/status.ts");
      setExit(await statusCommand(globalFlags(options), runtime));
    },
  );
  add("history", "what the last runs did, the latest first")
    .option("-n, --last <count>", "how many runs", parseCount, 20)
    .action(async (options: ParsedOptions & { last: number }) => {
      const { historyCommand } = await import("./commands/history.ts");
      setExit(await historyCommand(options.last, globalFlags(options), runtime));
    });
  add("explain", "what happened to a workload and why, and what keeps it as it is")
    .argument("<name>", "key of a workload")
    .action(async (name: string, options: ParsedOptions) => {
      const { explainCommand } = await import("./commands/history.ts");
      setExit(await explainCommand(name, globalFlags(options), runtime));
    });
}

function addComparingCommands(add: AddCommand, runtime: Runtime, setExit: (code: ExitCode) => void): void {
  add("diff", "what going from configuration a to b would do; exit code 2 for changes; needs no Engine")
    .argument("<a>", "a folder, a revision (branch, tag, commit) or a baked image with its tag")
    .argument("<b>", "another one")
    .option("--format <form>", 'how to print: "text", "markdown" (for a pull request) or "json"')
    .action(async (a: string, b: string, options: ParsedOptions) => {
      const { diffCommand } = await import("./commands/diff.ts");
      setExit(await diffCommand({ from: a, to: b }, diffFlags(options), runtime));
    });
}

function addLedgerCommands(add: AddCommand, runtime: Runtime, setExit: (code: ExitCode) => void): void {
  withHoldOptions(add("rollback", "bring the previous build back and keep it, or a revision of the history"))
    .argument("[name]", "key of a workload")
    .option("--to <revision>", "bring the whole environment back to a revision of the history")
    .option("--yes", "confirm the removal of more workloads than prune.maxShare allows")
    .action(async (name: string | undefined, options: ParsedOptions) => {
      const { rollbackCommand } = await import("./commands/rollback.ts");
      const to = options.to === undefined ? {} : { to: options.to };
      setExit(
        await rollbackCommand({ ...holdFlags(name, options), ...to, yes: options.yes ?? false }, runtime),
      );
    });
  add("finish", "remove the retained previous container before its time")
    .argument("[name...]", "keys of workloads")
    .option("--all", "of every workload")
    .action(async (names: string[], options: ParsedOptions) => {
      const { finishCommand } = await import("./commands/rollback.ts");
      setExit(await finishCommand(names, { ...globalFlags(options), all: options.all ?? false }, runtime));
    });
  withHoldOptions(add("hold", "keep a workload as it is, whatever the configuration says"))
    .argument("[name]", "key of a workload")
    .option("--all", "the whole environment")
    .action(async (name: string | undefined, options: ParsedOptions) => {
      const { holdCommand } = await import("./commands/hold.ts");
      setExit(await holdCommand(holdFlags(name, options), runtime));
    });
  add("release", "end a hold, or with --all every hold and the stay at an earlier revision")
    .argument("[name]", "key of a workload")
    .option("--all", "everything")
    .action(async (name: string | undefined, options: ParsedOptions) => {
      const { releaseCommand } = await import("./commands/hold.ts");
      setExit(await releaseCommand(holdFlags(name, options), runtime));
    });
}

const exitCodeHelp = `
Exit codes:
  0  converged, or nothing to do        4   invalid configuration
  1  failed, rolled back, set aside     5   Engine unreachable
  2  changes pending (plan, diff)       6   refused: guard, stale plan, older revision
  3  busy                               64  wrong usage
`;
