import { expandSpecifiers } from "./specifiers.ts";
import { type Assignment, listOf, type UnitFile } from "./unit-file.ts";
import { type Expansion, expandVariables } from "./variables.ts";
import { sliceWord, splitCommandLines, type Word, wordPosition } from "./words.ts";

/** One command of an Exec setting. */
export interface ExecLine {
  /** `ExecStart`, `ExecStartPre` … */
  readonly key: string;
  readonly item: Assignment;
  /** Of `- @ : + !`, as written. */
  readonly prefixes: string;
  /** The executable as written, without prefixes. */
  readonly program: Word;
  /** Specifiers are resolved, variables are not. */
  readonly args: readonly Word[];
}

/** The commands of a setting (`Command lines` in systemd.service(5)); an empty assignment resets those before it. */
export function readExecLines(key: string, file: UnitFile, { scope }: Expansion): ExecLine[] {
  return listOf(file, "Service", key).flatMap((item) =>
    splitCommandLines(item.value, scope.sink).flatMap((written) => {
      const [first, ...others] = written.map((word) => expandSpecifiers(word, scope));
      if (first === undefined) return [];
      const prefixes = /^[-@:+!]*/.exec(first.text)?.[0] ?? "";
      const program = sliceWord(first, prefixes.length);
      if (program.text === "" || program.text.startsWith("$")) {
        const hint = "write the path of the program, such as /usr/bin/docker";
        scope.sink.error(wordPosition(first), "invalid-command", `${key}= has no program`, hint);
        return [];
      }
      const args = prefixes.includes("@") ? others.slice(1) : others;
      return [{ key, item, prefixes, program, args }];
    }),
  );
}

/** The arguments with their variables, which the prefix `:` leaves as they are. */
function expandArguments(line: ExecLine, expansion: Expansion): Word[] {
  return line.prefixes.includes(":") ? [...line.args] : expandVariables(line.args, expansion);
}

/** A `docker` command line. */
export interface DockerCommand {
  /** `run`, `stop`, `volume create` … */
  readonly name: string;
  /** The word to point at. */
  readonly verb: Word;
  readonly args: readonly Word[];
}

/** Commands that exist below a noun and alone: `docker container run` is `docker run`. */
const nouns: Readonly<Record<string, readonly string[]>> = {
  container: ["run", "create", "start", "stop", "kill", "rm", "restart", "exec", "inspect"],
  image: ["pull", "inspect", "history"],
};

export function isDocker({ program }: ExecLine): boolean {
  return isDockerProgram(program.text);
}

export function isDockerProgram(program: string): boolean {
  return /^(?:\/(?:[^/]+\/)*)?docker$/.test(program);
}

/** Reads `docker [options] command …`; options before the command are reported. */
export function readDockerCommand(line: ExecLine, expansion: Expansion): DockerCommand | undefined {
  const words = expandArguments(line, expansion);
  let index = 0;
  for (let word = words[0]; word?.text.startsWith("-"); word = words[index]) {
    index += reportGlobalOption(word, expansion);
  }
  const verb = words[index];
  if (verb === undefined) {
    const hint = "write docker run [flags] image";
    expansion.scope.sink.error(wordPosition(line.program), "invalid-command", "docker has no command", hint);
    return undefined;
  }
  const next = words[index + 1];
  const isNoun = Object.hasOwn(nouns, verb.text) && next !== undefined;
  if (isNoun && nouns[verb.text]?.includes(next.text)) {
    return { name: next.text, verb: next, args: words.slice(index + 2) };
  }
  const isPair = ["volume", "network", "compose"].includes(verb.text) && next !== undefined;
  return {
    name: isPair ? `${verb.text} ${next.text}` : verb.text,
    verb,
    args: words.slice(index + (isPair ? 2 : 1)),
  };
}

/** Options of docker itself (`docker --help`) address or configure the client, which the reconciler does not use. */
const valueOptions = /^(?:-[Hcl]|--(?:host|context|config|log-level|tlscacert|tlscert|tlskey))$/;

function reportGlobalOption(word: Word, { scope }: Expansion): number {
  const name = word.text.replace(/=.*$/s, "").replace(/^(-[a-zA-Z]).*$/s, "$1");
  const isTarget = /^(?:-H|--host|-c|--context|--tls.*)$/.test(name);
  const hint = isTarget
    ? "remove it: all units run on the Engine that the reconciler is connected to (DOCKER_HOST)"
    : "remove it: the docker command is not used";
  scope.sink.error(wordPosition(word), "global-option", `docker option "${name}" is not supported`, hint);
  return valueOptions.test(word.text) ? 2 : 1;
}
