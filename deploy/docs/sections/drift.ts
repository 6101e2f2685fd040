import { type DriftRow, driftRows, responses } from "../../../test/integration/reconcile/drift-rows.ts";
import { table } from "../markdown.ts";

export const driftSections = { drift };

function drift(): string {
  const rows: readonly DriftRow[] = driftRows;
  return table(
    ["what changed", "this program", "how", "Compose"],
    rows.map(({ drift: what, response, how, compose }) => [what, responses[response], how, compose]),
  );
}
