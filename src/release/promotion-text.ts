import { alignColumns, type Paint } from "../lib/paint.ts";
import { versionText } from "./composition.ts";
import type { Promotion } from "./promote.ts";

/** The difference as a table for people, with what is left out and what forbids it. */
export function formatPromotion(promotion: Promotion, paint: Paint): string {
  const { source, target, moves, unchanged, left, problems } = promotion;
  const rows = alignColumns(
    moves.map(({ key, image, from, to, isDowngrade }) => [
      `  ${paint("bold", key)}`,
      image,
      `${versionText(from)} → ${versionText(to)}`,
      isDowngrade ? paint("bad", "downgrade") : "",
    ]),
  );
  const blocks = [
    [paint("bold", `${source} → ${target}`)],
    rows,
    left.map((sentence) => `  ${paint("warn", "left out:")} ${sentence}`),
    problems.map((sentence) => `  ${paint("bad", "refused:")} ${sentence}`),
    [summaryOf(moves.length, unchanged)],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function summaryOf(moved: number, unchanged: number): string {
  const same = `${unchanged} unchanged`;
  return moved === 0 ? `Nothing to promote: ${same}.` : `${moved} to promote, ${same}.`;
}

/** `Promoting develop to acceptance: 3 components`, and a line for each of them. */
export function promotionMessage({ source, target, moves }: Promotion): string {
  const count = `${moves.length} component${moves.length === 1 ? "" : "s"}`;
  const lines = moves.map(
    ({ key, from, to, isDowngrade }) =>
      `${key}: ${versionText(from)} → ${versionText(to)}${isDowngrade ? " (downgrade)" : ""}`,
  );
  return `${[`Promoting ${source} to ${target}: ${count}`, "", ...lines].join("\n")}\n`;
}
