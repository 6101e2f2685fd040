/** Results of cases: a file with one JSON line each, so that a long campaign can go on later, and the table of it. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { FaultKind } from "./fault.ts";
import { faultKinds } from "./fault.ts";

/** Where cases were tried. */
export interface Place {
  readonly target: "engine" | "swarm";
  /** The release of the Engine, as the option names it. */
  readonly engine: string;
}

export interface ResultRow extends Place {
  readonly rollout: string;
  readonly fault: FaultKind;
  readonly call: string;
  /** A look at a container that this run did not need is neither passed nor failed. */
  readonly outcome: "passed" | "failed" | "not-needed";
  readonly problems: readonly string[];
  readonly seconds: number;
  /** Of failed ones only. */
  readonly story?: readonly string[];
}

export const rowKey = ({
  target,
  engine,
  rollout,
  fault,
  call,
}: Pick<ResultRow, "target" | "engine" | "rollout" | "fault" | "call">) =>
  `${target} ${engine} ${rollout}:${fault}:${call}`;

export function readRows(file: string): ResultRow[] {
  if (!existsSync(file)) return [];
  // A killed campaign may leave half a line at the end.
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as ResultRow);
}

export function appendRow(file: string, row: ResultRow): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(row)}\n`);
}

/** Rollout × fault: how many calls were tried, and how many of these cases passed. */
export function formatTable(rows: readonly ResultRow[]): string {
  const tried = rows.filter(({ outcome }) => outcome !== "not-needed");
  const cell = (some: readonly ResultRow[]) => {
    const passed = some.filter(({ outcome }) => outcome === "passed").length;
    return some.length === 0 ? "-" : `${passed}/${some.length}`;
  };
  const kinds = faultKinds.filter((kind) => tried.some(({ fault }) => fault === kind));
  const lineOf = (title: string, some: readonly ResultRow[]) => [
    title,
    ...kinds.map((kind) => cell(some.filter(({ fault }) => fault === kind))),
    cell(some),
  ];
  const titleOf = ({ target, engine, rollout }: ResultRow) => `${target} ${engine} ${rollout}`;
  const titles = [...new Set(tried.map(titleOf))];
  const table = [
    ["passed/tried", ...kinds, "all"],
    ...titles.map((title) =>
      lineOf(
        title,
        tried.filter((row) => titleOf(row) === title),
      ),
    ),
    lineOf("all", tried),
  ];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table
    .map((row) =>
      row
        .map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)))
        .join("  "),
    )
    .join("\n");
}

/** What was wrong, and how to see it again. */
export function formatFailure(row: ResultRow): string {
  const { target, engine, rollout, fault, call, problems } = row;
  const only = `${rollout}:${fault}:${call}`;
  return [
    `FAILED ${rowKey(row)}`,
    ...problems.map((problem) => `  ${problem}`),
    `  again: npm run test:faults -- --target ${target} --engine ${engine} --only '${only}'`,
  ].join("\n");
}
