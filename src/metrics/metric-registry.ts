import { onOneLine } from "../lib/harmless.ts";
import { type MetricName, type MetricRow, metricTable } from "./metric-table.ts";

type Labels = Readonly<Record<string, string>>;

export interface CounterMetric {
  add(labels: Labels): void;
}

export interface GaugeMetric {
  set(labels: Labels, value: number): void;
  /** These values and no others. */
  replace(values: readonly (readonly [Labels, number])[]): void;
}

export interface HistogramMetric {
  observe(labels: Labels, value: number): void;
}

export interface MetricRegistry {
  readonly contentType: string;
  exposition(): Promise<string>;
  counter(name: NameOf<"counter">): CounterMetric;
  gauge(name: NameOf<"gauge">): GaugeMetric;
  histogram(name: NameOf<"histogram">): HistogramMetric;
}

/** Names of the table that are of one kind. */
export type NameOf<K extends MetricRow["kind"]> = {
  [N in MetricName]: (typeof metricTable)[N]["kind"] extends K ? N : never;
}[MetricName];

/** So many values of one label are told apart in what only grows; the rest is `other`. */
const mostLabelValues = 100;
/** So many values has what is replaced as a whole. */
const mostRows = 5_000;
const longestLabel = 120;

/** The metrics of the table, made when they are asked for, in a registry that nobody else writes to. */
export async function openMetricRegistry(redact: (text: string) => string): Promise<MetricRegistry> {
  const { Counter, Gauge, Histogram, Registry } = await import("prom-client");
  const registry = new Registry();
  const clean = (labels: Labels): Record<string, string> =>
    Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, labelText(value, redact)]));
  const configOf = (name: MetricName) => {
    const { help, labels }: MetricRow = metricTable[name];
    return { name, help, labelNames: [...labels], registers: [registry] };
  };
  return {
    contentType: registry.contentType,
    exposition: () => registry.metrics(),
    counter: (name) => {
      const metric = new Counter(configOf(name));
      const bounded = labelBound();
      return { add: (labels) => metric.inc(bounded(clean(labels))) };
    },
    gauge: (name) => {
      const metric = new Gauge(configOf(name));
      const replace: GaugeMetric["replace"] = (values) => {
        metric.reset();
        for (const [labels, value] of values.slice(0, mostRows)) metric.set(clean(labels), value);
      };
      return { set: (labels, value) => metric.set(clean(labels), value), replace };
    },
    histogram: (name) => {
      const { buckets = [] }: MetricRow = metricTable[name];
      const metric = new Histogram({ ...configOf(name), buckets: [...buckets] });
      const bounded = labelBound();
      return { observe: (labels, value) => metric.observe(bounded(clean(labels)), value) };
    },
  };
}

/** Redacted before it is cut: half of a secret would pass for no secret. */
function labelText(value: string, redact: (text: string) => string): string {
  return onOneLine(redact(value)).slice(0, longestLabel);
}

/** The first values of each label stay as they are, so that whoever can choose them cannot fill the memory. */
function labelBound(): (labels: Record<string, string>) => Record<string, string> {
  const known = new Map<string, Set<string>>();
  const boundedValue = (name: string, value: string): string => {
    const values = known.get(name) ?? new Set();
    known.set(name, values);
    if (values.size < mostLabelValues) values.add(value);
    return values.has(value) ? value : "other";
  };
  return (labels) =>
    Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, boundedValue(name, value)]));
}
