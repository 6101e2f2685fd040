/**
 * Cron expressions as they are accepted here: five fields (minute, hour, day of month, month, day of week), or six with
 * seconds first; in each a list of `*`, numbers and ranges, with a step. Checked without the library that runs them,
 * which only the daemon loads; it accepts all of these.
 */

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words?: readonly string[];
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const seconds: Field = { name: "second", min: 0, max: 59 };
const fields: readonly Field[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, words: months },
  { name: "day of week", min: 0, max: 7, words: weekdays },
];

/** What is wrong with an expression, in one sentence; `undefined`: nothing. */
export function cronProblem(text: string): string | undefined {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== fields.length && parts.length !== fields.length + 1)
    return `it has ${parts.length} field${parts.length === 1 ? "" : "s"}, not five`;
  const known = parts.length === fields.length ? fields : [seconds, ...fields];
  const wrong = known.map((field, index) => fieldProblem(parts[index] ?? "", field));
  return wrong.find((problem) => problem !== undefined) ?? impossibleDay(parts.slice(-3));
}

function fieldProblem(text: string, field: Field): string | undefined {
  return text
    .split(",")
    .map((item) => itemProblem(item, field))
    .find((problem) => problem !== undefined);
}

const itemPattern = /^(?:\*|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/(\d{1,3}))?$/;

function itemProblem(text: string, field: Field): string | undefined {
  const [matched, first, last, step] = itemPattern.exec(text.toLowerCase()) ?? [];
  const problem = `"${text}" is no ${field.name}`;
  if (matched === undefined || (step !== undefined && Number(step) < 1)) return problem;
  // A step needs a range to walk through.
  if (step !== undefined && first !== undefined && last === undefined) return problem;
  const from = first === undefined ? field.min : numberOf(first, field);
  const to = last === undefined ? from : numberOf(last, field);
  if (from === undefined || to === undefined) return problem;
  return from <= to ? undefined : `"${text}" runs backwards; write two ranges`;
}

function numberOf(text: string, { min, max, words }: Field): number | undefined {
  const word = words?.indexOf(text) ?? -1;
  if (word >= 0) return word + min;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/** The last days of the months, leap years included. */
const lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * A day that none of the months has would never come. A day of the week besides does not help: the library that runs
 * schedules takes no such expression.
 */
function impossibleDay([day = "", month = ""]: readonly string[]): string | undefined {
  const [dayField, monthField] = [fields[2], fields[3]];
  if (dayField === undefined || monthField === undefined) return undefined;
  const [first = 0] = valuesOf(day, dayField);
  const fits = valuesOf(month, monthField).some((number) => first <= (lengths[number - 1] ?? 0));
  return fits ? undefined : `no such month has a day ${day}`;
}

/** The values that a valid field stands for, in order. */
function valuesOf(text: string, field: Field): readonly number[] {
  const values = text.split(",").flatMap((item) => {
    const [, first, last, step] = itemPattern.exec(item.toLowerCase()) ?? [];
    const from = first === undefined ? field.min : (numberOf(first, field) ?? field.min);
    const to =
      last === undefined ? (first === undefined ? field.max : from) : (numberOf(last, field) ?? from);
    const count = Math.floor((to - from) / Number(step ?? 1)) + 1;
    return Array.from({ length: count }, (_, index) => from + index * Number(step ?? 1));
  });
  return values.sort((a, b) => a - b);
}
