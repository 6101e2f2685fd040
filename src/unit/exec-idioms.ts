import { familiarReference, parseImageRef } from "../model/image-ref.ts";
import { readCommands } from "./exec-commands.ts";
import { type DockerCommand, type ExecLine, isDocker, readDockerCommand } from "./exec-line.ts";
import { signalName } from "./signals.ts";
import type { UnitFile } from "./unit-file.ts";
import type { Expansion } from "./variables.ts";
import { sliceWord, type Word, wordPosition } from "./words.ts";

/** Commands around the run that the reconciler does itself, by setting. */
export const idiomTable: Readonly<Record<string, readonly string[]>> = {
  ExecStartPre: ["kill", "rm", "stop", "pull", "volume create"],
  ExecStartPost: [],
  ExecReload: ["kill", "restart", "exec"],
  ExecStop: ["stop", "kill", "rm"],
  ExecStopPost: ["stop", "kill", "rm"],
};

/** What the unit runs, as far as it is known. */
interface OwnContainer {
  readonly name: string;
  /** As written on the line. */
  readonly image?: string | undefined;
  readonly volumes: ReadonlySet<string>;
}

/** What `ExecStop=` says about stopping. */
export interface StopIdiom {
  readonly timeoutSeconds?: { readonly value: number; readonly word: Word };
  readonly signal?: { readonly value: string; readonly word: Word };
  /** The container is stopped by a command, not by `KillSignal=`. */
  readonly isExplicit: boolean;
}

/**
 * Reads the commands around `ExecStart=`: the idioms above are taken over, everything else is reported, because the
 * reconciler runs no command on the host.
 *
 * @param own `undefined` when ExecStart= could not be read; names are not compared then
 */
export function readIdioms(file: UnitFile, own: OwnContainer | undefined, expansion: Expansion): StopIdiom {
  let stop: StopIdiom = { isExplicit: false };
  for (const key of Object.keys(idiomTable)) {
    for (const command of readCommands(key, file, expansion)) {
      const found = readIdiom(command.line, own, command.expansion);
      if (key === "ExecStop" && found !== undefined) stop = { ...stop, ...found };
    }
  }
  return stop;
}

function readIdiom(
  line: ExecLine,
  own: OwnContainer | undefined,
  expansion: Expansion,
): StopIdiom | undefined {
  const { sink } = expansion.scope;
  if (!isDocker(line)) {
    const message = `${line.key}= runs "${line.program.text}" on the host, which is not supported`;
    const hint = "remove the line; put the command into the image, or into a unit of its own";
    sink.error(wordPosition(line.program), "host-command", message, hint);
    return undefined;
  }
  const command = readDockerCommand(line, expansion);
  if (command === undefined) return undefined;
  if (!idiomTable[line.key]?.includes(command.name)) {
    const message = `${line.key}= runs "docker ${command.name}", which is not supported`;
    sink.error(wordPosition(command.verb), "docker-command", message, commandHint(command.name));
    return undefined;
  }
  if (command.name === "exec") return undefined;
  return readTakenOver(line.key, command, { own, expansion });
}

function commandHint(name: string): string {
  if (name === "network connect") return "write another --network on the docker run line";
  if (name === "network create")
    return "declare the network in a compose file, or create it on the Engine once";
  if (name === "login") return "give the reconciler the registry's credentials";
  if (name === "run") return "write a unit of its own, with Type=oneshot for a job, and After= in this one";
  return "remove the line: the reconciler creates, starts, stops and removes the container by itself";
}

interface Around {
  readonly own: OwnContainer | undefined;
  readonly expansion: Expansion;
}

function readTakenOver(key: string, command: DockerCommand, around: Around): StopIdiom {
  const options = readOptions(command, around.expansion);
  const what = { pull: "image", "volume create": "volume" }[command.name] ?? "container";
  if (options.names.length === 0) {
    const message = `docker ${command.name} names no ${what}`;
    around.expansion.scope.sink.error(wordPosition(command.verb), "invalid-command", message);
  }
  for (const name of options.names) checkName(key, command, name, around);
  return {
    isExplicit: command.name === "stop" || command.name === "kill",
    ...(options.timeoutSeconds === undefined ? {} : { timeoutSeconds: options.timeoutSeconds }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

function checkName(key: string, command: DockerCommand, name: Word, { own, expansion }: Around): void {
  if (own === undefined) return;
  const { sink } = expansion.scope;
  if (command.name === "pull") {
    if (own.image === undefined || referenceOf(own.image) === referenceOf(name.text)) return;
    const message = `${key}= pulls "${name.text}", but the unit runs "${own.image}"`;
    sink.error(
      wordPosition(name),
      "other-image",
      message,
      "remove the line: the image of ExecStart= is pulled anyway",
    );
  } else if (command.name === "volume create") {
    if (own.volumes.has(name.text)) return;
    const message = `volume "${name.text}" is not used by the unit`;
    sink.error(wordPosition(name), "other-volume", message, "remove the line: volumes of -v are made anyway");
  } else if (name.text !== own.name) {
    const message = `${key}= is about container "${name.text}", but the unit runs "${own.name}"`;
    sink.error(wordPosition(name), "other-container", message, `write ${own.name}, or remove the line`);
  }
}

function referenceOf(image: string): string {
  const ref = parseImageRef(image);
  return typeof ref === "string" ? image : familiarReference(ref);
}

interface Options {
  readonly names: readonly Word[];
  readonly timeoutSeconds?: { readonly value: number; readonly word: Word };
  readonly signal?: { readonly value: string; readonly word: Word };
}

/** Options of these commands that take a value, and the letters that stand for them. */
const valued: ReadonlyMap<string, "time" | "signal" | "none"> = new Map([
  ["-t", "time"],
  ["--time", "time"],
  ["--timeout", "time"],
  ["-s", "signal"],
  ["--signal", "signal"],
  ["--platform", "none"],
]);
const switches =
  /^(?:-[fvlqa]+|--(?:force|volumes|link|quiet|all-tags|disable-content-trust)(?:=(?:true|false))?)$/;

function readOptions(command: DockerCommand, { scope }: Expansion): Options {
  const names: Word[] = [];
  const found: FoundOptions = {};
  for (let index = 0; index < command.args.length; index++) {
    const word = command.args[index];
    if (word === undefined || switches.test(word.text)) continue;
    if (!word.text.startsWith("-")) {
      names.push(word);
      continue;
    }
    const match = /^(--[a-z-]+|-[ts])(=)?/.exec(word.text);
    const kind = match?.[1] === undefined ? undefined : valued.get(match[1]);
    if (match === null || kind === undefined) {
      const message = `unknown flag "${word.text}" of docker ${command.name}`;
      scope.sink.error(wordPosition(word), "unknown-flag", message);
      continue;
    }
    const own = match[0].length < word.text.length || match[2] !== undefined;
    const value = own ? sliceWord(word, match[0].length) : command.args[++index];
    if (kind === "time") readTimeout(found, value ?? word, scope);
    else if (kind === "signal") readSignal(found, value ?? word, scope);
  }
  return { names, ...found };
}

type FoundOptions = { -readonly [K in keyof Omit<Options, "names">]: Options[K] };

function readTimeout(found: FoundOptions, word: Word, { sink }: Expansion["scope"]): void {
  if (/^-?\d{1,9}$/.test(word.text)) found.timeoutSeconds = { value: Math.max(-1, Number(word.text)), word };
  else sink.error(wordPosition(word), "invalid-flag-value", `"${word.text}" is not a number of seconds`);
}

function readSignal(found: FoundOptions, word: Word, { sink }: Expansion["scope"]): void {
  const value = signalName(word.text);
  if (value !== undefined) found.signal = { value, word };
  else sink.error(wordPosition(word), "invalid-flag-value", `"${word.text}" is not a signal`);
}
