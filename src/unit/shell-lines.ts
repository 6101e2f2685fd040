import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { ExecLine } from "./exec-line.ts";
import { sliceWord, type Word, wordPosition } from "./words.ts";

const dockerRun = /\bdocker\s+(?:container\s+)?run\b/;
const dockerCommand = /\bdocker\s+(?:container\s+|image\s+)?([a-z]+)/g;

/** What the reconciler does by itself before it starts a container and after it has stopped one. */
const takenOver = ["pull", "history", "images", "inspect", "rm", "kill", "stop", "ps", "wait"];

export function wrapsRun(script: Word): boolean {
  return dockerRun.test(script.text);
}

/** The finding that makes all others about the same unit pointless. */
export const sidekickCode = "sidekick";

const sidekickHint =
  "remove the unit, and what Wants= or Requires= it: services find each other by name; a script that must run belongs into an image, behind docker run";

/** Commands that look at containers and change none. */
const lookingOn = [
  "events",
  "history",
  "images",
  "info",
  "inspect",
  "logs",
  "port",
  "ps",
  "stats",
  "top",
  "version",
];

/** The idiom of fleet: a loop of commands that announces another unit's container. A file may contain anything. */
function isSidekick(script: Word, commands: readonly RegExpExecArray[]): boolean {
  const isInline = /\s/.test(script.text);
  return isInline && commands.every(([, name = ""]) => lookingOn.includes(name));
}

/** Reports a shell that starts no container, or that runs a file, which may contain anything. */
export function reportPlainScript(line: ExecLine, script: Word, sink: DiagnosticSink): void {
  const commands = [...script.text.matchAll(dockerCommand)];
  const [first] = commands;
  const place = first === undefined ? script : sliceWord(script, first.index, first.index + first[0].length);
  if (line.key === "ExecStart" && isSidekick(script, commands)) {
    const message = "ExecStart= runs a shell without a container: the unit is a sidekick and no workload";
    sink.error(wordPosition(place), sidekickCode, message, sidekickHint);
    return;
  }
  if (line.key === "ExecStart") {
    const hint = "units here run containers: write /usr/bin/docker run … without a shell";
    sink.error(
      wordPosition(place),
      "not-a-container",
      "ExecStart= runs a shell, which is not a container",
      hint,
    );
    return;
  }
  const message = `${line.key}= runs a shell, which is not supported`;
  sink.error(wordPosition(place), "shell-line", message, aroundHint(line, script));
}

/** What to do about a script around the run. */
export function aroundHint({ key }: ExecLine, script: Word): string {
  const commands = [...script.text.matchAll(dockerCommand)];
  const isIdiom = commands.length > 0 && commands.every(([, name = ""]) => takenOver.includes(name));
  if (isIdiom && (key === "ExecStartPre" || key === "ExecStopPost"))
    return "remove the line: the reconciler pulls images and replaces containers by itself";
  return key === "ExecStop"
    ? "remove the line: the container is stopped by its signal; see --stop-signal and --stop-timeout"
    : "remove the line: no command is run on the host; put it into the image, or into a unit of its own";
}
