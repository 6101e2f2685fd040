/**
 * Time spans as people write them. Two dialects: systemd's (`1min 30s`, a bare number is seconds, systemd.time(7)) and
 * Go's (`1m30s`, `1.5h`), which Docker and Compose use.
 */

const systemdUnits: Readonly<Record<string, number>> = {
  usec: 0.001,
  us: 0.001,
  µs: 0.001,
  μs: 0.001,
  msec: 1,
  ms: 1,
  seconds: 1000,
  second: 1000,
  sec: 1000,
  s: 1000,
  "": 1000,
  minutes: 60_000,
  minute: 60_000,
  min: 60_000,
  m: 60_000,
  hours: 3_600_000,
  hour: 3_600_000,
  hr: 3_600_000,
  h: 3_600_000,
  days: 86_400_000,
  day: 86_400_000,
  d: 86_400_000,
  weeks: 604_800_000,
  week: 604_800_000,
  w: 604_800_000,
  months: 2_629_800_000,
  month: 2_629_800_000,
  M: 2_629_800_000,
  years: 31_557_600_000,
  year: 31_557_600_000,
  y: 31_557_600_000,
};

const goUnits: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 0.001,
  µs: 0.001,
  μs: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** What the two functions below take, but for `infinity`, as one pattern for editors. */
export function durationPattern(): string {
  const names = (units: Readonly<Record<string, number>>) =>
    Object.keys(units)
      .filter((name) => name !== "")
      .sort((a, b) => b.length - a.length)
      .join("|");
  const systemd = `\\s*(?:\\d+(?:\\.\\d+)?(?:\\s*(?:${names(systemdUnits)})\\s*|\\s+|$))+`;
  const go = `0|(?:(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:${names(goUnits)}))+`;
  return `^(?:${systemd}|${go})$`;
}

/** Milliseconds, `Infinity` for `infinity`, or `undefined` when the text is no time span. */
export function parseSystemdDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === "infinity") return Number.POSITIVE_INFINITY;
  return sumOfParts(trimmed, /\s*(\d+(?:\.\d+)?)\s*([A-Za-zµμ]*)\s*/y, systemdUnits);
}

/** Milliseconds, or `undefined` when Go's `time.ParseDuration` would refuse the text (negative spans included). */
export function parseGoDuration(text: string): number | undefined {
  if (text === "0") return 0;
  return sumOfParts(text, /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y, goUnits);
}

function sumOfParts(text: string, part: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  let total = 0;
  let parts = 0;
  part.lastIndex = 0;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    const name = match?.[2] ?? "";
    const unit = match && Object.hasOwn(units, name) ? units[name] : undefined;
    if (!match || unit === undefined) return undefined;
    total += Number(match[1]) * unit;
    parts++;
  }
  return parts === 0 ? undefined : total;
}

/** `90 ms`, `3.1 s`, `2 min 5 s`, `24 h`: short and exact enough for a report. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${trimZero((Math.round(ms / 100) / 10).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return joinUnits(Math.floor(seconds / 60), "min", seconds % 60, "s");
  return joinUnits(Math.floor(seconds / 3600), "h", Math.floor((seconds % 3600) / 60), "min");
}

function trimZero(text: string): string {
  return text.endsWith(".0") ? text.slice(0, -2) : text;
}

function joinUnits(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minor} ${minorUnit}`;
}
