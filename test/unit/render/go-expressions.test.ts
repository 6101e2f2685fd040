import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { hideGoExpressions } from "../../../src/render/go-expressions.ts";
import { mistakesOf, renderOne, textOf } from "./support.ts";

// Properties try hundreds of inputs, also on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const values = { name: "web", list: ["a", "b"], yes: true };

describe("an expression that Swarm fills in", () => {
  test.for([
    "{{.Task.Slot}}",
    "{{ .Task.Slot }}",
    "{{  .Task.ID\t}}",
    "{{- .Task.Slot -}}",
    "{{- .Task.Name}}",
    "{{.Service.ID}}/{{.Service.Name}}",
    '{{index .Service.Labels "x"}}',
    '{{ index .Service.Labels "a}}b" }}',
    "{{index .Service.Labels `a}}b`}}",
    '{{index .Service.Labels "a\\"}}b"}}',
    "{{.Node.Hostname}}.{{.Node.Platform.OS}}",
    "{{.Service.Labels}}",
    '{{.Task.Slot | printf "%s"}}',
    "{{.Task}}",
    "{{.Task.Slot\n}}",
    '"{{.Task.Slot}}"',
    '{"slot": {{.Task.Slot}} }',
    "{ {{.Task.Slot}} }",
  ])("must stay as it is: %j", (text) => {
    expect(renderOne(text, values)).toEqual({ text, diagnostics: [] });
    expect(renderOne(text, values, {}, "units/a.compose.yaml.hbs").text).toBe(text);
    expect(renderOne(text, values, {}, "units/a.service.hbs").text).toBe(text);
  });

  test.for([
    ["{{name}}-{{.Task.Slot}}-{{name}}", "web-{{.Task.Slot}}-web"],
    ["{{#each list}}{{this}}{{.Task.Slot}}\n{{/each}}", "a{{.Task.Slot}}\nb{{.Task.Slot}}\n"],
    ["{{#if yes}}\n  {{.Task.Slot}}\n{{else}}\n{{.Node.ID}}\n{{/if}}\n", "  {{.Task.Slot}}\n"],
    ["{{#unless yes}}{{.Task.Slot}}{{else}}{{.Node.ID}}{{/unless}}", "{{.Node.ID}}"],
    ["{{#if gone.x}}{{else if yes}}{{.Task.Slot}}{{/if}}", '"gone.x" has no value'],
    ["{{#with name}}{{.}}{{.Task.Slot}}{{/with}}", "web{{.Task.Slot}}"],
    ["{{> part}}", "[{{.Task.Slot}} web]"],
    ["x:\n  {{> part}}\n", "x:\n  [{{.Task.Slot}} web]"],
    ["a {{~#if yes~}} {{.Task.Slot}} {{~/if~}} b", "a{{.Task.Slot}}b"],
    ["{{quote \"{{.Task.Slot}}\"}}{{concat '{{.Task.Slot}}' name}}", '"{{.Task.Slot}}"{{.Task.Slot}}web'],
    ["{{! {{name}}x", "x"],
    ["{{!-- {{.Task.Slot}} --}}x", "x"],
    ["{{!-- {{.Task.Slot}} --~}} x", "x"],
    ["{{~! gone }}{{.Task.Slot}}", "{{.Task.Slot}}"],
    ["{{{{raw}}}}{{.Task.Slot}} \\\\{{.Node.ID}} {{x}}{{{{/raw}}}}", "{{.Task.Slot}} \\\\{{.Node.ID}} {{x}}"],
  ] as const)("must stand beside Handlebars: %j", ([template, expected]) => {
    expect(textOf(template, values, { part: "[{{.Task.Slot}} {{name}}]" })).toBe(expected);
  });

  test.for([
    ["\\{{.Task.Slot}}", "{{.Task.Slot}}"],
    ["\\\\{{.Task.Slot}}|{{name}}", "\\{{.Task.Slot}}|web"],
    ["\\{{name}} {{.Task.Slot}} {{name}}", "{{name}} {{.Task.Slot}} web"],
    ["\\{{! {{.Task.Slot}} }}", "{{! {{.Task.Slot}} }}"],
    ["\\{{{.Task.Slot}}}", "{{{.Task.Slot}}}"],
  ] as const)("must be escaped as any other: %j", ([template, expected]) => {
    expect(textOf(template, values)).toBe(expected);
  });

  test.for([
    "{{{.Task.Slot}}}",
    '{"slot":{{.Task.Slot}}}',
    "{{.Name}}",
    "{{.Tasks.Slot}}",
    "{{.task.Slot}}",
    "{{~ .Task.Slot}}",
    "{{index .Labels 'x'}}",
    "{{if eq .Task.Slot 1}}x{{end}}",
    "{{json .Service}}",
    "{{.Task.Slot",
    '{{.Task.Slot "}}',
  ])("must be one of the heads that Swarm knows, between two braces: %j", (template) => {
    const { text, diagnostics } = renderOne(template, values);
    expect(text).toBeUndefined();
    expect(diagnostics.length).toBeGreaterThan(0);
  });

  test("must not move the places of what follows", () => {
    const template =
      "{{.Task.Slot}} {{gone1}}\r\n{{index\n .Service.Labels 'x'}} {{gone2}}\n\\\\{{.Task.ID}}{{gone3}} {{.Node.ID}}{{gone4}}\n";
    expect(mistakesOf(template, values)).toEqual([
      'units/x.conf.hbs:1:18 missing-value "gone1" has no value',
      'units/x.conf.hbs:3:26 missing-value "gone2" has no value',
      'units/x.conf.hbs:4:17 missing-value "gone3" has no value',
      'units/x.conf.hbs:4:39 missing-value "gone4" has no value',
    ]);
  });

  test("must be left alone in files that are no templates", () => {
    const { text } = renderOne("{{.Task.Slot}} {{x", {}, {}, "units/plain.conf");
    expect(text).toBe("{{.Task.Slot}} {{x");
  });

  test("must be as long in the text that Handlebars reads as where it stands", () => {
    const piece = fc.constantFrom(
      ..."{{ }} {{{ }}} \\ \" ' ` [ ] ! -- ~ \n \r".split(" "),
      "{{.Task.Slot}}",
      "{{index .Service.Labels",
      "{{{{raw}}}}",
      "{{{{/raw}}}}",
      ".Node.ID",
      "x",
      " ",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join("");
        const { text: hidden } = hideGoExpressions(text);
        expect(hidden.length).toBe(text.length);
        expect(hidden.split("\n").map((line) => line.length)).toEqual(
          text.split("\n").map((line) => line.length),
        );
        renderOne(text, values);
      }),
      { numRuns: 500 },
    );
  });

  test.for(["{{.Task.Slot}}", "{{.Task.Slot}}\n", "{{", "{{!", "{{[", '{{.Task "', "{{{{raw}}}}"])(
    "must take no longer than the file is: %j",
    (part) => {
      const text = part.repeat(Math.floor(250_000 / part.length));
      expect(hideGoExpressions(text).text).toHaveLength(text.length);
    },
  );
});
