const day = 86_400_000;

/** Zones without an area, as the time zone database has them; ICU knows more, of which some mean something else. */
const plainNames: ReadonlySet<string> = new Set(
  (
    "CET CST6CDT Cuba EET EST EST5EDT Egypt Eire GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich HST Hongkong Iceland Iran " +
    "Israel Jamaica Japan Kwajalein Libya MET MST MST7MDT NZ NZ-CHAT Navajo PRC PST8PDT Poland Portugal ROC ROK " +
    "Singapore Turkey UCT UTC Universal W-SU WET Zulu"
  ).split(" "),
);

const areaName =
  /^(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US)(?:\/[A-Z][A-Za-z0-9_+-]*)+$/;

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Whether this is the name of a time zone, spelled as the database spells it. */
export function isTimeZone(name: string): boolean {
  return formatterOf(name) !== undefined;
}

/** All names that ICU calls zones by, for suggestions; the database has more. */
export function timeZoneNames(): readonly string[] {
  return [...Intl.supportedValuesOf("timeZone"), ...plainNames];
}

/**
 * Milliseconds that clocks of a zone are ahead of UTC at an instant (epoch milliseconds).
 *
 * @param zone a name that `isTimeZone` knows; any other is taken for UTC
 */
export function offsetAt(zone: string, epochMs: number): number {
  if (zone === "UTC") return 0;
  const formatter = formatterOf(zone);
  if (formatter === undefined) return 0;
  const wholeSeconds = Math.floor(epochMs / 1000) * 1000;
  const [month = 1, date = 1, year = 1970, hour = 0, minute = 0, second = 0] = (
    formatter.format(wholeSeconds).match(/\d+/g) ?? []
  ).map(Number);
  return Date.UTC(year, month - 1, date, hour, minute, second) - wholeSeconds;
}

/** What becomes of a time on the clocks of a zone. */
export type Resolved =
  /** It is this instant, in epoch milliseconds. */
  | { readonly instant: number }
  /** It is left out, when clocks are put forward; the next time that there is. Milliseconds on the clock. */
  | { readonly gapEnd: number };

/**
 * The instant of a time on the clocks of a zone. A time that there is twice, because clocks are put back, is its first
 * instant, or the second when the first is not after `afterMs`.
 *
 * @param wallMs as `Date.UTC` of what the clocks show
 */
export function resolveWall(zone: string, wallMs: number, afterMs: number): Resolved {
  const before = offsetAt(zone, wallMs - day);
  const later = offsetAt(zone, wallMs + day);
  if (before === later) return { instant: wallMs - before };
  const instants = [Math.max(before, later), Math.min(before, later)]
    .filter((offset) => offsetAt(zone, wallMs - offset) === offset)
    .map((offset) => wallMs - offset);
  const instant = instants.find((candidate) => candidate > afterMs) ?? instants.at(-1);
  return instant === undefined ? { gapEnd: endOfGap(zone, wallMs, later) } : { instant };
}

/** Looks for the second in which the clocks are put forward. */
function endOfGap(zone: string, wallMs: number, offset: number): number {
  const before = offsetAt(zone, wallMs - day);
  let low = Math.floor((wallMs - offset) / 1000);
  let high = Math.ceil((wallMs - before) / 1000);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle * 1000) === offset) high = middle;
    else low = middle;
  }
  return high * 1000 + offset;
}

function formatterOf(name: string): Intl.DateTimeFormat | undefined {
  const known = formatters.get(name);
  if (known !== undefined || !(plainNames.has(name) || areaName.test(name))) return known;
  try {
    const formatter = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    if (isMisspelled(name, formatter.resolvedOptions().timeZone)) return undefined;
    formatters.set(name, formatter);
    return formatter;
  } catch {
    return undefined;
  }
}

/** ICU takes names in any case; files of the time zone database are found by the right one only. */
function isMisspelled(name: string, canonical: string): boolean {
  if (name === canonical || plainNames.has(name)) return false;
  const isShouted = /\/[A-Z_-]{4,}$/.test(name) && !name.endsWith("GMT");
  return isShouted || name.toLowerCase() === canonical.toLowerCase();
}
