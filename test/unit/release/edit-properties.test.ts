import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { edit } from "./support.ts";

// Properties try hundreds of inputs, also on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const lineEnd = fc.constantFrom("\n", "\r\n");
const mark = fc.constantFrom("", "\uFEFF");
const oldTail = fc.constantFrom(":57-develop", `:57-develop@sha256:${"a".repeat(64)}`, "");
const quote = fc.constantFrom("", '"', "'");
const name = fc.constantFrom("myrepo/web", "registry.example.com:5000/team/web", "web");
const comment = fc.constantFrom("", "myrepo/web:57-develop", "image: x", "ä 0644 'quoted \"");

/** Marks the place of the tag in a generated text. */
const slot = "\u0000";

/** What the generated text is before and after the tag in it was set. */
function check(path: string, key: string, [text, tail]: readonly [text: string, tail: string]): void {
  const before = text.replaceAll(slot, tail);
  const { files, said } = edit({ "mysysconfig.yaml": "", [path]: before }, [`${key}=58-develop`]);
  expect(said).toEqual([]);
  expect(files).toEqual({ [path]: text.replaceAll(slot, ":58-develop") });
}

const unitText = fc
  .record({
    mark,
    end: lineEnd,
    quote,
    name,
    tail: oldTail,
    comment,
    flags: fc.array(
      fc.constantFrom("-e TAG=57-develop", "--label 'image=myrepo/web:57-develop'", "-p 80:80", '-e "A=b c"'),
      { maxLength: 4 },
    ),
    gap: fc.constantFrom(" ", "  ", "\t"),
    continued: fc.boolean(),
    pull: fc.boolean(),
    command: fc.constantFrom("", "serve 57-develop", 'sh -c "echo :57-develop"'),
  })
  .map(
    ({
      mark: bom,
      end,
      quote: q,
      name: image,
      tail,
      comment: note,
      flags,
      gap,
      continued,
      pull,
      command,
    }) => {
      const between = continued ? ` \\${end}# ${note}${end}${gap}` : gap;
      const words = [
        "/usr/bin/docker run",
        ...flags,
        `${q}${image}${slot}${q}`,
        ...(command ? [command] : []),
      ];
      const lines = [
        `# ${note}`,
        "[Service]",
        "UMask=0077",
        ...(pull ? [`ExecStartPre=-/usr/bin/docker pull ${image}${slot}`] : []),
        `ExecStart=${words.join(between)}`,
        "",
      ];
      return [bom + lines.join(end), tail] as const;
    },
  );

const composeText = fc
  .record({
    mark,
    end: lineEnd,
    quote,
    name,
    tail: oldTail,
    comment,
    indent: fc.constantFrom("  ", "    "),
    gap: fc.constantFrom(" ", "   "),
    anchor: fc.constantFrom("", "&unused "),
    flow: fc.boolean(),
    others: fc.constantFrom("myrepo/web:57-develop", "redis"),
  })
  .map(
    ({ mark: bom, end, quote: q, name: image, tail, comment: note, indent, gap, anchor, flow, others }) => {
      const value = `${anchor}${q}${image}${slot}${q}`;
      const api = flow
        ? [`${indent}api: { init: true, image:${gap}${value} , labels: {a: 0644} } # ${note}`]
        : [
            `${indent}api:`,
            `${indent}${indent}init: true`,
            `${indent}${indent}image:${gap}${value}  # ${note}`,
          ];
      const lines = [
        `# ${note}`,
        "x-mode: &mode 0644",
        `x-log: &log { driver: "json-file" }`,
        "services:",
        `${indent}db: {image: ${others}, logging: *log}`,
        ...api,
        `${indent}job:`,
        `${indent}  image: ${others}`,
        `${indent}  logging: *log`,
        "x-more: [*mode, '0644', 22:22, yes]",
        "",
      ];
      return [bom + lines.join(end), tail] as const;
    },
  );

/** A template gets expressions around what must not change; none of them may be rendered into the file. */
function asTemplate([text, tail]: readonly [string, string]): readonly [string, string] {
  return [text.replace(/# /, "# {{environment}} {{! ä }}"), tail];
}

describe("setting a tag must change exactly this tag, whatever surrounds it,", () => {
  test("in a unit", () => {
    fc.assert(
      fc.property(unitText, (given) => check("units/web.service", "web", given)),
      { numRuns: 300 },
    );
  });

  test("in the template of a unit", () => {
    fc.assert(
      fc.property(unitText.map(asTemplate), (given) => check("units/web.service.hbs", "web", given)),
      { numRuns: 300 },
    );
  });

  test("in a compose file", () => {
    fc.assert(
      fc.property(composeText, (given) => check("units/shop.compose.yaml", "shop/api", given)),
      { numRuns: 300 },
    );
  });

  test("in the template of a compose file", () => {
    fc.assert(
      fc.property(composeText.map(asTemplate), (given) =>
        check("units/shop/compose.yaml.hbs", "shop/api", given),
      ),
      { numRuns: 300 },
    );
  });
});

test("setting a tag must never throw and never half-edit, whatever a compose file holds", () => {
  const piece = fc.constantFrom(
    ..."services:|\n|  |    |api:|image:|image: |myrepo/web:57-develop|&a |*a|<<: |{|}|[|]|, |'|\"|>-\n|\\|#|${T}|!!str |- ".split(
      "|",
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = `services:\n  api:\n    ${pieces.join("")}`;
      const { files, said } = edit({ "units/shop.compose.yaml": text }, ["shop/api=58-develop"]);
      if (said.length > 0) expect(files).toEqual({});
      else expect(files["units/shop.compose.yaml"]).toContain("myrepo/web:58-develop");
    }),
    { numRuns: 1500 },
  );
});
