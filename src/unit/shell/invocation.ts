import type { DiagnosticSink } from "../../lib/diagnostic.ts";
import type { ExecLine } from "../exec-line.ts";
import { type Word, wordPosition } from "../words.ts";

/** Programs that are started with a script, whether or not their language is read here. */
const shells = /(?:^|\/)(?:sh|bash|dash|ash|zsh|ksh|fish)$/;
/** Those whose words and variables mean what sh(1) of POSIX says. */
const readShells = /(?:^|\/)(?:sh|bash|dash|ash)$/;

/**
 * Letters that change nothing of what the subset means: `-e` and `-u` stop at a failure, and a variable that is not set
 * is an error anyway; `-x` and `-v` print; `-l` reads the profile of the host.
 */
const harmlessLetters = /^-[exuvl]*c?[exuvl]*$/;
const harmlessOptions = /^(?:errexit|nounset|xtrace|verbose|pipefail|posix)$/;
const harmlessLongOptions = /^--(?:login|noprofile|norc|posix|verbose)$/;

/** A line that starts a shell. */
export interface ShellInvocation {
  readonly shell: Word;
  readonly options: readonly Word[];
  /** After `-c`, else the file to run; absent when there is none. */
  readonly script?: Word | undefined;
  /** The script stands on the line itself. */
  readonly isInline: boolean;
  /** What follows the script: `$0`, `$1` … of it. */
  readonly others: readonly Word[];
}

/** Finds `sh -c 'script'`, also behind `env`; `undefined` when the line starts no shell. */
export function findShell({ program, args }: ExecLine): ShellInvocation | undefined {
  const words = [program, ...args];
  const isBehindEnv = /(?:^|\/)env$/.test(program.text) && shells.test(words[1]?.text ?? "");
  const first = isBehindEnv ? 1 : 0;
  const shell = words[first];
  if (shell === undefined || !shells.test(shell.text)) return undefined;
  const options: Word[] = [];
  let index = first + 1;
  let isInline = false;
  for (let word = words[index]; word !== undefined && /^[-+]./.test(word.text); word = words[index]) {
    index++;
    options.push(word);
    if (word.text === "--") break;
    if (/^-[a-zA-Z]*c/.test(word.text)) isInline = true;
    const name = /^-[a-z]*o$/.test(word.text) ? words[index] : undefined;
    if (name === undefined) continue;
    options.push(name);
    index++;
  }
  return { shell, options, script: words[index], isInline, others: words.slice(index + 1) };
}

/** Reports a shell that is not read here, options with a meaning of their own, and words after the script. */
export function checkInvocation(invocation: ShellInvocation, sink: DiagnosticSink): boolean {
  const { shell, options, script, others } = invocation;
  if (!readShells.test(shell.text)) {
    const message = `the language of "${shell.text}" is not read`;
    sink.error(
      wordPosition(shell),
      "shell-line",
      message,
      "write /bin/sh -c '…', or docker run without a shell",
    );
    return false;
  }
  const odd = options.find(({ text }, index) => !isHarmless(text, options[index - 1]?.text));
  if (odd !== undefined) {
    const message = `option "${odd.text}" of the shell is not supported`;
    sink.error(
      wordPosition(odd),
      "shell-line",
      message,
      "write /bin/sh -c '…'; -e, -u, -x, -v and -l may stand too",
    );
    return false;
  }
  const [other] = others;
  if (other !== undefined && script !== undefined) {
    const message = `only "${script.text}" is the script, "${other.text}" is an argument of it`;
    sink.error(wordPosition(other), "shell-line", message, "put quotes around the whole script: sh -c '…'");
    return false;
  }
  return true;
}

function isHarmless(text: string, before = ""): boolean {
  if (/^-[a-z]*o$/.test(before)) return harmlessOptions.test(text);
  if (/^-[exuvlc]*o$/.test(text)) return true;
  return text === "--" || harmlessLetters.test(text) || harmlessLongOptions.test(text);
}
