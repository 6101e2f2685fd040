import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { formatLimit, limits } from "../lib/limits.ts";
import { positionAt, type Segment, type SourceText, sliceSource } from "./source-text.ts";

/** One `Key=value` line (continuations joined). */
export interface Assignment {
  readonly section: string;
  readonly key: string;
  readonly keyPosition: Position;
  /** The value without surrounding whitespace. */
  readonly value: SourceText;
  /** The value's place, or the key's for an empty assignment. */
  readonly position: Position;
}

interface UnitSection {
  readonly name: string;
  readonly position: Position;
}

export interface UnitFile {
  readonly path: string;
  readonly sections: readonly UnitSection[];
  /** In the order of the file. */
  readonly assignments: readonly Assignment[];
  /** The same by section and key, `Service.ExecStart`. */
  readonly byName: ReadonlyMap<string, readonly Assignment[]>;
}

const whitespace = " \t\r";

/**
 * Reads the syntax of unit files, systemd.syntax(7): sections, comments (`#`, `;`), lines continued by a backslash with
 * comment lines inside a continuation. What systemd would skip with a warning in its log is an error here.
 */
export function parseUnitFile(path: string, text: string, sink: DiagnosticSink): UnitFile {
  const sections: UnitSection[] = [];
  const assignments: Assignment[] = [];
  for (const line of joinLines(path, text, sink)) {
    const trimmed = trim(line);
    if (isTooLong(trimmed, sink)) continue;
    if (trimmed.text.startsWith("[")) {
      const section = readSection(trimmed, sink);
      if (section) sections.push(section);
    } else if (trimmed.text !== "") {
      const assignment = readAssignment(trimmed, sections.at(-1)?.name, sink);
      if (assignment) assignments.push(assignment);
    }
  }
  return newUnitFile(path, sections, assignments);
}

/** One file behind the other, which is all that drop-ins mean (systemd.unit(5)); the first one gives its path. */
export function mergeUnitFiles(own: UnitFile, dropIns: readonly UnitFile[]): UnitFile {
  if (dropIns.length === 0) return own;
  const files = [own, ...dropIns];
  return newUnitFile(
    own.path,
    files.flatMap(({ sections }) => sections),
    files.flatMap(({ assignments }) => assignments),
  );
}

/** The assignments of a unit, also by their names. */
export function newUnitFile(
  path: string,
  sections: readonly UnitSection[],
  assignments: readonly Assignment[],
): UnitFile {
  const byName = Map.groupBy(assignments, ({ section, key }) => `${section}.${key}`);
  return { path, sections, assignments, byName };
}

/** All assignments of a list setting; an empty assignment drops those before it (systemd.syntax(7)). */
export function listOf(file: UnitFile, section: string, key: string): readonly Assignment[] {
  const all = file.byName.get(`${section}.${key}`) ?? [];
  const reset = all.findLastIndex((item) => item.value.text === "");
  return all.slice(reset + 1);
}

/** The assignment that counts for a setting with one value: the last one, if it is not empty. */
export function lastOf(file: UnitFile, section: string, key: string): Assignment | undefined {
  return listOf(file, section, key).at(-1);
}

function isTooLong(line: SourceText, sink: DiagnosticSink): boolean {
  if (line.text.length <= limits.unitValue.most) return false;
  const message = `the line has more than ${formatLimit("unitValue")} characters`;
  sink.error(positionAt(line, 0), "too-large", message, "no program takes so long a line: mount a file");
  return true;
}

/** Joins physical lines to logical ones; a backslash at the end becomes a space. */
function joinLines(path: string, text: string, sink: DiagnosticSink): SourceText[] {
  const joined: SourceText[] = [];
  let open: { text: string; segments: Segment[] } | undefined;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    const content = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    if (/^[ \t]*[#;]/.test(content)) continue;
    const line = open ?? { text: "", segments: [] };
    line.segments.push({ start: line.text.length, line: index + 1, column: 1 });
    if (endsWithBackslash(content)) {
      line.text += `${content.slice(0, -1)} `;
      open = line;
      continue;
    }
    line.text += content;
    joined.push({ file: path, ...line });
    open = undefined;
    reportLooseBackslash(path, content, index + 1, sink);
  }
  if (open) joined.push({ file: path, ...open });
  return joined;
}

/** An even number of backslashes is an escaped backslash, not a continuation. */
function endsWithBackslash(line: string): boolean {
  let start = line.length;
  while (line[start - 1] === "\\") start--;
  return (line.length - start) % 2 === 1;
}

function reportLooseBackslash(path: string, content: string, line: number, sink: DiagnosticSink): void {
  const stripped = content.trimEnd();
  if (stripped === content || !endsWithBackslash(stripped)) return;
  sink.error(
    { file: path, line, column: stripped.length, length: 1 },
    "loose-backslash",
    "a backslash followed by whitespace does not continue the line",
    "remove the whitespace after the backslash",
  );
}

function trim(line: SourceText): SourceText {
  let start = 0;
  let end = line.text.length;
  while (start < end && whitespace.includes(line.text.charAt(start))) start++;
  while (end > start && whitespace.includes(line.text.charAt(end - 1))) end--;
  return start === 0 && end === line.text.length ? line : sliceSource(line, start, end);
}

function readSection(line: SourceText, sink: DiagnosticSink): UnitSection | undefined {
  const position = positionAt(line, 0, line.text.length);
  const match = /^\[([^\]]+)\]$/.exec(line.text);
  if (match?.[1] !== undefined) return { name: match[1], position };
  sink.error(position, "invalid-section", `invalid section header "${line.text}"`, "write [Name]");
  return undefined;
}

function readAssignment(
  line: SourceText,
  section: string | undefined,
  sink: DiagnosticSink,
): Assignment | undefined {
  const equals = line.text.indexOf("=");
  if (equals < 0) {
    const hint = "write Key=value; a line that goes on needs a backslash at the end of the line before it";
    sink.error(
      positionAt(line, 0, line.text.length),
      "missing-equals",
      `missing "=" in "${line.text}"`,
      hint,
    );
    return undefined;
  }
  const key = trim(sliceSource(line, 0, equals));
  if (key.text === "") {
    sink.error(
      positionAt(line, 0, line.text.length),
      "missing-key",
      'missing name before "="',
      "write Key=value",
    );
    return undefined;
  }
  if (section === undefined) {
    const hint = "begin the file with [Unit] or [Service]";
    sink.error(
      positionAt(line, 0, line.text.length),
      "outside-section",
      `"${key.text}=" stands before any section`,
      hint,
    );
    return undefined;
  }
  const value = trim(sliceSource(line, equals + 1, line.text.length));
  return new PlacedAssignment(section, key, value);
}

/** Places are worked out when somebody asks: most are never told. */
class PlacedAssignment implements Assignment {
  readonly section: string;
  readonly key: string;
  readonly value: SourceText;
  private readonly name: SourceText;

  constructor(section: string, name: SourceText, value: SourceText) {
    this.section = section;
    this.key = name.text;
    this.name = name;
    this.value = value;
  }

  get keyPosition(): Position {
    return positionAt(this.name, 0, this.key.length);
  }

  get position(): Position {
    const placed = this.value.text === "" ? this.name : this.value;
    return positionAt(placed, 0, placed.text.length);
  }
}
