import type { Command } from "commander";
import { buildProgram } from "../../../src/cli/program.ts";
import { type ErrorCode, errorCatalogue, exitCodes } from "../../../src/model/errors.ts";
import { code, table } from "../markdown.ts";

export const runSections = { commands, options, "exit-codes": exits, errors };

/** The commands as the program declares them; nothing is run. */
export function declaredCommands(): readonly Command[] {
  const silent = () => undefined;
  const program = buildProgram(
    {
      stdout: silent,
      stderr: silent,
      interactive: false,
      paint: (_tone, text) => text,
      signal: AbortSignal.abort(),
      version: "",
      files: { read: async () => "", write: async () => {} },
      createApp: () => Promise.reject(new Error("only declared")),
    },
    silent,
  );
  return program.commands;
}

function commands(): string {
  const rows = declaredCommands().map((command) => {
    const args = command.registeredArguments.map((argument) => {
      const word = `${argument.name().toUpperCase()}${argument.variadic ? "…" : ""}`;
      return argument.required ? ` ${word}` : ` [${word}]`;
    });
    return [code(`${command.name()}${args.join("")}`), command.description()];
  });
  return table(["command", "does"], rows);
}

function options(): string {
  const found = declaredCommands().flatMap((command) =>
    command.options.map(({ flags, description }) => ({ flags, description, command: command.name() })),
  );
  const alike = Map.groupBy(found, ({ flags, description }) => JSON.stringify([flags, description]));
  const rows = [...alike.values()].flatMap((group) => {
    const [first] = group;
    const isEverywhere = group.length === declaredCommands().length;
    const where = isEverywhere ? "all" : group.map(({ command }) => code(command)).join(", ");
    return first === undefined ? [] : [[code(first.flags), first.description, where]];
  });
  return table(["option", "means", "commands"], rows);
}

const exitDocs: Readonly<Record<keyof typeof exitCodes, string>> = {
  converged: "converged, or nothing to do",
  failed:
    "a workload failed, was rolled back, is blocked, or its failed build is set aside; or the run was interrupted",
  pending: `${code("plan")}, ${code("diff")}: changes are pending, or a workload is blocked`,
  busy: "another run of this environment is at work; nothing was changed",
  invalidConfiguration: "the configuration has mistakes or cannot be read; nothing was changed",
  unreachable: "the Engine cannot be reached, or is too old",
  refused: `refused: empty configuration, too large a removal without ${code("--yes")}, a plan that no longer holds, an older revision, nothing to roll back to; nothing was changed`,
  usage: "wrong usage: an unknown command, option, name or address",
};

function exits(): string {
  const names = Object.keys(exitDocs) as (keyof typeof exitCodes)[];
  return table(
    ["code", "means"],
    names.map((name) => [String(exitCodes[name]), exitDocs[name]]),
  );
}

const errorDocs: Readonly<Record<ErrorCode, { readonly means: string; readonly todo: string }>> = {
  "configuration-invalid": {
    means: "reserved, not used yet; mistakes are listed with their positions",
    todo: "",
  },
  "configuration-unreadable": {
    means: "the configuration folder is missing, incomplete or cannot be read",
    todo: `check ${code("--config")} or the ${code("COPY")} lines of your Dockerfile; the folder needs ${code("units/")}`,
  },
  "engine-unreachable": {
    means: "no answer from the Engine",
    todo: `is the socket mounted, is the group right, is ${code("DOCKER_HOST")} right? see below`,
  },
  "engine-unsupported": {
    means: "the Engine cannot do what the configuration asks for, or is older than 20.10",
    todo: "update the Engine, or leave the named setting out",
  },
  "engine-refused": {
    means: "the Engine says that the request is wrong",
    todo: "read its words: a command, an entrypoint, a path or an option does not fit the image or the host",
  },
  "engine-conflict": {
    means: "something is taken: a port, a name, an address, a subnet",
    todo: "free it, or choose another one; the message names the holder where it is known",
  },
  "engine-not-found": {
    means: "something that is needed does not exist on the Engine",
    todo: "declare it, or create it if it is external; then run again",
  },
  "engine-failed": { means: "the Engine failed", todo: "look at the Engine's own log, then run again" },
  "no-space": {
    means: "the Engine's disk is full",
    todo: `${code("docker system df")} shows what holds the space`,
  },
  "pull-failed": {
    means: "an image cannot be pulled",
    todo: "does the tag exist, can the host reach the registry, are the credentials mounted?",
  },
  "gate-failed": {
    means: "a container exited, restarted or did not become healthy",
    todo: "the report shows its exit code, health checks and last log lines; the old container still serves",
  },
  "job-failed": {
    means: "a job exited with something else than 0, or took longer than an hour",
    todo: "the report shows its last log lines; mend it and run again",
  },
  "precondition-failed": { means: "reserved, not used yet", todo: "" },
  interrupted: {
    means: `the run was stopped by a signal or by ${code("--timeout")}; what was half done was put back`,
    todo: "run again",
  },
  "deadline-passed": {
    means: "the Engine did not answer in time",
    todo: "look at the Engine's log, then run again",
  },
  busy: {
    means: "another run of this environment is at work, and alive",
    todo: "wait for it; the message says who it is and since when",
  },
  "lock-lost": {
    means: "another run took the lock over, because this one gave no sign of life",
    todo: `run again; if it happens often, give it more time with ${code("policy.lockExpiry")}`,
  },
  "plan-stale": {
    means: "the Engine or the configuration is no longer what the saved plan was made for",
    todo: "make a new plan and look at it",
  },
  "older-revision": {
    means: "a newer revision than this one was applied last",
    todo: `run the newer one; if you mean to go back, ${code("apply --rollback")}`,
  },
  "no-way-back": {
    means: "there is nothing to roll back to",
    todo: `${code("mysysconfig history")} shows what was applied; commit the older tag instead`,
  },
  "prune-refused": { means: "reserved, not used yet", todo: "" },
  usage: { means: "the command line or an address is wrong", todo: `read the hint, or ${code("--help")}` },
  internal: { means: "a mistake in mysysconfig", todo: "report it with the text that is printed" },
};

function errors(): string {
  const names = Object.keys(errorDocs) as ErrorCode[];
  return table(
    ["code", "means", "what to do", "exit"],
    names.map((name) => [
      code(name),
      errorDocs[name].means,
      errorDocs[name].todo,
      String(errorCatalogue[name].exitCode),
    ]),
  );
}
