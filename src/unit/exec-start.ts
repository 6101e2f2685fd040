import type { Position } from "../lib/diagnostic.ts";
import { type DockerRun, parseDockerRun } from "./docker-run.ts";
import { commandsOf } from "./exec-commands.ts";
import {
  type DockerCommand,
  type ExecLine,
  isDocker,
  readDockerCommand,
  readExecLines,
} from "./exec-line.ts";
import type { ShellCommand } from "./shell/script.ts";
import type { UnitFile } from "./unit-file.ts";
import type { Expansion } from "./variables.ts";
import { wordPosition } from "./words.ts";

/** The docker run line of a unit. */
export interface UnitRun extends DockerRun {
  readonly position: Position;
  /** What makes a success of a failure, in words. */
  readonly ignoredBy?: string;
}

/** Finds the one `docker run` of `ExecStart=`; everything else there is reported. */
export function readExecStart(file: UnitFile, expansion: Expansion): UnitRun | undefined {
  const { sink } = expansion.scope;
  const [line, ...others] = readExecLines("ExecStart", file, expansion);
  for (const other of others) {
    const hint = "write one unit for each container; an empty ExecStart= drops the lines before it";
    sink.error(wordPosition(other.program), "several-commands", "a unit runs one container", hint);
  }
  if (line === undefined) {
    reportMissing(file, expansion);
    return undefined;
  }
  const found = commandsOf(line, expansion)?.flatMap((command) => readRun(command) ?? []);
  const [first, ...rest] = found?.filter(({ docker }) => docker.name === "run") ?? [];
  for (const { docker } of rest) {
    const hint = "write one unit for each container";
    sink.error(wordPosition(docker.verb), "several-commands", "a unit runs one container", hint);
  }
  for (const { docker } of found ?? [])
    if (docker.name !== "run") reportOther(docker, first !== undefined, expansion);
  if (first === undefined) return undefined;
  const { docker, command } = first;
  const run = parseDockerRun(docker.args, docker.verb, command.expansion);
  const byScript = command.line.prefixes.includes("-") ? 'true behind "docker run"' : undefined;
  const ignoredBy = line.prefixes.includes("-") ? 'the prefix "-" of ExecStart=' : byScript;
  return {
    ...run,
    position: line.item.keyPosition,
    ...(ignoredBy === undefined ? {} : { ignoredBy }),
  };
}

interface FoundCommand {
  readonly command: ShellCommand;
  readonly docker: DockerCommand;
}

function readRun(command: ShellCommand): FoundCommand | undefined {
  const { line, expansion } = command;
  if (!isDocker(line)) {
    reportProgram(line, expansion);
    return undefined;
  }
  const docker = readDockerCommand(line, expansion);
  return docker && { command, docker };
}

function reportOther({ name, verb }: DockerCommand, isBesideRun: boolean, { scope }: Expansion): void {
  const message = `"docker ${name}" is not a container that could be compiled`;
  const hint = isBesideRun
    ? "remove it: the reconciler pulls, creates, starts, stops and removes the container by itself"
    : hintFor(name);
  scope.sink.error(wordPosition(verb), "not-a-container", message, hint);
}

function reportMissing(file: UnitFile, { scope }: Expansion): void {
  if (
    file.assignments.some(
      ({ section, key, value }) => section === "Service" && key === "ExecStart" && value.text !== "",
    )
  ) {
    return;
  }
  const service = file.sections.find(({ name }) => name === "Service");
  const position = service?.position ?? { file: file.path, line: 1, column: 1 };
  const hint = "write [Service] with ExecStart=/usr/bin/docker run --name … image:tag";
  scope.sink.error(position, "missing-exec-start", "the unit has no ExecStart=", hint);
}

function reportProgram(line: ExecLine, { scope }: Expansion): void {
  const name = line.program.text.slice(line.program.text.lastIndexOf("/") + 1);
  const position = wordPosition(line.program);
  if (name === "docker-compose") {
    scope.sink.error(position, "not-a-container", "ExecStart= runs docker-compose", hintFor("compose up"));
    return;
  }
  const isOtherTool = ["podman", "nerdctl", "rkt", "systemd-nspawn"].includes(name);
  const isWrapped = line.args.some((word) => /(?:^|\/)docker$/.test(word.text));
  const hint = isOtherTool
    ? `write docker run; the flags of ${name} are not read`
    : isWrapped
      ? "begin the line with docker run itself, without a program before it"
      : "units here run containers: write /usr/bin/docker run …, or leave the unit to the host's own systemd";
  scope.sink.error(
    position,
    "not-a-container",
    `ExecStart= runs "${line.program.text}", which is not a container`,
    hint,
  );
}

function hintFor(command: string): string {
  if (command.startsWith("compose")) return "put the compose file under units/ as NAME.compose.yaml";
  if (command === "start")
    return "write the docker run line that made the container; the reconciler creates and starts it";
  if (command === "create") return "write docker run; the reconciler creates and starts the container";
  return "write docker run [flags] image";
}
