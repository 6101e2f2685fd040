import { pino } from "pino";
import type { Paint } from "../lib/paint.ts";
import type { Clock, Log, LogData } from "../ports.ts";
import { plainData } from "./plain-data.ts";
import { prettyLine } from "./pretty-line.ts";

export interface LoggerOptions {
  /** Takes one line, which ends with a line break. */
  readonly write: (line: string) => void;
  /** For a terminal; without it each line is a JSON object. */
  readonly pretty?: Paint;
  /** The least that is said. */
  readonly level: LogLevel;
  readonly redact: (text: string) => string;
  readonly clock: Pick<Clock, "now">;
}

export const logLevels = ["info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Members that each line has; data of these names gets a `_` behind it, so that it cannot pass for them. */
const ownMembers: ReadonlySet<string> = new Set(["level", "time", "msg"]);

/** A log that writes at once, in this thread: what was said before a crash is there. */
export function createLogger(options: LoggerOptions): Log {
  const { write, pretty, level, redact, clock } = options;
  const finish = (line: string): string => {
    const clean = withoutValues(line, redact);
    return pretty === undefined ? escapeRest(clean) : `${redact(prettyLine(clean, pretty))}\n`;
  };
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${clock.now().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => write(finish(line)) },
  );
  const child = (bound: LogData): Log => {
    const say =
      (name: LogLevel) =>
      (fact: string, data: LogData = {}) => {
        logger[name](renamed(safeData(bound, data, redact)), fact);
      };
    return {
      info: say("info"),
      warn: say("warn"),
      error: say("error"),
      child: (data) => child({ ...bound, ...data }),
    };
  };
  return child({});
}

/** What cannot be read, as a getter that throws, must not end what was to be told. */
function safeData(bound: LogData, data: LogData, redact: (text: string) => string): LogData {
  try {
    return plainData({ ...bound, ...data }, redact);
  } catch {
    return { data: "(unreadable)" };
  }
}

function renamed(data: LogData): LogData {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [ownMembers.has(key) ? `${key}_` : key, value]),
  );
}

/**
 * The last look at a whole line, for a value that only the line as such spells out. If nothing readable is left without
 * it, the line is withheld.
 */
function withoutValues(line: string, redact: (text: string) => string): string {
  const clean = redact(line);
  if (clean === line || isJson(clean)) return clean;
  const instead = redact(JSON.stringify({ level: "error", msg: withheld }));
  return `${isJson(instead) ? instead : "{}"}\n`;
}

const withheld = "a line of the log held a secret and was withheld";

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** Characters that JSON leaves as they are, but that end a line or drive a terminal for some who read it. */
function escapeRest(line: string): string {
  return line.replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
