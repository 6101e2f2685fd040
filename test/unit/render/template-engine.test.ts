import fc from "fast-check";
import Handlebars from "handlebars";
import { describe, expect, test, vi } from "vitest";
import { parseYaml } from "../../../src/lib/yaml.ts";
import { renderTree } from "../../../src/render/render-tree.ts";
import type { TemplateMap, TemplateValue } from "../../../src/render/template-value.ts";
import { mistakesOf, renderOne, textOf, treeOf } from "./support.ts";

// Properties try hundreds of inputs, also on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const values: TemplateMap = {
  name: "web",
  tag: "58-develop",
  zero: 0,
  yes: true,
  no: false,
  blank: "",
  empty: null,
  none: [],
  list: ["a", "b"],
  services: [
    { name: "x", ports: [1, 2] },
    { name: "y", ports: [] },
  ],
  map: { k: "v", "b-c": { d: "deep" } },
  secrets: { TOKEN: "hunter22" },
};

describe("rendering", () => {
  test.for([
    "plain text\nwith lines\n",
    "{{name}}:{{tag}}",
    "{{{name}}}:{{&tag}}",
    "{{map.k}} {{map.[b-c].d}} {{list.[1]}} {{list.length}}",
    "{{#if yes}}A{{else}}B{{/if}}{{#if no}}A{{else}}B{{/if}}",
    "{{#if zero}}A{{else}}B{{/if}}{{#if zero includeZero=true}}A{{else}}B{{/if}}",
    "{{#if blank}}A{{else if none}}B{{else if list}}C{{else}}D{{/if}}",
    "{{#unless no}}A{{/unless}}{{#unless list}}A{{else}}B{{/unless}}",
    "{{#each list}}{{this}}{{@index}}{{@first}}{{@last}}{{@key}} {{/each}}",
    "{{#each map as |value key|}}{{key}};{{/each}}",
    "{{#each none}}A{{else}}B{{/each}}",
    "{{#each services}}{{name}}{{../tag}}{{@root.name}}{{#each ports}}{{.}}{{../name}}{{../../tag}}{{/each}}{{/each}}",
    "{{#each services as |s i|}}{{s.name}}{{i}}{{#each s.ports as |p|}}{{p}}{{s.name}}{{/each}}{{/each}}",
    "{{#with map}}{{k}}{{../name}}{{else}}none{{/with}}",
    "{{#with map as |m|}}{{m.k}}{{/with}}{{#with none}}A{{else}}B{{/with}}",
    "a\n  {{#if yes}}\n  b\n  {{else}}\n  c\n  {{/if}}\nd\n",
    "a {{~name~}} b\n\n{{~#if yes~}} \n c {{~/if~}} d",
    "{{! gone }}\nx {{!-- gone --}} y\n",
    "\\{{name}} and \\\\{{name}}",
    "{{> part}}\n",
    "x:\n  {{> part}}\ny\n",
    "x: {{> part}}",
    "{{#each list}}\n  {{> folder/inner}}\n{{/each}}\n",
    "{{> item map}}{{> item map extra=name}}{{> item k=tag}}",
    "{{lookup map 'k'}}{{#if (lookup map 'k')}}y{{/if}}",
  ])("must give what Handlebars itself gives for %j", (template) => {
    const partials = {
      part: "one: {{name}}\n\ntwo: {{tag}}\n",
      "folder/inner": "- {{.}}\n  x: {{@root.tag}}\n",
      item: "[{{k}}]",
    };
    const reference = Handlebars.create();
    const expected = reference.compile(template, { noEscape: true })(values, { partials });
    expect(textOf(template, values, partials)).toBe(expected);
  });

  test.for([
    ["{{default gone 'x'}}{{default empty 'y'}}{{default name 'z'}}{{default map.gone.deep 1}}", "xyweb1"],
    ["{{yaml name}}{{json list}}{{yaml map}}", '"web"["a","b"]{"k":"v","b-c":{"d":"deep"}}'],
    ["{{lower 'AB'}}{{upper 'ab'}}{{trim ' a '}}", "abABa"],
    ["{{join list ','}}{{join list}}{{concat name ':' tag}}", "a,ba,bweb:58-develop"],
    ["{{#if (and yes (not no) (or no yes) (eq name 'web') (ne zero 1))}}ok{{/if}}", "ok"],
    ["{{#if (default gone false)}}a{{else}}b{{/if}}", "b"],
    ["{{#if empty}}a{{else}}b{{/if}}{{#each empty}}a{{else}}b{{/each}}", "bb"],
    ["{{secrets.TOKEN}}", "hunter22"],
    ["{{{{raw}}}}{{.Task.Slot}} {{x}}{{{{/raw}}}}", "{{.Task.Slot}} {{x}}"],
    ["\\{{.Task.Slot}}", "{{.Task.Slot}}"],
    ["<&\"'=>{{concat '<&' '=>'}}", "<&\"'=><&=>"],
  ] as const)("must render %j", ([template, expected]) => {
    expect(textOf(template, values)).toBe(expected);
  });
});

describe("a name without a value", () => {
  test.for([
    ["{{gone}}", "1:3"],
    ["a\n  {{map.gone}}", "2:5"],
    ["{{#if gone}}x{{/if}}", "1:7"],
    ["{{#unless gone}}x{{/unless}}", "1:11"],
    ["{{#each gone}}x{{/each}}", "1:9"],
    ["{{#with gone}}x{{/with}}", "1:9"],
    ["{{upper gone}}", "1:9"],
    ["{{#if (eq gone 'x')}}x{{/if}}", "1:11"],
    ["{{default name gone}}", "1:16"],
    ["{{> part x=gone}}", "1:12"],
    ["{{> part gone}}", "1:10"],
    ["{{#if zero includeZero=gone}}x{{/if}}", "1:24"],
    ["{{#each services}}\n{{tag}}{{/each}}", "2:3"],
    ["{{#each list}}{{../gone}}{{/each}}", "1:17"],
    ["{{@index}}", "1:3"],
    ["{{../name}}", "1:3"],
    ["{{secrets.GONE}}", "1:3"],
    ["{{lookup map 'gone'}}", "1:1"],
    ["{{name.constructor}}", "1:3"],
    ["{{constructor}}", "1:3"],
    ["{{__proto__}}", "1:3"],
    ["{{map.toString}}", "1:3"],
    ["{{list.[7]}}", "1:3"],
    ["{{list.__proto__.length}}", "1:3"],
    ["{{#with constructor}}{{name}}{{/with}}", "1:9"],
    ["{{lookup map 'constructor'}}", "1:1"],
    ["{{lookup this '__proto__'}}", "1:1"],
  ] as const)("must be an error in %j at %s", ([template, place]) => {
    const found = mistakesOf(template, values, { part: "{{x}}" });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^units/x\\.conf\\.hbs:${place} missing-value `));
  });

  test("must be reported for every name at once, once a name", () => {
    expect(mistakesOf("{{a1}}\n{{#each list}}{{../b1}}{{/each}}\n{{c1}}", values)).toEqual([
      'units/x.conf.hbs:1:3 missing-value "a1" has no value',
      'units/x.conf.hbs:2:17 missing-value "../b1" has no value',
      'units/x.conf.hbs:3:3 missing-value "c1" has no value',
    ]);
  });

  test("must hint at the nearest name, at the root and at default", () => {
    const hints = ["{{nmae}}", "{{#each services}}{{tag}}{{/each}}", "{{whatever}}", "{{secrets.TOKN}}"].map(
      (template) => renderOne(template, values).diagnostics[0]?.hint,
    );
    expect(hints).toEqual([
      'did you mean "name"?',
      "inside {{#each}} and {{#with}} write @root.tag",
      'set it under values: in mysysconfig.yaml, or write {{default whatever "…"}}',
      'did you mean "secrets.TOKEN"?',
    ]);
  });
});

describe("mistakes in a template", () => {
  test.for([
    ["x: {{.Name}}", "1:6 template-syntax this is no Handlebars expression; it looks like a Go template"],
    [
      "a\nb: {{ .X | json }}",
      "2:7 template-syntax this is no Handlebars expression; it looks like a Go template",
    ],
    ["{{#if yes}}\n", "2:1 template-syntax the template ends inside a block or an expression"],
    ["text {{/if}}", "1:6 template-syntax a block is closed here that was not opened"],
    ["{{#if yes}}{{/each}}", "1:4 template-syntax if doesn't match each"],
    ["{{uper name}}", '1:3 unknown-helper unknown helper "uper"'],
    ["{{#fi yes}}{{/fi}}", '1:4 unknown-helper unknown block "fi"'],
    ["{{#name}}{{/name}}", '1:4 unknown-helper unknown block "name"'],
    ["{{#if no}}{{> prat}}{{/if}}", '1:11 unknown-partial partial "prat" is not below templates/'],
    ["{{#if no}}{{uper name}}{{/if}}", '1:13 unknown-helper unknown helper "uper"'],
    ["{{> (lower name)}}", "1:1 unsupported-template-syntax the name of a partial must be a plain name"],
    [
      "{{#> part}}{{/part}}",
      "1:1 unsupported-template-syntax partial blocks and decorators are not supported",
    ],
    [
      '{{#*inline "a"}}{{/inline}}',
      "1:1 unsupported-template-syntax partial blocks and decorators are not supported",
    ],
    ['{{"name"}}', "1:1 not-a-name a literal is no name"],
    ["{{lower}}", '1:1 helper-arguments helper "lower" is written {{lower x}}'],
    ["{{lower name x=1}}", '1:14 helper-arguments helper "lower" takes no "x="'],
    ["{{log name}}", '1:3 unknown-helper unknown helper "log"'],
    ["{{#if}}x{{/if}}", "1:4 helper-arguments {{#if}} takes 1 argument(s)"],
    [
      "{{#each name}}x{{/each}}",
      "1:4 not-a-list {{#each}} needs a list or a mapping, but the value is a text",
    ],
    ["{{map}}", "1:1 not-a-text a text is needed here, but the value is a mapping"],
    ["{{list}}", "1:1 not-a-text a text is needed here, but the value is a list"],
    ["{{empty}}", "1:1 not-a-text a text is needed here, but the value is empty"],
    ["{{lower list}}", '1:1 helper-arguments helper "lower": takes a text, a number or a boolean'],
  ] as const)("must be an error with its place in %j", ([template, expected]) => {
    expect(mistakesOf(template, values, { part: "{{x}}" })).toEqual([`units/x.conf.hbs:${expected}`]);
  });

  test("must say how a Go template is passed on", () => {
    expect(renderOne("x: {{.Name}}", values).diagnostics[0]?.hint).toBe(
      "put a backslash before it to pass it on: \\{{.Name}}",
    );
  });

  test.for([
    ["an endless partial", "{{> loop}}", { loop: "{{> loop}}" }],
    [
      "a wide bomb",
      "{{#each m}}{{#each ../m}}{{#each ../../m}}{{#each ../../../m}}aaaa{{/each}}{{/each}}{{/each}}{{/each}}",
      {},
    ],
    ["many blocks", `${"{{#if yes}}".repeat(3000)}x${"{{/if}}".repeat(3000)}`, {}],
    ["many branches", `{{#if no}}${"{{else if no}}x".repeat(3000)}{{/if}}`, {}],
    ["deep expressions", `{{#if ${"(not ".repeat(5000)}yes${")".repeat(5000)}}}x{{/if}}`, {}],
    ["much output", "{{#each m}}{{#each ../m}}{{@root.long}}{{/each}}{{/each}}", {}],
    ["a long file", "x".repeat(300 * 1024), {}],
  ] as const)("must stop at %s", ([, template, partials]) => {
    const many = { ...values, m: Array.from({ length: 100 }, (_, index) => index), long: "x".repeat(1000) };
    const { text, diagnostics } = renderOne(template, many, partials);
    expect(text).toBeUndefined();
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual(["template-too-large"]);
  });
});

describe("a value", () => {
  test.for(["x\nprivileged: true", "x\r", "x\u0085y", "x\u2028y", "x\u0000", "\u001b[31m", "a\tb"])(
    "must not bring the control character of %j into the text",
    (value) => {
      for (const file of ["units/a.service.hbs", "units/a.compose.yaml.hbs", "units/a.conf.hbs"]) {
        const { text, diagnostics } = renderOne("a: {{v}}", { v: value }, {}, file);
        expect(text).toBeUndefined();
        expect(diagnostics).toMatchObject([{ code: "unsafe-value", position: { file, line: 1, column: 4 } }]);
        expect(diagnostics[0]?.hint).toMatch(/\{\{(yaml|quote) x\}\}/);
      }
    },
  );

  test.for([
    "{{lower v}}",
    "{{concat 'a' v}}",
    "{{join l ','}}",
    "{{default v 'x'}}",
    "{{{v}}}",
    "{{trim (concat 'x' v 'x')}}",
  ])("must not get its line break past %s", (template) => {
    const found = mistakesOf(template, { v: "a\nb", l: ["a\nb"] });
    expect(found).toEqual(["units/x.conf.hbs:1:1 unsafe-value the value contains a line break"]);
  });

  test("must be allowed to have lines in a configuration file when the template says so", () => {
    expect(renderOne("{{multiline v}}", { v: "a\nb" }).text).toBe("a\nb");
    expect(renderOne("{{multiline v}}", { v: "a\nb" }, {}, "units/a.service.hbs").text).toBeUndefined();
  });

  test("must come out of {{yaml}} as exactly what went in", () => {
    const anyText = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "",
        "~",
        "null",
        "yes",
        "0644",
        "x\nprivileged: true",
        "'",
        '"',
        "#",
        "\\",
        "${HOME}",
        "{{x}}",
        "*a",
        "\ufeff",
        "ä €😀\u2028\ud800",
      ),
    );
    fc.assert(
      fc.property(anyText, anyText, (v, w) => {
        const { text } = renderOne("field: {{yaml v}}\nother: [{{json w}}]\n", { v, w });
        const { root, mistakes } = parseYaml(text ?? "", "x");
        expect(mistakes).toEqual([]);
        const [field, other] = root?.kind === "map" ? root.entries.map((entry) => entry.value) : [];
        expect(field?.kind === "scalar" && field.value).toBe(v);
        const item = other?.kind === "list" ? other.items[0] : undefined;
        expect(item?.kind === "scalar" && item.value).toBe(w);
      }),
    );
  });

  test("must double the dollar sign of {{yaml}} in compose files only, where ${NAME} is replaced later", () => {
    const dollars = { v: "a$b${C}" };
    expect(renderOne("{{yaml v}}", dollars, {}, "units/a.compose.yaml.hbs").text).toBe('"a$$b$${C}"');
    expect(renderOne("{{yaml v}}", dollars, {}, "units/a/compose.yml.hbs").text).toBe('"a$$b$${C}"');
    expect(renderOne("{{yaml v}}", dollars, {}, "units/a.conf.hbs").text).toBe('"a$b${C}"');
  });

  test("must be one word for {{quote}}, whatever it contains", () => {
    expect(
      renderOne("{{quote v}}", { v: 'a b --privileged "x" %i $HOME\n' }, {}, "units/a.service.hbs").text,
    ).toBe('"a b --privileged \\"x\\" %%i $$HOME\\n"');
  });
});

describe("any input", () => {
  const json = fc.jsonValue().map((value) => value as TemplateValue);
  const snippet = fc.constantFrom(
    "{{",
    "}}",
    "{{{",
    "}}}",
    "{{#if ",
    "{{/if}}",
    "{{#each a}}",
    "{{/each}}",
    "{{else}}",
    "{{> p}}",
    "{{a}}",
    "a",
    " ",
    "\n",
    "../",
    "this",
    "@index",
    "(",
    ")",
    "|",
    "=",
    "\\",
    "~",
    ".",
    "'",
    '"',
    "{{yaml a}}",
    "{{!",
    "--}}",
    "constructor",
    "__proto__",
  );
  test("must never make rendering throw or touch a prototype", () => {
    const template = fc.oneof(
      fc.string(),
      fc.array(snippet, { maxLength: 20 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(template, json, (text, a) => {
        const { diagnostics } = renderOne(text, { a }, { p: "{{a}}" });
        for (const { position } of diagnostics) expect(position.line).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test.for([
    "{{#with 'constructor' as |c|}}{{lookup this c}}{{/with}}",
    "{{#with (lookup list 'constructor')}}{{this}}{{/with}}",
    "{{#each map}}{{this.constructor.constructor}}{{/each}}",
    "{{#with split as |conslist|}}{{this.pop}}{{/with}}",
    "{{lookup (lookup name 'sub') 'constructor'}}",
    "{{name.length.constructor}}",
    "{{@root.constructor}}",
    "{{@partial-block}}",
    "{{helperMissing}}",
    "{{blockHelperMissing name}}",
    "{{#blockHelperMissing name}}{{/blockHelperMissing}}",
    "{{map.hasOwnProperty}}",
    "{{map.__defineGetter__}}",
    "{{> part __proto__=map}}{{polluted}}",
    "{{* decorator}}",
  ])("must not let %s reach code", (template) => {
    expect(renderOne(template, values, { part: "x" }).text).toBeUndefined();
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("must leave own members with the names of inherited ones readable", () => {
    const own: TemplateMap = JSON.parse('{"__proto__": {"x": "own"}, "toString": "mine"}');
    expect(renderOne("{{__proto__.x}}{{toString}}", own).text).toBe("ownmine");
  });
});

test("rendering must leave the given tree alone", () => {
  const tree = treeOf({ "units/x.hbs": "{{a}}", "units/y": "{{a}}", "templates/p.hbs": "{{a}}" });
  const rendered = renderTree(tree, { a: "1" });
  expect([...tree.keys()]).toEqual(["units/x.hbs", "units/y", "templates/p.hbs"]);
  expect([...rendered.tree.keys()]).toEqual(["units/x", "units/y", "templates/p.hbs"]);
  expect(rendered.tree.get("units/y")).toBe(tree.get("units/y"));
});
