import { DiagnosticSink, type Parsed } from "../lib/diagnostic.ts";
import { limits } from "../lib/limits.ts";
import { partialName } from "./check-template.ts";
import { type ExpressionContext, evaluateCall, evaluateValue } from "./expressions.ts";
import { asText, type Dialect, Quoted } from "./helpers.ts";
import { positionOf, type Template } from "./parse-template.ts";
import { OutputLimitError, RenderedText, type SourceMap } from "./rendered-text.ts";
import { innerScope, rootScope, type Scope, withoutLocals } from "./scope.ts";
import type { SecretTrace } from "./secret-trace.ts";
import type {
  BlockStatement,
  ContentStatement,
  MustacheStatement,
  PartialStatement,
  Program,
  Statement,
} from "./template-ast.ts";
import {
  describeValue,
  isList,
  isMap,
  isTruthy,
  type TemplateMap,
  type TemplateValue,
} from "./template-value.ts";

/** Bounds of one rendered file; a run without a time limit needs a limit of its work. */
const maxOutputLength = limits.renderedText.most;
const maxStatements = limits.templateSteps.most;
const maxPartialDepth = limits.partialDepth.most;
/** One bad name in a loop is one mistake for people, not a thousand. */
const maxMistakes = 50;

/** Line breaks and other characters that could end a line, a word or a quoted text. */
const controlCharacter = /[\p{Cc}\u2028\u2029]/u;

export interface RenderEnvironment {
  readonly values: TemplateMap;
  /** Sound ones by name. A call of any other makes the result absent without a word: it was reported before. */
  readonly partials: ReadonlyMap<string, Template>;
  readonly dialect: Dialect;
  readonly trace: SecretTrace;
}

/**
 * Renders one template by walking its tree. Strict everywhere: a name without a value is an error wherever it stands,
 * nothing is escaped, nothing inherited can be reached, and a raw value cannot break out of its line.
 *
 * @returns the text with the origin of each part; absent when there is any error
 */
export function renderTemplate(template: Template, environment: RenderEnvironment): Parsed<SourceMap> {
  const renderer = new Renderer(environment);
  const sink = new DiagnosticSink();
  try {
    renderer.program(template.program, rootScope(environment.values, environment.trace), template.file);
  } catch (error) {
    const start = { file: template.file, line: 1, column: 1 };
    if (error instanceof OutputLimitError)
      sink.error(start, "template-too-large", "the rendered text is larger than 1 MiB");
    else if (error instanceof WorkLimitError) sink.error(start, "template-too-large", error.message);
    else throw error;
  }
  sink.addAll(withoutRepetitions(renderer.sink));
  return sink.hasErrors || renderer.isIncomplete
    ? { diagnostics: sink.diagnostics }
    : { value: renderer.output.finish(), diagnostics: sink.diagnostics };
}

class WorkLimitError extends Error {}

class Renderer {
  readonly sink = new DiagnosticSink();
  readonly output = new RenderedText(maxOutputLength);
  /** A partial that is broken itself was left out. */
  isIncomplete = false;
  private readonly environment: RenderEnvironment;
  private statements = 0;
  private partialDepth = 0;

  constructor(environment: RenderEnvironment) {
    this.environment = environment;
  }

  program(program: Program | undefined, scope: Scope, file: string): void {
    for (const statement of program?.body ?? []) {
      this.statements++;
      if (this.statements > maxStatements)
        throw new WorkLimitError(`the template takes more than ${maxStatements} steps`);
      if (this.sink.diagnostics.length >= maxMistakes * 20) throw new WorkLimitError("too many mistakes");
      this.statement(statement, scope, file);
    }
  }

  private statement(statement: Statement, scope: Scope, file: string): void {
    switch (statement.type) {
      case "ContentStatement":
        this.content(statement, file);
        return;
      case "MustacheStatement":
        this.mustache(statement, scope, file);
        return;
      case "BlockStatement":
        this.block(statement, scope, file);
        return;
      case "PartialStatement":
        this.partial(statement, scope, file);
        return;
      // The others are comments, or were reported by `checkTemplate`.
      default:
        return;
    }
  }

  private content(statement: ContentStatement, file: string): void {
    if (statement.value === "") return;
    const skipped = statement.original.slice(0, strippedLength(statement));
    const { line, column } = statement.loc.start;
    const newline = skipped.lastIndexOf("\n");
    this.output.copy(statement.value, {
      file,
      line: line + skipped.split("\n").length - 1,
      column: newline < 0 ? column + skipped.length + 1 : skipped.length - newline,
    });
  }

  private mustache(statement: MustacheStatement, scope: Scope, file: string): void {
    const value = evaluateCall(statement, scope, this.context(file));
    if (value === undefined) return;
    const position = positionOf(statement.loc, file);
    if (value instanceof Quoted) {
      this.output.make(value.text, position);
      return;
    }
    const text = asText(value);
    if (text === undefined) {
      const hint =
        value === null ? 'give it a value, or write {{default x ""}}' : "write {{yaml x}} or {{#each x}}";
      this.sink.error(
        position,
        "not-a-text",
        `a text is needed here, but the value is ${describeValue(value)}`,
        hint,
      );
    } else if (controlCharacter.test(text)) {
      const what = /[\n\r\u0085\u2028\u2029]/.test(text) ? "a line break" : "a control character";
      this.sink.error(position, "unsafe-value", `the value contains ${what}`, this.quotingHint());
    } else {
      this.output.make(text, position);
    }
  }

  private quotingHint(): string {
    if (this.environment.dialect === "unit") return "write {{quote x}}, which makes it one quoted word";
    const quoted = "write {{yaml x}}, which quotes it";
    return this.environment.dialect === "file" ? `${quoted}, or {{multiline x}}` : quoted;
  }

  private block(block: BlockStatement, scope: Scope, file: string): void {
    const name = block.path.type === "PathExpression" ? block.path.original : "";
    if (name === "raw") {
      this.program(block.program, scope, file);
      return;
    }
    const [argument] = block.params;
    const value = argument && evaluateValue(argument, scope, this.context(file));
    if (value === undefined) return;
    if (name === "if" || name === "unless") {
      const isZeroTrue = value === 0 && this.includesZero(block, scope, file);
      const taken = (isTruthy(value) || isZeroTrue) === (name === "if");
      this.program(taken ? block.program : block.inverse, scope, file);
    } else if (name === "with") {
      const [local] = block.program?.blockParams ?? [];
      if (!isTruthy(value) && value !== 0) this.program(block.inverse, scope, file);
      else this.program(block.program, innerScope(scope, value, local ? [[local, value]] : []), file);
    } else if (name === "each") {
      this.each(block, value, scope, file);
    }
  }

  private includesZero(block: BlockStatement, scope: Scope, file: string): boolean {
    const pair = block.hash?.pairs.find((candidate) => candidate.key === "includeZero");
    return pair !== undefined && isTruthy(evaluateValue(pair.value, scope, this.context(file)));
  }

  private each(block: BlockStatement, value: TemplateValue, scope: Scope, file: string): void {
    if (!isList(value) && !isMap(value) && value !== null) {
      const position = positionOf(block.path.loc, file);
      const message = `{{#each}} needs a list or a mapping, but the value is ${describeValue(value)}`;
      this.sink.error(position, "not-a-list", message);
      return;
    }
    const entries: [string | number, TemplateValue][] = isList(value)
      ? value.map((item, index) => [index, item])
      : Object.entries(value ?? {});
    const [itemName, keyName] = block.program?.blockParams ?? [];
    entries.forEach(([key, item], index) => {
      const locals: [string, TemplateValue][] = [];
      if (itemName !== undefined) locals.push([itemName, item]);
      if (keyName !== undefined) locals.push([keyName, key]);
      const inner = innerScope(scope, item, locals, [
        ["key", key],
        ["index", index],
        ["first", index === 0],
        ["last", index === entries.length - 1],
      ]);
      this.program(block.program, inner, file);
    });
    if (entries.length === 0) this.program(block.inverse, scope, file);
  }

  private partial(statement: PartialStatement, scope: Scope, file: string): void {
    const partial = this.environment.partials.get(partialName(statement.name) ?? "");
    if (!partial) {
      this.isIncomplete = true;
      return;
    }
    if (this.partialDepth >= maxPartialDepth) {
      const message = `partials are nested deeper than ${maxPartialDepth}`;
      this.sink.error(positionOf(statement.loc, file), "template-too-large", message);
      return;
    }
    const inner = this.partialScope(statement, scope, file);
    if (!inner) return;
    this.partialDepth++;
    this.output.indented(statement.indent, () => this.program(partial.program, inner, partial.file));
    this.partialDepth--;
  }

  /** `{{> name context key=value}}`: the context (or the present one) with the named values on top. */
  private partialScope(statement: PartialStatement, scope: Scope, file: string): Scope | undefined {
    const [argument] = statement.params;
    const pairs = statement.hash?.pairs ?? [];
    const context = argument ? evaluateValue(argument, scope, this.context(file)) : scope.context;
    const named = pairs.map(
      (pair) => [pair.key, evaluateValue(pair.value, scope, this.context(file))] as const,
    );
    if (context === undefined || named.some(([, value]) => value === undefined)) return undefined;
    if (!argument && pairs.length === 0) return withoutLocals(scope);
    const merged: Record<string, TemplateValue> = Object.create(null);
    if (isMap(context)) Object.assign(merged, context);
    for (const [key, value] of named) if (value !== undefined) merged[key] = value;
    return withoutLocals(innerScope(scope, pairs.length === 0 ? context : merged));
  }

  private context(file: string): ExpressionContext {
    return { file, dialect: this.environment.dialect, sink: this.sink };
  }
}

/** How much white space control took from the start of the text. */
function strippedLength(statement: ContentStatement): number {
  const { original, value } = statement;
  if (!statement.rightStripped) return 0;
  const firstInk = value.search(/\S/);
  if (firstInk >= 0) return original.search(/\S/) - firstInk;
  return /^[ \t]*\r?\n?/.exec(original)?.[0].length ?? 0;
}

function withoutRepetitions(sink: DiagnosticSink): DiagnosticSink["diagnostics"] {
  const seen = new Set<string>();
  return sink.diagnostics
    .filter(({ position, message }) => {
      const key = `${position.file}:${position.line}:${position.column}:${message}`;
      return seen.has(key) ? false : seen.add(key);
    })
    .slice(0, maxMistakes);
}
