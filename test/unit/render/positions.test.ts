import { describe, expect, test } from "vitest";
import { renderTree } from "../../../src/render/render-tree.ts";
import { treeOf } from "./support.ts";

const values = { name: "web", list: ["a", "b"], long: "x".repeat(40), map: { k: "v" } };

/** Finds a text in the rendered file and says where the template has it. */
function placeOf(needle: string, template: string, templates: Readonly<Record<string, string>> = {}): string {
  const { tree, mapPosition } = renderTree(treeOf({ "units/x.hbs": template, ...templates }), values);
  const text = new TextDecoder().decode(tree.get("units/x")?.content);
  const offset = text.indexOf(needle);
  const before = text.slice(0, offset).split("\n");
  const position = { file: "units/x", line: before.length, column: (before.at(-1) ?? "").length + 1 };
  const mapped = mapPosition({ ...position, length: needle.length });
  return `${mapped.file}:${mapped.line}:${mapped.column}+${mapped.length}`;
}

describe("a place in a rendered file must be shown at its place in the template", () => {
  test.for([
    ["copied text", "KEY", "a\nb {{name}} KEY", "units/x.hbs:2:12+3"],
    ["text after a longer value on the line", "KEY", "{{long}}{{name}} KEY", "units/x.hbs:1:18+3"],
    ["text on a line after a block", "KEY", "{{#if name}}\n  x\n{{/if}}\n KEY", "units/x.hbs:4:2+3"],
    ["a value", "web", "a\n  {{name}}", "units/x.hbs:2:3+8"],
    [
      "a word that begins with copied text and ends in a value",
      "a:web",
      "x a:{{name}} y",
      "units/x.hbs:1:3+10",
    ],
    ["a word that begins with a value", "web:1", "x {{name}}:1 y", "units/x.hbs:1:3+10"],
    ["the second pass of a loop", "b!", "{{#each list}}\n- {{this}}!\n{{/each}}", "units/x.hbs:2:3+9"],
    ["text after stripped white space", "KEY", "{{name~}}  \n\n   KEY", "units/x.hbs:3:4+3"],
    ["text after a stripped line end", "KEY", "{{#if name}}\n\n   KEY{{/if}}", "units/x.hbs:3:4+3"],
    ["text after an escaped expression", "KEY", "\\{{go}} KEY", "units/x.hbs:1:9+3"],
    ["a helper's result", '"web"', "a: {{yaml name}}", "units/x.hbs:1:4+13"],
    ["text after a line break of Windows", "KEY", "a\r\nb\r\n KEY", "units/x.hbs:3:2+3"],
  ] as const)("%s", ([, needle, template, expected]) => {
    expect(placeOf(needle, template)).toBe(expected);
  });

  test("text of a partial in the partial's own file, indented or not", () => {
    const templates = { "templates/p.hbs": "one: 1\ntwo: {{name}} KEY\n" };
    expect(placeOf("KEY", "x:\n    {{> p}}\ny\n", templates)).toBe("templates/p.hbs:2:15+3");
    expect(placeOf("two", "x:\n    {{> p}}\ny\n", templates)).toBe("templates/p.hbs:2:1+3");
    expect(placeOf("y", "x:\n    {{> p}}\ny\n", templates)).toBe("units/x.hbs:3:1+1");
  });

  test("the end of the file, an empty file and files that are no templates", () => {
    const { mapPosition } = renderTree(
      treeOf({ "units/x.hbs": "a\n", "units/e.hbs": "", "units/p": "a" }),
      {},
    );
    expect(mapPosition({ file: "units/x", line: 2, column: 1 })).toEqual({
      file: "units/x.hbs",
      line: 2,
      column: 1,
    });
    expect(mapPosition({ file: "units/x", line: 9, column: 9 })).toEqual({
      file: "units/x.hbs",
      line: 2,
      column: 1,
    });
    expect(mapPosition({ file: "units/e", line: 1, column: 1 })).toEqual({
      file: "units/e.hbs",
      line: 1,
      column: 1,
    });
    const plain = { file: "units/p", line: 1, column: 1 };
    expect(mapPosition(plain)).toBe(plain);
  });
});

describe("a tree", () => {
  test("must render any .hbs file below units/ and nothing else", () => {
    const tree = treeOf({
      "units/a.service.hbs": "{{name}}",
      "units/deep/app.conf.hbs": "{{name}}",
      "units/.hbs": "{{name}}",
      "templates/a.service.hbs": "{{name}}",
      "mysysconfig.yaml": "{{name}}",
    });
    const { tree: rendered } = renderTree(tree, values);
    const texts = [...rendered.values()].map(({ path, content }) => [
      path,
      new TextDecoder().decode(content),
    ]);
    expect(texts).toEqual([
      ["units/a.service", "web"],
      ["units/deep/app.conf", "web"],
      ["units/.hbs", "{{name}}"],
      ["templates/a.service.hbs", "{{name}}"],
      ["mysysconfig.yaml", "{{name}}"],
    ]);
  });

  test("must not have a file both as it is and as a template", () => {
    const { diagnostics, failedPaths } = renderTree(treeOf({ "units/a": "x", "units/a.hbs": "y" }), {});
    expect(diagnostics).toMatchObject([
      { code: "duplicate-file", position: { file: "units/a.hbs", line: 1 } },
    ]);
    expect(failedPaths.size).toBe(0);
  });

  test("must report a broken partial once, however many units include it, and leave them out", () => {
    const { tree, diagnostics, failedPaths } = renderTree(
      treeOf({
        "units/a.hbs": "{{> p}}",
        "units/b.hbs": "{{> p}}",
        "units/c.hbs": "c",
        "templates/p.hbs": "\n{{#if}}{{/if}}",
      }),
      {},
    );
    expect(diagnostics).toMatchObject([{ position: { file: "templates/p.hbs", line: 2, column: 4 } }]);
    expect([...failedPaths]).toEqual(["units/a", "units/b"]);
    expect([...tree.keys()]).toEqual(["units/c", "templates/p.hbs"]);
  });

  test("must report a value that a partial misses at the partial, once", () => {
    const { diagnostics } = renderTree(
      treeOf({ "units/a.hbs": "{{> p}}", "units/b.hbs": "{{> p}}", "templates/p.hbs": "x\n {{gone}}" }),
      {},
    );
    expect(diagnostics).toMatchObject([{ position: { file: "templates/p.hbs", line: 2, column: 4 } }]);
  });

  test("must check templates that no unit includes, but not want values for them", () => {
    const { diagnostics } = renderTree(
      treeOf({
        "templates/a.service.hbs": "{{tag}}",
        "templates/b.hbs": "{{#if x}}",
        "templates/c.txt": "{{#if",
      }),
      {},
    );
    expect(diagnostics).toMatchObject([{ code: "template-syntax", position: { file: "templates/b.hbs" } }]);
  });

  test("must refuse a template that is not text", () => {
    const { diagnostics, failedPaths } = renderTree(treeOf({ "units/a.hbs": Uint8Array.of(0xff, 0xfe) }), {});
    expect(diagnostics).toMatchObject([{ code: "not-text", position: { file: "units/a.hbs", line: 1 } }]);
    expect([...failedPaths]).toEqual(["units/a"]);
  });
});
