import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { ExecLine } from "./exec-line.ts";
import { sliceWord, type Word, wordPosition } from "./words.ts";

const shells = /(?:^|\/)(?:sh|bash|dash|ash|zsh|ksh)$/;
const dockerRun = /[^\s`$(|&;"']*\bdocker\s+(?:container\s+)?run\b/;
const dockerCommand = /\bdocker\s+(?:container\s+|image\s+)?([a-z]+)/g;

/** What the reconciler does by itself before it starts a container and after it has stopped one. */
const takenOver = ["pull", "history", "images", "inspect", "rm", "kill", "stop", "ps", "wait"];

/** The script of `sh -c 'script'`, or `undefined` when the line starts no shell. */
export function shellScript(line: ExecLine): Word | undefined {
  const words = [line.program, ...line.args];
  const shell = words.findIndex((word) => shells.test(word.text));
  const isDirect = shell === 0 || (shell === 1 && /(?:^|\/)env$/.test(line.program.text));
  if (!isDirect) return undefined;
  const option = words.findIndex((word, index) => index > shell && /^-[a-z]*c[a-z]*$/.test(word.text));
  return words[option < 0 ? words.length - 1 : option + 1] ?? line.program;
}

/**
 * Refuses a shell line: it is never run and never half-parsed. The finding points at the wrapped command and says what
 * to write instead.
 */
export function reportShell(line: ExecLine, script: Word, sink: DiagnosticSink): void {
  const wrapped = dockerRun.exec(script.text);
  if (wrapped === null) reportPlainScript(line, script, sink);
  else {
    const place = sliceWord(script, wrapped.index, wrapped.index + wrapped[0].length);
    const message = `${line.key}= wraps "docker run" in a shell, which is not supported`;
    sink.error(wordPosition(place), "shell-line", message, runHint(script.text));
  }
}

function runHint(script: string): string {
  const substitution = /`[^`]*`|\$\([^)]*\)/.exec(script)?.[0];
  const direct = "write ExecStart=/usr/bin/docker run … without the shell";
  if (substitution === undefined) return `${direct}, and export NAME=value as Environment=NAME=value`;
  return `${direct}, with the value itself (an image with its tag, say) in place of ${substitution}`;
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

function reportPlainScript(line: ExecLine, script: Word, sink: DiagnosticSink): void {
  const commands = [...script.text.matchAll(dockerCommand)];
  const [first] = commands;
  const isIdiom = commands.length > 0 && commands.every(([, name = ""]) => takenOver.includes(name));
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
  const isBefore = line.key === "ExecStartPre" || line.key === "ExecStopPost";
  const hint =
    isIdiom && isBefore
      ? "remove the line: the reconciler pulls images and replaces containers by itself"
      : line.key === "ExecStop"
        ? "remove the line: the container is stopped by its signal; see --stop-signal and --stop-timeout"
        : "remove the line: no command is run on the host; put it into the image, or into a unit of its own";
  sink.error(wordPosition(place), "shell-line", `${line.key}= runs a shell, which is not supported`, hint);
}
