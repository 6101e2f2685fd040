import { type Case, type CaseChapter, chapters } from "../../../test/cases.ts";
import { phrase, table } from "../markdown.ts";

export const caseSections = { cases, "cases-open": openCases };

/** A table for each chapter. Links lead to the tests from within the repository. */
function cases(): string {
  return chapters
    .map(({ title, cases: rows }: CaseChapter) => `### ${title}\n\n${table(columns, rows.map(caseRow))}`)
    .join("\n\n");
}

const columns = ["no.", "situation", "what happens", "shown by"];

function caseRow(one: Case): string[] {
  const shownBy = "test" in one ? testLink(one.test[0]) : "see below";
  return [String(one.number), phrase(one.situation), phrase(one.outcome), shownBy];
}

function testLink(file: string): string {
  const path = `test/${file}.test.ts`;
  return `[${file.slice(file.indexOf("/") + 1)}](../${path})`;
}

function openCases(): string {
  const rows = chapters.flatMap(({ cases: all }) =>
    all.flatMap((one) => ("open" in one ? [[String(one.number), phrase(one.situation), one.open]] : [])),
  );
  return table(["no.", "situation", "why no test shows it"], rows);
}
