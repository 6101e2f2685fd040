import { type Command, InvalidArgumentError, Option } from "commander";
import { parseGoDuration } from "../lib/duration.ts";
import type { HoldFlags } from "./commands/hold.ts";
import type { DiffFlags, GlobalFlags, PlanFlags } from "./runtime.ts";

/** Options as the parser gives them. */
export interface ParsedOptions {
  config?: string;
  image?: string;
  repo?: string;
  branch?: string;
  allowFileProtocol?: boolean;
  environment?: string;
  target?: string;
  recreate?: string[];
  json?: boolean;
  showValues?: boolean;
  timeout?: number;
  yes?: boolean;
  adopt?: string[];
  retry?: string[];
  rollback?: boolean;
  out?: string;
  to?: string;
  for?: number;
  reason?: string;
  all?: boolean;
  format?: string;
}

export function withGlobalOptions(command: Command): Command {
  return command
    .option(
      "--config <dir>",
      "folder of the configuration repository (default: the image's own, or the working folder)",
    )
    .option(
      "--image <reference>",
      "read the configuration that was baked into this image, without running it",
    )
    .option("--repo <url>", "read the configuration from a Git repository (https or ssh), without a checkout")
    .option("--branch <name>", "branch, tag or commit of --repo; also the branch of a folder's configuration")
    .option("--allow-file-protocol", "let --repo be a folder or a file:// URL")
    .option("--environment <name>", "environment of mysysconfig.yaml (default: the one of the branch)")
    .addOption(
      new Option(
        "--target <what>",
        "reconcile the one Engine or its Swarm (default: the environment's choice, or what is found)",
      ).choices(targets),
    )
    .option("--json", "print one JSON document on standard output")
    .option("--show-values", "show environment values; secrets stay hidden")
    .option(
      "--timeout <duration>",
      "give up and put back what is half done after this time, for example 90s or 10m",
      parseSpan,
    );
}

export function withPlanOptions(command: Command): Command {
  return command
    .option("--yes", "confirm the removal of more workloads than prune.maxShare allows")
    .option(
      "--adopt <name>",
      "take over the container that holds this workload's name (repeatable)",
      collect,
      [],
    )
    .option(
      "--retry <name>",
      "try a build that failed before, or a repair that was given up (repeatable)",
      collect,
      [],
    )
    .option(
      "--recreate <name>",
      "on a Swarm: remove this workload's service and make it anew where its mode or name must change (repeatable)",
      collect,
      [],
    )
    .option("--rollback", "apply this revision although a newer one was applied before, and stay there");
}

export function withHoldOptions(command: Command): Command {
  return command
    .option("--for <duration>", "how long, for example 2h (default: until it is released)", parseSpan)
    .option("--reason <text>", "why, for those who wonder");
}

export function globalFlags(options: ParsedOptions): GlobalFlags {
  return {
    ...(options.config === undefined ? {} : { config: options.config }),
    ...(options.image === undefined ? {} : { image: options.image }),
    ...(options.repo === undefined ? {} : { repo: options.repo }),
    ...(options.branch === undefined ? {} : { branch: options.branch }),
    ...(options.allowFileProtocol === undefined ? {} : { allowFileProtocol: options.allowFileProtocol }),
    ...(options.environment === undefined ? {} : { environment: options.environment }),
    ...targetFlag(options.target),
    ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
    json: options.json ?? false,
    showValues: options.showValues ?? false,
  };
}

const targets = ["engine", "swarm"] as const;

function targetFlag(text: string | undefined): Pick<GlobalFlags, "target"> {
  const target = targets.find((known) => known === text);
  return target === undefined ? {} : { target };
}

export function applyFlags(options: ParsedOptions): PlanFlags {
  return {
    ...globalFlags(options),
    yes: options.yes ?? false,
    adopt: options.adopt ?? [],
    retry: options.retry ?? [],
    rollback: options.rollback ?? false,
    recreate: options.recreate ?? [],
  };
}

export function holdFlags(name: string | undefined, options: ParsedOptions): HoldFlags {
  return {
    ...globalFlags(options),
    ...(name === undefined ? {} : { name }),
    ...(options.for === undefined ? {} : { forMs: options.for }),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    all: options.all ?? false,
  };
}

export function diffFlags(options: ParsedOptions): DiffFlags {
  return {
    ...globalFlags(options),
    format: options.format ?? (options.json ? "json" : "text"),
    ...(options.repo === undefined ? {} : { repository: options.repo }),
  };
}

export function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

export function parseSpan(text: string): number {
  const ms = parseGoDuration(text);
  if (ms === undefined || ms <= 0) throw new InvalidArgumentError("write a duration such as 90s or 10m.");
  return ms;
}

export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count <= 0)
    throw new InvalidArgumentError("write a number such as 10.");
  return count;
}
