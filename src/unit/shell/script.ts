import { reportClientVariable } from "../environment.ts";
import { type ExecLine, isDockerProgram } from "../exec-line.ts";
import { type Expansion, expandScript } from "../variables.ts";
import { type Word, wordPosition } from "../words.ts";
import {
  assignedName,
  expandAssignment,
  expandWord,
  isOddAssignment,
  placeOf,
  refuse,
} from "./expand-words.ts";
import { commandRefusal, operatorRefusals, reservedWords, wordRefusals } from "./refusals.ts";
import { type ShellState, stretchOf } from "./state.ts";
import { readTokens, type Stop, type Token } from "./tokens.ts";

/** One docker command of a script, as if it stood on the line itself. */
export interface ShellCommand {
  readonly line: ExecLine;
  /** With what the script has exported. */
  readonly expansion: Expansion;
}

type WordToken = Extract<Token, { kind: "word" }>;
type OperatorToken = Extract<Token, { kind: "operator" }>;

/** Operators that may stand behind a command, depending on the command. */
const connectors: readonly string[] = [";", "\n", "&&", "||"];

/** What became of a command: it changes variables at most, or talks to Docker, or is not read. */
type Outcome = "harmless" | "docker" | "refused";

/**
 * Reads the script of `sh -c` as far as it is in the documented subset: assignments, exports, `exec`, `true`, `set -eux`
 * and docker commands, one after the other. Anything else is reported at its place. Nothing is run.
 *
 * @param line the command that starts the shell
 * @returns the docker commands; `undefined` when something was reported
 */
export function readScript(
  line: ExecLine,
  written: Word,
  expansion: Expansion,
): readonly ShellCommand[] | undefined {
  const { sink } = expansion.scope;
  const before = sink.diagnostics.length;
  const script = line.prefixes.includes(":") ? written : expandScript(written, expansion);
  const { variables } = expansion.environment;
  const state: ShellState = {
    key: line.key,
    script,
    expansion,
    sink,
    variables: new Map(variables),
    exported: new Set(variables.keys()),
  };
  const { tokens, stop } = readTokens(script.text);
  const commands = new ScriptReader(state, line).read(tokens, stop);
  const isSound = sink.diagnostics.slice(before).every(({ severity }) => severity !== "error");
  return isSound ? commands : undefined;
}

class ScriptReader {
  private readonly state: ShellState;
  private readonly line: ExecLine;
  private readonly commands: ShellCommand[] = [];

  constructor(state: ShellState, line: ExecLine) {
    this.state = state;
    this.line = line;
  }

  read(tokens: readonly Token[], stop: Stop | undefined): readonly ShellCommand[] {
    let words: WordToken[] = [];
    let left: OperatorToken | undefined;
    for (const token of tokens) {
      if (token.kind === "word") {
        words.push(token);
        continue;
      }
      const isBlankLine = words.length === 0 && token.text === "\n";
      if (isBlankLine) continue;
      const isReserved = words[0] !== undefined && reservedOf(words[0]) !== undefined;
      if (words.length === 0 || (!isReserved && !connectors.includes(token.text))) {
        // What else is wrong with its words is worth knowing, too.
        for (const word of words) expandWord(word, this.state);
        this.refuseOperator(token);
        return [];
      }
      const outcome = this.command(words, left);
      words = [];
      if (outcome === "refused") return [];
      if (token.text === "||" && outcome === "harmless") {
        this.refuseOperator(token);
        return [];
      }
      left = token;
    }
    // A word that cannot be read makes its whole command unreadable.
    if (stop !== undefined) this.reportStop(stop);
    else if (words.length > 0) this.command(words, left);
    else if (left !== undefined && /[&|]/.test(left.text)) this.refuseOperator(left);
    return this.commands;
  }

  private refuseOperator(token: OperatorToken): void {
    const text = token.text.replace(/^\d+/, "");
    const base = Object.hasOwn(operatorRefusals, text) ? text : text.startsWith("<") ? "<" : ">";
    const isLoose = connectors.includes(text) && text !== "||" && text !== "&&";
    const loose = { what: `"${text}" without a command before it`, hint: "remove it" };
    this.refused(token, isLoose ? loose : operatorRefusals[base]);
  }

  /** One simple command (POSIX): assignments, then a program with its arguments. */
  private command(words: readonly WordToken[], before: OperatorToken | undefined): Outcome {
    const count = words.findIndex((word) => assignedName(word) === undefined);
    const assignments = count < 0 ? words : words.slice(0, count);
    const [first, ...others] = count < 0 ? [] : words.slice(count);
    const odd = first !== undefined && isOddAssignment(first) ? first : undefined;
    if (odd !== undefined) return this.refused(placeOf(odd, this.state), wordRefusals.append);
    const values = assignments.map((word) => expandAssignment(word, this.state));
    for (const { name, place } of values) reportClientVariable(name, place, this.state.expansion.scope);
    if (first === undefined) {
      for (const { name, value } of values) this.state.variables.set(name, value);
      return this.follows(before, "harmless");
    }
    const reserved = reservedOf(first);
    if (reserved !== undefined) return this.refused(placeOf(first, this.state), reserved);
    return this.run([first, ...others], new Map(values.map(({ name, value }) => [name, value])), before);
  }

  private run(
    words: readonly WordToken[],
    own: ReadonlyMap<string, string>,
    before: OperatorToken | undefined,
  ): Outcome {
    // Words that become nothing stand before the program.
    let count = 0;
    let expanded: readonly Word[] = [];
    for (; count < words.length && expanded.length === 0; count++) {
      const word = words[count];
      if (word !== undefined) expanded = expandWord(word, this.state);
    }
    const [program, ...early] = expanded;
    if (program === undefined) return "harmless";
    const others = words.slice(count);
    if (program.text === "export" && early.length === 0) return this.follows(before, this.export(others));
    const args = [...early, ...others.flatMap((word) => expandWord(word, this.state))];
    if (program.text === "exec" && args[0] !== undefined && !args[0].text.startsWith("-")) {
      return this.docker(args, own, before);
    }
    if (program.text === "true" || program.text === ":") return this.succeed(before);
    if (program.text === "set" && args.every(({ text }) => /^-[euxv]+$/.test(text)))
      return this.follows(before, "harmless");
    const isEnd = program.text === "exit" && args.length === 1 && args[0]?.text === "0";
    if (isEnd && this.commands.length > 0) return this.succeed(before);
    return this.docker([program, ...args], own, before);
  }

  private docker(
    [program, ...args]: readonly Word[],
    own: ReadonlyMap<string, string>,
    before: OperatorToken | undefined,
  ): Outcome {
    if (program === undefined) return "harmless";
    if (!isDockerProgram(program.text)) return this.refused(program, commandRefusal(program.text));
    if (before?.text === "||") return this.refused(before, operatorRefusals["||"]);
    const { variables, exported, expansion } = this.state;
    const visible = new Map([...variables].filter(([name]) => exported.has(name)));
    const environment = { ...expansion.environment, variables: new Map([...visible, ...own]) };
    // The words are finished: systemd's own expansion is over.
    const line = { ...this.line, prefixes: `${this.line.prefixes}:`, program, args };
    this.commands.push({ line, expansion: { ...expansion, environment } });
    return "docker";
  }

  /** `true` behind a docker command makes a success of its failure, as the prefix `-` does. */
  private succeed(before: OperatorToken | undefined): Outcome {
    const last = this.commands.pop();
    if (last === undefined) return "harmless";
    const isPlain = before?.text === "&&";
    const { prefixes } = last.line;
    this.commands.push(isPlain ? last : { ...last, line: { ...last.line, prefixes: `-${prefixes}` } });
    return "docker";
  }

  /** What only prepares a command is not read behind `||`, which would leave it out most of the time. */
  private follows(before: OperatorToken | undefined, outcome: Outcome): Outcome {
    if (before?.text !== "||" || outcome === "refused") return outcome;
    return this.refused(before, operatorRefusals["||"]);
  }

  private export(words: readonly WordToken[]): Outcome {
    for (const word of words) {
      if (assignedName(word) !== undefined) {
        const { name, value, place } = expandAssignment(word, this.state, true);
        reportClientVariable(name, place, this.state.expansion.scope);
        this.state.variables.set(name, value);
        this.state.exported.add(name);
        continue;
      }
      if (isOddAssignment(word)) return this.refused(placeOf(word, this.state), wordRefusals.append);
      for (const { text } of expandWord(word, this.state)) {
        if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(text)) {
          const refusal = { what: `"export ${text}"`, hint: "write export NAME=value or export NAME" };
          return this.refused(placeOf(word, this.state), refusal);
        }
        this.state.exported.add(text);
      }
    }
    return "harmless";
  }

  private refused(place: Word | Token, refusal: (typeof operatorRefusals)[string] | undefined): Outcome {
    const word = "kind" in place ? placeOf(place, this.state) : place;
    if (refusal !== undefined) refuse(word, this.state, refusal);
    return "refused";
  }

  private reportStop({ why, start, end }: Stop): void {
    const place = stretchOf(this.state, start, end);
    if (why === "open-quote" || why === "open-substitution") {
      const what = why === "open-quote" ? "quotation" : "command substitution";
      this.state.sink.error(wordPosition(place), why, `the shell's ${what} is never closed`, "close it");
    } else refuse(place, this.state, wordRefusals[why]);
  }
}

/** A word that is written without quotes and means something of its own where a command could stand. */
function reservedOf({ parts }: WordToken): (typeof reservedWords)[string] | undefined {
  const [only, second] = parts;
  if (only?.kind !== "text" || only.quoted || second !== undefined) return undefined;
  return Object.hasOwn(reservedWords, only.text) ? reservedWords[only.text] : undefined;
}
