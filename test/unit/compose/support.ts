import { compileCompose } from "../../../src/compose/compile-compose.ts";
import { type Diagnostic, hasErrors, type Parsed } from "../../../src/lib/diagnostic.ts";
import type { Target } from "../../../src/model/actual-state.ts";
import type { CompileContext, CompiledManifest } from "../../../src/model/compile.ts";
import type { ManifestTree } from "../../../src/model/manifest-tree.ts";
import type { WorkloadSpec } from "../../../src/model/workload.ts";

export interface World {
  /** Files of the repository beside the compose file. */
  readonly files?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly hostFiles?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly own?: readonly string[];
  readonly path?: string;
  readonly stack?: string;
  readonly target?: Target;
}

export const path = "units/shop.compose.yaml";

export function context(world: World = {}): CompileContext {
  return {
    owner: { project: "p", environment: "e" },
    tree: treeOf(world.files ?? {}),
    variables: new Map(Object.entries(world.variables ?? {})),
    hostFiles: new Map(
      Object.entries(world.hostFiles ?? {}).map(([file, values]) => [file, new Map(Object.entries(values))]),
    ),
    images: { own: world.own ?? [], branch: "develop" },
    hostName: "host",
    target: world.target ?? "engine",
  };
}

export function treeOf(files: Readonly<Record<string, string>>): ManifestTree {
  return new Map(
    Object.entries(files).map(([name, text]) => [
      name,
      { path: name, content: new TextEncoder().encode(text), executable: name.endsWith(".sh") },
    ]),
  );
}

export function compile(text: string, world: World = {}): Parsed<CompiledManifest> {
  return compileCompose(world.path ?? path, text, world.stack ?? "shop", context(world));
}

/** The manifest of a file without mistakes. */
export function manifestOf(text: string, world: World = {}): CompiledManifest {
  const { value, diagnostics } = compile(text, world);
  if (!value || hasErrors(diagnostics)) throw new Error(describe(diagnostics).join("\n"));
  return value;
}

/** A file with the service `web`, whose keys are given as YAML in the first column. */
export function serviceFile(keys: string, rest = ""): string {
  const lines = keys.split("\n").map((line) => (line === "" ? "" : `    ${line}`));
  const image = /^(?:image|build):/m.test(keys) ? "" : "    image: busybox:1\n";
  return `services:\n  web:\n${image}${lines.join("\n")}\n${rest}`;
}

export function workloadOf(keys: string, world: World & { rest?: string } = {}): WorkloadSpec {
  const { workloads } = manifestOf(serviceFile(keys, world.rest), world);
  const web = workloads.find(({ key }) => key === "shop/web");
  if (!web) throw new Error("the file has no service web");
  return web;
}

/** `3:7 error unknown-key: message | hint`, one a line. */
export function describe(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(
    ({ position: { file, line, column }, severity, code, message, hint }) =>
      `${file === path ? "" : `${file}:`}${line}:${column} ${severity} ${code}: ${message}${hint === undefined ? "" : ` | ${hint}`}`,
  );
}

export function findings(text: string, world: World = {}): string[] {
  return describe(compile(text, world).diagnostics);
}

export function errors(text: string, world: World = {}): string[] {
  return describe(compile(text, world).diagnostics.filter(({ severity }) => severity === "error"));
}
