import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { DiagnosticCode } from "../lib/diagnostic-codes.ts";
import { didYouMean } from "../lib/suggest.ts";
import { helpers } from "./helpers.ts";
import { positionOf, type Template } from "./parse-template.ts";
import { isScoped } from "./scope.ts";
import type {
  BlockStatement,
  CallParts,
  Expression,
  PartialStatement,
  Program,
  Statement,
} from "./template-ast.ts";

/** Blocks with the number of their block parameters (`as |item index|`). */
const blocks: Readonly<Record<string, { readonly params: number; readonly blockParams: number }>> = {
  if: { params: 1, blockParams: 0 },
  unless: { params: 1, blockParams: 0 },
  each: { params: 1, blockParams: 2 },
  with: { params: 1, blockParams: 1 },
  raw: { params: 0, blockParams: 0 },
};

/**
 * Finds what is wrong with a template whatever its values are: unknown helpers, blocks and partials, wrong numbers of
 * arguments and parts of Handlebars that are left out. Branches that are not taken are checked as well.
 */
export function checkTemplate(template: Template, partials: ReadonlySet<string>, sink: DiagnosticSink): void {
  new Checker(template.file, partials, sink).program(template.program);
}

class Checker {
  private readonly file: string;
  private readonly partials: ReadonlySet<string>;
  private readonly sink: DiagnosticSink;

  constructor(file: string, partials: ReadonlySet<string>, sink: DiagnosticSink) {
    this.file = file;
    this.partials = partials;
    this.sink = sink;
  }

  program(program: Program | undefined): void {
    for (const statement of program?.body ?? []) this.statement(statement);
  }

  private statement(statement: Statement): void {
    switch (statement.type) {
      case "ContentStatement":
      case "CommentStatement":
        return;
      case "MustacheStatement":
        this.call(statement, statement, false);
        return;
      case "BlockStatement":
        this.block(statement);
        return;
      case "PartialStatement":
        this.partial(statement);
        return;
      case "PartialBlockStatement":
      case "Decorator":
      case "DecoratorBlock":
        this.error(
          statement,
          "unsupported-template-syntax",
          "partial blocks and decorators are not supported",
          "put the text into a file below templates/ and include it with {{> name}}",
        );
        return;
      default:
        statement satisfies never;
    }
  }

  /** A mustache or a sub-expression: a name to look up, or a helper with arguments. */
  private call(call: CallParts, at: Located, isSubExpression: boolean): void {
    const { path } = call;
    if (path.type !== "PathExpression") {
      this.error(at, "not-a-name", "a literal is no name", "write the text itself without braces");
      return;
    }
    const name = isScoped(path) || path.parts.length !== 1 ? undefined : path.parts[0];
    const helper = name === undefined ? undefined : helpers.get(name);
    const hash = call.hash?.pairs ?? [];
    if (!helper) {
      if (call.params.length + hash.length === 0 && !isSubExpression) return;
      const hint = didYouMean(path.original, helpers.keys()) ?? `helpers: ${[...helpers.keys()].join(", ")}`;
      this.error(path, "unknown-helper", `unknown helper "${path.original}"`, hint);
      return;
    }
    const { minimum, maximum, usage } = helper;
    if (call.params.length < minimum || call.params.length > maximum) {
      const hint = `a value with this name is reached by {{this.${name}}}`;
      this.error(at, "helper-arguments", `helper "${name}" is written ${usage}`, hint);
    }
    for (const pair of hash) this.error(pair, "helper-arguments", `helper "${name}" takes no "${pair.key}="`);
    for (const argument of call.params) this.expression(argument);
  }

  private expression(expression: Expression): void {
    if (expression.type === "SubExpression") this.call(expression, expression, true);
  }

  private block(block: BlockStatement): void {
    const name = block.path.type === "PathExpression" ? block.path.original : "";
    const shape = Object.hasOwn(blocks, name) ? blocks[name] : undefined;
    if (!shape) {
      const hint =
        didYouMean(name, Object.keys(blocks)) ??
        `write {{#if ${name}}}, {{#each ${name}}} or {{#with ${name}}}`;
      this.error(block.path, "unknown-helper", `unknown block "${name}"`, hint);
    } else if (block.params.length !== shape.params) {
      this.error(block.path, "helper-arguments", `{{#${name}}} takes ${shape.params} argument(s)`);
    } else if ((block.program?.blockParams?.length ?? 0) > shape.blockParams) {
      this.error(block.path, "helper-arguments", `{{#${name}}} has ${shape.blockParams} block parameter(s)`);
    }
    for (const pair of block.hash?.pairs ?? []) {
      if (pair.key !== "includeZero" || (name !== "if" && name !== "unless"))
        this.error(pair, "helper-arguments", `{{#${name}}} takes no "${pair.key}="`);
    }
    for (const argument of block.params) this.expression(argument);
    this.program(block.program);
    this.program(block.inverse);
  }

  private partial(statement: PartialStatement): void {
    const name = partialName(statement.name);
    if (name === undefined) {
      this.error(statement, "unsupported-template-syntax", "the name of a partial must be a plain name");
    } else if (!this.partials.has(name)) {
      const hint = didYouMean(name, this.partials) ?? `expected the file templates/${name}.hbs`;
      this.error(statement, "unknown-partial", `partial "${name}" is not below templates/`, hint);
    }
    for (const argument of statement.params) this.expression(argument);
    for (const pair of statement.hash?.pairs ?? []) this.expression(pair.value);
  }

  private error(at: Located, code: DiagnosticCode, message: string, hint?: string): void {
    this.sink.error(positionOf(at.loc, this.file), code, message, hint);
  }
}

interface Located {
  readonly loc: Expression["loc"];
}

/** `{{> shared/env}}` or `{{> "shared/env"}}`; names that are computed are not supported. */
export function partialName(name: Expression): string | undefined {
  if (name.type === "StringLiteral") return name.value;
  return name.type === "PathExpression" ? name.original : undefined;
}
