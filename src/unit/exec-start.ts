import type { Position } from "../lib/diagnostic.ts";
import { type DockerRun, parseDockerRun } from "./docker-run.ts";
import { type ExecLine, isDocker, readDockerCommand, readExecLines } from "./exec-line.ts";
import { reportShell, shellScript } from "./shell-lines.ts";
import type { UnitFile } from "./unit-file.ts";
import type { Expansion } from "./variables.ts";
import { wordPosition } from "./words.ts";

/** The docker run line of a unit. */
export interface UnitRun extends DockerRun {
  readonly position: Position;
  /** A failure counts as success (`-`). */
  readonly ignoresFailure: boolean;
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
  const script = shellScript(line);
  if (script !== undefined) {
    reportShell(line, script, sink);
    return undefined;
  }
  if (!isDocker(line)) {
    reportProgram(line, expansion);
    return undefined;
  }
  const command = readDockerCommand(line, expansion);
  if (command === undefined) return undefined;
  if (command.name !== "run") {
    const message = `"docker ${command.name}" is not a container that could be compiled`;
    sink.error(wordPosition(command.verb), "not-a-container", message, hintFor(command.name));
    return undefined;
  }
  const run = parseDockerRun(command.args, command.verb, expansion);
  return { ...run, position: line.item.keyPosition, ignoresFailure: line.prefixes.includes("-") };
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
