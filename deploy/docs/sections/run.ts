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
      files: { read: async () => "", readBytes: async () => new Uint8Array(), write: async () => {} },
      daemonProcess: () => Promise.reject(new Error("nothing stays up here")),
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
  busy: "another run of this environment is at work, or others kept pushing to the branch; nothing was changed",
  invalidConfiguration:
    "the configuration has mistakes, cannot be read, or names no revision; nothing was changed",
  unreachable:
    "the Engine cannot be reached, or is too old; the Git server cannot be reached, trusted or entered",
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
  "swarm-unavailable": {
    means: "the Engine is not a manager of a working Swarm: locked, without a leader, a worker, or in none",
    todo: `run it on a manager, unlock or repair the Swarm, or write ${code("target: engine")}`,
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
  "image-unknown": {
    means: "an image that is to be locked is in no registry and not on the Engine",
    todo: "push the build first, or correct the tag",
  },
  "not-proven": {
    means: "what is to be promoted has not run well for the time that was asked for",
    todo: `wait, or promote with ${code("--only")} what has`,
  },
  "push-failed": {
    means: "an image cannot be pushed",
    todo: "can the Engine's host reach the registry, and do the credentials allow a push?",
  },
  "build-failed": {
    means: "an image cannot be built",
    todo: `read the Engine's words; is ${code("--base")} an image of this tool?`,
  },
  "registry-unreachable": {
    means: "no answer from a registry, or one that says that it is broken",
    todo: "can this host reach it, is its certificate trusted? the message names the host",
  },
  "registry-busy": {
    means: "a registry asks to be left alone for longer than a run waits",
    todo: "run again after the time in the message; a registry often allows more to those who log in",
  },
  "registry-denied": {
    means: "a registry does not let us read a repository",
    todo: `${code("docker login")}, and mount its ${code("config.json")}; is the name right?`,
  },
  "registry-answer-invalid": {
    means: "a registry's answer breaks the rules: no digest, the wrong digest, too large, not JSON",
    todo: "is it a registry, and does a proxy stand in between? run again",
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
  "unknown-revision": {
    means: "the repository has no such branch, tag or commit",
    todo: "look at the spelling; of a commit give all 40 digits",
  },
  "git-unreachable": {
    means: "no answer from the Git server",
    todo: "is the host right, is there a proxy or a firewall, is the server up? run again",
  },
  "git-untrusted": {
    means: "the Git server's certificate or host key is not the expected one",
    todo: `give the authority with ${code("MYSYSCONFIG_GIT_CA")}, the host key with ${code("MYSYSCONFIG_GIT_KNOWN_HOSTS")}; if either has changed, ask why`,
  },
  "git-access-denied": {
    means: "the Git server does not accept the credentials",
    todo: `is ${code("MYSYSCONFIG_GIT_TOKEN")} or ${code("MYSYSCONFIG_GIT_SSH_KEY")} set, still valid, and allowed to do this?`,
  },
  "git-not-found": {
    means: "the Git server has no such repository, or hides it from these credentials",
    todo: "look at the URL; does the token belong to somebody who sees the repository?",
  },
  "git-push-refused": {
    means: "the Git server refused the commit: a protected branch, a hook, a tag that exists",
    todo: "read its words; allow the token's owner to push, or commit to another branch",
  },
  "git-contended": {
    means:
      "others pushed to the branch again and again until the time was over; nothing was lost or overwritten",
    todo: "run again",
  },
  "git-failed": { means: "git failed for another reason", todo: "read its words, then run again" },
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
  downgrade: {
    means: "the tag that is to be set is older than the one that is there",
    todo: "set a newer one; going back has to be asked for explicitly",
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
