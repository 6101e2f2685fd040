/** What the benchmark prints: one line for each bar, with what was measured and whether it was kept. */

export interface Finding {
  readonly bar: string;
  readonly measured: string;
  /** Absent where no bar exists. */
  readonly kept?: boolean;
}

export function formatFinding({ bar, measured, kept }: Finding): string {
  const mark = kept === undefined ? "·     " : kept ? "passed" : "MISSED";
  return `${mark}  ${bar}\n          ${measured}`;
}

export const ms = (value: number) => `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`;
export const times = (value: number) => `${value.toFixed(2)}×`;
export const mb = (value: number) => `${Math.round(value)} MB`;
