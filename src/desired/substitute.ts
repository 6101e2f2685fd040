import { DiagnosticSink, type Parsed } from "../lib/diagnostic.ts";
import { SecretTrace } from "../render/secret-trace.ts";
import { renderTemplate } from "../render/template-engine.ts";
import type { TemplateMap } from "../render/template-value.ts";
import type { Substitution } from "./substitution-settings.ts";
import { emptyMap } from "./value-layer.ts";

export interface Substituter {
  /** `undefined` for a command that the table does not have. */
  substitute(command: string): Parsed<string> | undefined;
  /** What helpers made of secrets so far; to be masked as the secrets themselves. */
  readonly derivedSecrets: readonly string[];
}

/**
 * Looks commands up in the table: one that is written there as it is goes before patterns, among which the first one
 * counts. Expressions see the values, and captures under their names.
 */
export function newSubstituter(
  substitutions: readonly Substitution[],
  values: TemplateMap,
  secretValues: readonly string[],
): Substituter {
  const exact = new Map(
    substitutions.flatMap((one): [string, Substitution][] => (one.pattern ? [] : [[one.command, one]])),
  );
  const patterns = substitutions.filter(({ pattern }) => pattern !== undefined);
  const trace = new SecretTrace(values, secretValues);
  const evaluate = (one: Substitution, captured: readonly string[]): Parsed<string> => {
    const own = one.captures.map((name, index) => [name, captured[index] ?? ""] as const);
    const seen = Object.assign(emptyMap(), values, Object.fromEntries(own));
    const rendered = renderTemplate(one.template, {
      values: seen,
      partials: new Map(),
      dialect: "file",
      trace,
    });
    const sink = new DiagnosticSink();
    for (const { severity, code, message, hint } of rendered.diagnostics) {
      const text = `substitutions.${JSON.stringify(one.command)}: ${message}`;
      if (severity === "error") sink.error(one.position, code, text, hint);
      else sink.warning(one.position, code, text, hint);
    }
    const { value } = rendered;
    return value === undefined
      ? { diagnostics: sink.diagnostics }
      : { value: value.text, diagnostics: sink.diagnostics };
  };
  return {
    substitute: (command) => {
      const known = exact.get(command);
      if (known !== undefined) return evaluate(known, []);
      for (const one of patterns) {
        const match = one.pattern?.exec(command);
        if (match) return evaluate(one, match.slice(1));
      }
      return undefined;
    },
    get derivedSecrets() {
      return trace.derived;
    },
  };
}
