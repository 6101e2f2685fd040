import type { Diagnostic } from "../../../src/lib/diagnostic.ts";
import type { ManifestTree } from "../../../src/model/manifest-tree.ts";
import { renderTree } from "../../../src/render/render-tree.ts";
import type { TemplateMap } from "../../../src/render/template-value.ts";

/** A tree from texts; bytes stay bytes. */
export function treeOf(files: Readonly<Record<string, string | Uint8Array>>): ManifestTree {
  const encoder = new TextEncoder();
  return new Map(
    Object.entries(files).map(([path, content]) => [
      path,
      { path, content: typeof content === "string" ? encoder.encode(content) : content, executable: false },
    ]),
  );
}

/** Renders one template with partials by name. */
export function renderOne(
  template: string,
  values: TemplateMap,
  partials: Readonly<Record<string, string>> = {},
  file = "units/x.conf.hbs",
): { text?: string; diagnostics: readonly Diagnostic[] } {
  const below = Object.entries(partials).map(([name, text]) => [`templates/${name}.hbs`, text]);
  const { tree, diagnostics } = renderTree(
    treeOf({ [file]: template, ...Object.fromEntries(below) }),
    values,
  );
  const rendered = tree.get(file.replace(/\.hbs$/, ""));
  return rendered ? { text: new TextDecoder().decode(rendered.content), diagnostics } : { diagnostics };
}

export function textOf(
  template: string,
  values: TemplateMap,
  partials: Readonly<Record<string, string>> = {},
): string | undefined {
  const { text, diagnostics } = renderOne(template, values, partials);
  return text ?? diagnostics.map((diagnostic) => diagnostic.message).join("\n");
}

/** `file:line:column code message` of each finding. */
export function mistakesOf(
  template: string,
  values: TemplateMap,
  partials: Readonly<Record<string, string>> = {},
): readonly string[] {
  return renderOne(template, values, partials).diagnostics.map(describeDiagnostic);
}

export function describeDiagnostic({ position, code, message }: Diagnostic): string {
  return `${position.file}:${position.line}:${position.column} ${code} ${message}`;
}
