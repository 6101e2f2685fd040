import { type MetricRow, metricTable } from "../../../src/metrics/metric-table.ts";
import { code, codes, phrase, table } from "../markdown.ts";

export const observeSections = { metrics };

function metrics(): string {
  const rows: Readonly<Record<string, MetricRow>> = metricTable;
  return table(
    ["metric", "kind", "labels", "tells"],
    Object.entries(rows).map(([name, { kind, labels, help }]) => [
      code(name),
      kind,
      codes(labels),
      phrase(help),
    ]),
  );
}
