import { DiagnosticSink } from "../lib/diagnostic.ts";
import { type ExecLine, readExecLines } from "./exec-line.ts";
import { checkInvocation, findShell, type ShellInvocation } from "./shell/invocation.ts";
import { readScript, type ShellCommand } from "./shell/script.ts";
import { aroundHint, reportPlainScript, wrapsRun } from "./shell-lines.ts";
import type { UnitFile } from "./unit-file.ts";
import type { Expansion } from "./variables.ts";

/**
 * The commands of a setting, with those of `sh -c` scripts in the place of the shell. What cannot be read is reported
 * and left out.
 */
export function readCommands(key: string, file: UnitFile, expansion: Expansion): readonly ShellCommand[] {
  return readExecLines(key, file, expansion).flatMap((line) => commandsOf(line, expansion) ?? []);
}

/** The docker commands of a line that starts a shell, or the line itself; `undefined` when it was reported. */
export function commandsOf(line: ExecLine, expansion: Expansion): readonly ShellCommand[] | undefined {
  const shell = findShell(line);
  return shell === undefined ? [{ line, expansion }] : readShell(line, shell, expansion);
}

function readShell(
  line: ExecLine,
  shell: ShellInvocation,
  expansion: Expansion,
): readonly ShellCommand[] | undefined {
  const { sink } = expansion.scope;
  const { script } = shell;
  if (script === undefined || !shell.isInline) {
    reportPlainScript(line, script ?? shell.shell, sink);
    return undefined;
  }
  const findings = new DiagnosticSink();
  const quiet = { ...expansion, scope: { ...expansion.scope, sink: findings } };
  const commands = checkInvocation(shell, findings) ? readScript(line, script, quiet) : undefined;
  if (line.key === "ExecStart") {
    if (!wrapsRun(script) && shell.others.length === 0 && !commands?.some(isRun)) {
      reportPlainScript(line, script, sink);
      return undefined;
    }
    sink.addAll(findings.diagnostics);
  } else if (commands !== undefined) sink.addAll(findings.diagnostics);
  else {
    // The whole line can go, so that one finding is enough.
    const first = findings.diagnostics.find(({ severity }) => severity === "error");
    if (first !== undefined) sink.error(first.position, first.code, first.message, aroundHint(line, script));
  }
  // Findings about the words themselves go where they belong.
  return commands?.map((command) => ({
    ...command,
    expansion: { ...command.expansion, scope: expansion.scope },
  }));
}

function isRun({ line }: ShellCommand): boolean {
  return line.args.some(({ text }) => text === "run");
}
