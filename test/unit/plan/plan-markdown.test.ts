import { describe, expect, test } from "vitest";
import { redactValues } from "../../../src/model/fingerprint.ts";
import type { WorkloadSpec } from "../../../src/model/workload.ts";
import { assumedState } from "../../../src/plan/assumed-state.ts";
import { buildPlan } from "../../../src/plan/build-plan.ts";
import { summaryLine } from "../../../src/plan/format-plan.ts";
import { formatPlanMarkdown, type MarkdownFormat } from "../../../src/plan/plan-markdown.ts";
import { desiredState, port, txn, workload } from "../../support/builders.ts";

function markdown(
  from: readonly WorkloadSpec[],
  to: readonly WorkloadSpec[],
  format: Partial<MarkdownFormat> = {},
): string {
  const [before, after] = [desiredState(from), desiredState(to)];
  const plan = buildPlan(after, assumedState(before, after), { adopt: new Set(), txn });
  return formatPlanMarkdown(plan, {
    title: "develop @ 3f2c1ab → 9ab12cd",
    summary: summaryLine(plan),
    showValues: false,
    redact: (text) => text,
    remarks: [],
    ...format,
  });
}

/** Rows of the table, without its two heading lines. */
function rows(text: string): readonly string[] {
  return text.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| workload"));
}

const decoded = (text: string) =>
  text.replace(/&#(\d+);/g, (_entity, code: string) => String.fromCodePoint(Number(code)));

describe("a plan as Markdown", () => {
  test("must be a title, a summary, a table and folded steps", () => {
    const text = markdown(
      [workload("web", { environment: { LOG: "info" } }), workload("edge", { ports: [port("80:80")] })],
      [
        workload("web", { image: "myrepo/web:2-develop", environment: { LOG: "debug" } }),
        workload("edge", { ports: [port("80:80")], user: "app" }),
        workload("new"),
      ],
    );
    const [title, , summary, , ...rest] = decoded(text).split("\n");
    expect(title).toBe("### <code>develop @ 3f2c1ab → 9ab12cd</code>");
    expect(summary).toBe("2 to replace, 1 to create. Expected downtime: edge up to 15 s.");
    expect(rest.slice(0, 6)).toEqual([
      "| workload | what | field | where | how |",
      "|---|---|---|---|---|",
      "| <code>edge</code> | replace | <code>user  + app</code> | <code>units/edge.service:1</code> | stop-first, downtime up to 15 s<br>host port 80 can be held by one container only |",
      "| <code>new</code> | create | not there yet | <code>units/new.service:1</code> |  |",
      "| <code>web</code> | replace | <code>image  myrepo/web:1-develop → 2-develop</code><br><code>env LOG  *** → *** (changed)</code> | <code>units/web.service:1</code> | start-first, no downtime |",
      "",
    ]);
    expect(rest.slice(6, 9)).toEqual([
      "<details>",
      expect.stringMatching(/^<summary>\d+ steps<\/summary>$/),
      "",
    ]);
    expect(text).toContain("cut over web on front");
    expect(text).toMatch(/<\/pre>\n\n<\/details>\n$/);
  });

  test("must show values only when they are asked for", () => {
    const sides = ["one", "two"].map((value) => [workload("web", { environment: { MODE: value } })]);
    const [from = [], to = []] = sides;
    expect(decoded(markdown(from, to))).not.toMatch(/\bone\b|\btwo\b/);
    expect(decoded(markdown(from, to, { showValues: true }))).toContain("env MODE  one → two");
  });

  test.for([
    "a | b",
    "`code`",
    "</code><img src=x onerror=alert(1)>",
    "**bold** _it_ ~~no~~ [link](http://example.com) ![](x)",
    "@octocat #12 https://example.com www.example.com",
    "\\| \\` &lt;",
    "two\nlines\r\n\r\n# heading",
    "</pre></details>\n\n# outside",
  ])("must not let a value change the page: %o", (value) => {
    const text = markdown(
      [workload("web")],
      [workload("web", { labels: { [value]: value }, image: "myrepo/web:2-develop" })],
      { title: value, remarks: [`it says ${value}`] },
    );
    expect(rows(text)).toHaveLength(1);
    expect(rows(text)[0]?.split("|")).toHaveLength(7);
    const tags = [...text.matchAll(/<\/?[^>]*>/g)].map(([tag]) => tag);
    const ours = ["code", "br", "details", "summary", "pre"].flatMap((tag) => [`<${tag}>`, `</${tag}>`]);
    expect(tags.filter((tag) => !ours.includes(tag))).toEqual([]);
    expect(text.match(/<\/pre>/g)).toHaveLength(1);
    // Outside of code nothing is left that names, links or formats.
    const open = text.replace(/<(code|pre)>[\s\S]*?<\/\1>/g, "");
    expect(open.replace("### ", "")).not.toMatch(/[@#`*_[\]\\&]|:\/\/|www/);
    expect(text.replace(/<pre>[\s\S]*<\/pre>/, "")).not.toMatch(/:\/|www\.|@/);
    // What begins a heading or a list begins a line.
    expect(text.split("\n").filter((line) => /^#/.test(line))).toHaveLength(1);
  });

  test.for(["a|b<c>", "line\nbreak", `${"x".repeat(150)}-secret-at-the-cut`])(
    "must hide a secret that is written in another way on the page: %o",
    (secret) => {
      const redact = (text: string) => redactValues(text, [secret]);
      const text = markdown([workload("web")], [workload("web", { labels: { key: secret } })], { redact });
      expect(decoded(text)).toContain("label key  + ***");
      expect(decoded(text)).not.toContain(secret.slice(0, 8));
    },
  );

  test("must fit into a comment, whatever changes", () => {
    const system = (version: number) =>
      Array.from({ length: 1_000 }, (_, index) =>
        workload(`w${index}`, { image: `myrepo/w:${version}-develop` }),
      );
    const text = markdown(system(1), system(2));
    expect(text.length).toBeLessThan(60_000);
    const shown = rows(text).length - 1;
    expect(shown).toBeGreaterThan(50);
    expect(text).toContain(`| … | and ${1_000 - shown} more | | | |`);
    expect(text).toContain("The steps are too long for a comment");
  });

  test("must have neither table nor steps when there is nothing to do", () => {
    const text = markdown([workload("web")], [workload("web")], { summary: "Nothing would change." });
    expect(decoded(text)).toBe("### <code>develop @ 3f2c1ab → 9ab12cd</code>\n\nNothing would change.\n");
  });
});
