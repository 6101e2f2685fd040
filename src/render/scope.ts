import type { SecretTrace } from "./secret-trace.ts";
import type { PathExpression } from "./template-ast.ts";
import { isMap, memberOf, type TemplateMap, type TemplateValue } from "./template-value.ts";

/** What names mean at one place of a template. */
export interface Scope {
  /** `this` */
  readonly context: TemplateValue;
  /** `../`: the context around the nearest `each` or `with`. */
  readonly outer?: Scope;
  /** Block parameters (`as |item index|`), inner ones win. */
  readonly locals: ReadonlyMap<string, TemplateValue>;
  /** `@index`, `@key`, `@first`, `@last`. */
  readonly data: ReadonlyMap<string, TemplateValue>;
  readonly root: TemplateMap;
  /** Is told of each value that a path goes through. */
  readonly trace: SecretTrace;
}

export function rootScope(values: TemplateMap, trace: SecretTrace): Scope {
  return { context: values, locals: new Map(), data: new Map(), root: values, trace };
}

/** The scope inside `each`, `with` or a partial with a context of its own. */
export function innerScope(
  scope: Scope,
  context: TemplateValue,
  locals: Iterable<readonly [string, TemplateValue]> = [],
  data: Iterable<readonly [string, TemplateValue]> = [],
): Scope {
  return {
    context,
    outer: scope,
    locals: new Map([...scope.locals, ...locals]),
    data: new Map([...scope.data, ...data]),
    root: scope.root,
    trace: scope.trace,
  };
}

/** Block parameters of a template are not seen by the partials it calls. */
export function withoutLocals(scope: Scope): Scope {
  return { ...scope, locals: new Map() };
}

/** A name that is not a path but the start of one: `this`, `.`, `../x` and `this.x` never mean a helper. */
export function isScoped(path: PathExpression): boolean {
  return path.depth > 0 || path.data || /^(?:\.|this\b)/.test(path.original);
}

/** The value of a path, or `undefined` when any part of it is missing. Never reaches inherited members. */
export function resolvePath(path: PathExpression, scope: Scope): TemplateValue | undefined {
  const [first, ...rest] = path.parts;
  const { trace } = scope;
  if (path.data) {
    if (first === undefined) return undefined;
    return descend(first === "root" ? scope.root : scope.data.get(first), rest, trace);
  }
  let at: Scope | undefined = scope;
  for (let depth = path.depth; depth > 0 && at; depth--) at = at.outer;
  if (!at) return undefined;
  if (first !== undefined && !isScoped(path) && scope.locals.has(first)) {
    return descend(scope.locals.get(first), rest, trace);
  }
  return descend(at.context, path.parts, trace);
}

function descend(
  value: TemplateValue | undefined,
  names: readonly string[],
  trace: SecretTrace,
): TemplateValue | undefined {
  let at = value;
  for (const name of names) {
    trace.passThrough(at);
    at = memberOf(at, name);
  }
  trace.take(at);
  return at;
}

/** Names that could have been written at this place, for "did you mean". */
export function namesIn(path: PathExpression, scope: Scope): readonly string[] {
  const parent = resolvePath({ ...path, parts: path.parts.slice(0, -1) }, scope);
  const prefix = path.parts.slice(0, -1).map((part) => `${part}.`);
  const names = isMap(parent) ? Object.keys(parent).map((name) => prefix.join("") + name) : [];
  return path.parts.length === 1 ? [...names, ...scope.locals.keys()] : names;
}
