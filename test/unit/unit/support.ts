import type { Diagnostic } from "../../../src/lib/diagnostic.ts";
import type { Target } from "../../../src/model/actual-state.ts";
import type { CompileContext } from "../../../src/model/compile.ts";
import type { ContainerSpec, WorkloadSpec } from "../../../src/model/workload.ts";
import { compileUnit } from "../../../src/unit/compile-unit.ts";

export interface TestInput {
  readonly path?: string;
  readonly instance?: string;
  /** Files of the repository: path → content. */
  readonly files?: Readonly<Record<string, string>>;
  readonly hostFiles?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly target?: Target;
  /** What stands for the output of commands. */
  readonly substitutions?: Readonly<Record<string, string>>;
}

export function makeContext(input: TestInput = {}): CompileContext {
  const files = Object.entries(input.files ?? {}).map(
    ([path, text]) => [path, { path, content: new TextEncoder().encode(text), executable: false }] as const,
  );
  const hostFiles = Object.entries(input.hostFiles ?? {}).map(
    ([path, variables]) => [path, new Map(Object.entries(variables))] as const,
  );
  return {
    owner: { project: "shop", environment: "develop" },
    tree: new Map(files),
    variables: new Map(Object.entries(input.variables ?? {})),
    hostFiles: new Map(hostFiles),
    images: { own: ["myrepo/*"], branch: "develop" },
    hostName: "prod-1.example.org",
    target: input.target ?? "engine",
    substitute: (command) => {
      const value = new Map(Object.entries(input.substitutions ?? {})).get(command);
      return value === undefined ? undefined : { value, diagnostics: [] };
    },
  };
}

export function compileText(text: string, input: TestInput = {}) {
  const path = input.path ?? "units/web.service";
  return compileUnit(path, text, makeContext(input), input.instance);
}

/** The workload of a text that must compile without errors. */
export function workloadOf(text: string, input: TestInput = {}): WorkloadSpec {
  const { value, diagnostics } = compileText(text, input);
  const [workload] = value?.workloads ?? [];
  if (workload === undefined) throw new Error(`does not compile:\n${describe(diagnostics).join("\n")}`);
  return workload;
}

/** A unit that runs `docker run --name web FLAGS busybox:1`. */
export function unitWith(flags: string, service = ""): string {
  return `[Service]\n${service}ExecStart=/usr/bin/docker run --name web ${flags} busybox:1\n`;
}

export function containerOf(flags: string, input: TestInput = {}): ContainerSpec {
  return workloadOf(unitWith(flags), input).container;
}

/** `line:column+length message`, for errors and warnings alike. */
export function describe(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ position, message }) => {
    return `${position.line}:${position.column}+${position.length ?? 0} ${message}`;
  });
}

/** Findings of a text; the hint follows the message after ` | `. */
export function findingsOf(text: string, input: TestInput = {}): string[] {
  return compileText(text, input).diagnostics.map(({ severity, position, message, hint }) => {
    return `${severity} ${position.line}:${position.column} ${message}${hint === undefined ? "" : ` | ${hint}`}`;
  });
}

/** Texts of the source that the findings cover. */
export function underlinedIn(text: string, input: TestInput = {}): string[] {
  const lines = text.split("\n");
  return compileText(text, input).diagnostics.map(({ position: { line, column, length = 0 } }) => {
    return (lines[line - 1] ?? "").slice(column - 1, column - 1 + length);
  });
}
