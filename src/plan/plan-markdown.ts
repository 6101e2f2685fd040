import { plainPaint } from "../lib/paint.ts";
import type { Change, ChangeKind } from "../model/change.ts";
import type { Plan } from "../model/plan.ts";
import { fieldText, formatPlan, keyText, oneLine, placeText, rolloutText } from "./format-plan.ts";

export interface MarkdownFormat {
  /** One line above everything: `develop @ 3f2c1ab → 9ab12cd`. */
  readonly title: string;
  /** One line that sums it up. */
  readonly summary: string;
  readonly showValues: boolean;
  /** Hides secret values; asked before anything is escaped, because an escaped secret would not be found any more. */
  readonly redact: (text: string) => string;
  /** What else has to be said, each a sentence. */
  readonly remarks: readonly string[];
}

/** A comment of a pull request has at most 65,536 characters (GitHub); the rest is for who posts it. */
const longestText = 60_000;
/** Leaves room for the steps beside the table. */
const longestTable = 30_000;

const kindWords: Readonly<Record<ChangeKind, string>> = {
  unchanged: "unchanged",
  create: "create",
  replace: "replace",
  "in-place": "change in place",
  repair: "repair",
  run: "run",
  remove: "remove",
  blocked: "blocked",
  "set-aside": "set aside",
  held: "held",
};

/**
 * The plan as Markdown for a comment of a pull request: a title, a summary, a table of the changes and the steps folded
 * away. Texts from files cannot change the form of the page, name people or link anywhere.
 */
export function formatPlanMarkdown(plan: Plan, format: MarkdownFormat): string {
  const changes = plan.changes.filter(({ kind }) => kind !== "unchanged");
  const head = [
    `### ${codeText(format.redact(format.title))}`,
    "",
    ...[format.summary, ...format.remarks].flatMap((line) => [sentence(format.redact(line)), ""]),
  ];
  const table = changes.length === 0 ? [] : [...changeTable(changes, format), "", ""];
  const shown = [...head, ...table].join("\n");
  const steps = stepsBlock(plan, format);
  if (steps === "") return shown;
  const isTooLong = shown.length + steps.length > longestText;
  return `${shown}${isTooLong ? "The steps are too long for a comment; the text format has them.\n" : steps}`;
}

function changeTable(changes: readonly Change[], format: MarkdownFormat): readonly string[] {
  const rows: string[] = [];
  let length = 0;
  for (const change of changes) {
    const row = changeRow(change, format);
    length += row.length + 1;
    if (length > longestTable) break;
    rows.push(row);
  }
  const left = changes.length - rows.length;
  return [
    "| workload | what | field | where | how |",
    "|---|---|---|---|---|",
    ...rows,
    ...(left === 0 ? [] : [`| … | and ${left} more | | | |`]),
  ];
}

function changeRow(change: Change, format: MarkdownFormat): string {
  const { redact } = format;
  const reason = change.rollout?.reason;
  const fields = change.fields.map((field) => codeText(fieldText(field, format)));
  const columns = [
    codeText(redact(keyText(change.key))),
    kindWords[change.kind],
    (fields.length > 0 ? fields : [sentence(redact(change.cause))]).join("<br>"),
    codeText(redact(placeText(change.fields[0]?.position ?? change.position))),
    [rolloutText(change), ...(reason === undefined ? [] : [sentence(redact(reason))])].join("<br>"),
  ];
  return `| ${columns.join(" | ")} |`;
}

function stepsBlock(plan: Plan, { redact, showValues }: MarkdownFormat): string {
  if (plan.steps.length === 0) return "";
  const text = redact(formatPlan(plan, { paint: plainPaint, redact, showValues, steps: true }));
  // Inside <pre> nothing but HTML is read (CommonMark, HTML blocks), also after an empty line.
  return [
    "<details>",
    `<summary>${plan.steps.length} step${plan.steps.length === 1 ? "" : "s"}</summary>`,
    "",
    `<pre>${entities(text, /[&<>]/g)}</pre>`,
    "",
    "</details>",
    "",
  ].join("\n");
}

/**
 * What could mean something to Markdown or a table, and what begins an address (GitHub Flavored Markdown, "Autolinks
 * (extension)").
 */
const meaningful = /[^\p{L}\p{N} .,;:/=+()→…-]|:(?=\/)|(?<=www)\./giu;

/**
 * Foreign text as code: written as entities, which never form anything (CommonMark, "Entity and numeric character
 * references"); inside `<code>` nobody is mentioned and no issue is linked.
 */
function codeText(text: string): string {
  const line = oneLine(text);
  return line === "" ? "" : `<code>${entities(line, meaningful)}</code>`;
}

/** A sentence of ours that may quote foreign words; a word that is not made of letters and digits alone is code. */
function sentence(text: string): string {
  return oneLine(text)
    .split(" ")
    .map((word) =>
      /^[\p{L}\p{N}.,;:()→…%/-]*$/u.test(word) && !/www|:\/\//i.test(word) ? word : codeText(word),
    )
    .join(" ");
}

function entities(text: string, what: RegExp): string {
  return text.replace(what, (character) => `&#${character.codePointAt(0)};`);
}
