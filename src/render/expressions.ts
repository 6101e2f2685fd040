import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import { type Dialect, HelperFault, helpers, Quoted } from "./helpers.ts";
import { positionOf } from "./parse-template.ts";
import { isScoped, namesIn, resolvePath, type Scope } from "./scope.ts";
import type { CallParts, Expression, PathExpression, SourceSpan } from "./template-ast.ts";
import { memberOf, type TemplateValue } from "./template-value.ts";

/** What evaluating an expression needs besides its scope. */
export interface ExpressionContext {
  readonly file: string;
  readonly dialect: Dialect;
  readonly sink: DiagnosticSink;
}

/** `undefined`: there is no value, which has been reported unless it was allowed to be missing. */
export type Evaluated = TemplateValue | Quoted | undefined;

/** A value for a block or an argument; text that a helper quoted counts as plain text here. */
export function evaluateValue(
  expression: Expression,
  scope: Scope,
  context: ExpressionContext,
): TemplateValue | undefined {
  return unquote(evaluate(expression, scope, context, false));
}

/** A mustache or sub-expression: a helper with its arguments, or a name. */
export function evaluateCall(
  call: CallParts & { readonly loc: SourceSpan },
  scope: Scope,
  context: ExpressionContext,
): Evaluated {
  const { path } = call;
  const name = path.type === "PathExpression" && !isScoped(path) ? path.original : undefined;
  const helper = name === undefined ? undefined : helpers.get(name);
  if (!helper || name === undefined) return evaluate(path, scope, context, false);
  const position = positionOf(call.loc, context.file);
  const values = call.params.map((argument, index) => {
    const optional = index === 0 && helper.optionalFirst === true;
    const value = unquote(evaluate(argument, scope, context, optional));
    return { value, usable: value !== undefined || optional };
  });
  if (values.some((entry) => !entry.usable) || values.length < helper.minimum) return undefined;
  const args = values.map((entry) => entry.value);
  const result = helper.run(args, context.dialect);
  if (result instanceof HelperFault) {
    context.sink.error(position, "helper-arguments", `helper "${name}": ${result.reason}`);
    return undefined;
  }
  if (result === undefined) reportMissing(position, `{{${name}}} finds nothing under this name`, context);
  else scope.trace.call(helper, args, result);
  return result;
}

function evaluate(
  expression: Expression,
  scope: Scope,
  context: ExpressionContext,
  optional: boolean,
): Evaluated {
  switch (expression.type) {
    case "StringLiteral":
    case "NumberLiteral":
    case "BooleanLiteral":
      return expression.value;
    case "NullLiteral":
    case "UndefinedLiteral":
      return null;
    case "SubExpression":
      return evaluateCall(expression, scope, context);
    case "PathExpression": {
      const value = resolvePath(expression, scope);
      if (value === undefined && !optional) reportMissingPath(expression, scope, context);
      return value;
    }
    default:
      return expression satisfies never;
  }
}

function unquote(value: Evaluated): TemplateValue | undefined {
  return value instanceof Quoted ? value.text : value;
}

function reportMissingPath(path: PathExpression, scope: Scope, context: ExpressionContext): void {
  const position = positionOf(path.loc, context.file);
  const first = path.parts[0];
  if (first === "secrets" && path.parts.length === 2 && !path.data) {
    const hint =
      didYouMean(path.original, namesIn(path, scope)) ?? "list it under secrets: in mysysconfig.yaml";
    context.sink.error(position, "missing-value", `secret "${path.parts[1]}" is not declared`, hint);
    return;
  }
  const isOutside =
    scope.outer !== undefined && path.depth === 0 && !path.data && first !== undefined
      ? memberOf(scope.root, first) !== undefined
      : false;
  const hint = isOutside
    ? `inside {{#each}} and {{#with}} write @root.${path.original}`
    : (didYouMean(path.original, namesIn(path, scope)) ??
      `set it under values: in mysysconfig.yaml, or write {{default ${path.original} "…"}}`);
  reportMissing(position, `"${path.original}" has no value`, context, hint);
}

function reportMissing(position: Position, message: string, context: ExpressionContext, hint?: string): void {
  context.sink.error(position, "missing-value", message, hint);
}
