import { DiagnosticSink, type Parsed, type Position, sortDiagnostics } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { CompileContext, CompiledTimer } from "../model/compile.ts";
import type { TimerSpec } from "../model/timer.ts";
import { readBoolean } from "./boolean.ts";
import { checkUnitName } from "./compile-unit.ts";
import { namedServices } from "./dependencies.ts";
import { checkDirectives } from "./directives.ts";
import { readUnit } from "./read-unit.ts";
import { Room } from "./room.ts";
import { expandSpecifiers } from "./specifiers.ts";
import { readTimeSpan } from "./time-span.ts";
import { readTriggers } from "./timer-triggers.ts";
import { type Assignment, lastOf, listOf, type UnitFile } from "./unit-file.ts";
import { unitNameOf } from "./unit-name.ts";
import type { UnitScope } from "./unit-scope.ts";
import { wholeWord, wordPosition } from "./words.ts";

const overlaps = ["skip", "wait"] as const;

/** systemd.timer(5). */
const defaultAccuracyMs = 60_000;

/** Directives of [Unit] that start or stop other units together with the timer. */
const startingDirectives = [
  ...["Wants", "Requires", "Requisite", "BindsTo", "BindTo", "PartOf", "Conflicts"],
];

interface TimerFile {
  readonly path: string;
  readonly text: string;
  /** For a template unit. */
  readonly instance?: string | undefined;
}

/**
 * Compiles a systemd timer unit (systemd.timer(5)). It never throws on the text; all mistakes are reported at once, and
 * there is a value only without errors. Whether the service is there is for the linker to say.
 */
export function compileTimer(
  { path, text, instance }: TimerFile,
  context: CompileContext,
): Parsed<CompiledTimer> {
  const sink = new DiagnosticSink();
  const name = unitNameOf(path, instance);
  const scope: UnitScope = { path, name, context, sink, usedPaths: new Set(), room: new Room(sink) };
  checkUnitName(scope);
  const file = readUnit(text, scope);
  checkDirectives(file, scope);
  reportStarted(file, scope);
  const origin = file.sections.find((section) => section.name === "Timer")?.position ?? startOf(path);
  const service = readService(file, scope);
  const timer = readTimer(file, origin, scope);
  const diagnostics = sortDiagnostics(sink.diagnostics);
  if (sink.hasErrors) return { diagnostics };
  return { value: { timer, service: service.key, position: service.position ?? origin }, diagnostics };
}

function readTimer(file: UnitFile, origin: Position, scope: UnitScope): TimerSpec {
  const triggers = readTriggers(file, scope);
  const persistent = lastOf(file, "Timer", "Persistent");
  const isPersistent = readBoolean(persistent, scope);
  if (persistent !== undefined && isPersistent && triggers.calendars.length === 0 && !scope.sink.hasErrors) {
    const message = "Persistent= has no effect without OnCalendar=";
    scope.sink.warning(persistent.keyPosition, "directive-without-effect", message, "remove it");
  }
  return {
    unit: scope.name.full,
    ...triggers,
    persistent: isPersistent,
    randomizedDelayMs: readTimeSpan(lastOf(file, "Timer", "RandomizedDelaySec"), scope) ?? 0,
    fixedRandomDelay: readBoolean(lastOf(file, "Timer", "FixedRandomDelay"), scope),
    accuracyMs: readTimeSpan(lastOf(file, "Timer", "AccuracySec"), scope) ?? defaultAccuracyMs,
    overlap: readOverlap(lastOf(file, "X-Timer", "Overlap"), scope),
    origin,
  };
}

interface NamedService {
  readonly key: string;
  readonly position?: Position;
}

/** `Unit=`, or the service with the timer's name. */
function readService(file: UnitFile, scope: UnitScope): NamedService {
  const { name, sink } = scope;
  const [item, second] = listOf(file, "Timer", "Unit");
  if (second !== undefined) {
    const message = "Unit= is given twice, and a timer starts one service";
    sink.error(second.position, "duplicate-directive", message, "write a timer of its own for each service");
  }
  if (item === undefined) return { key: name.key };
  const word = expandSpecifiers(wholeWord(item.value), scope);
  const position = wordPosition(word);
  const key = /^([A-Za-z0-9:_.@\\-]+)\.service$/.exec(word.text)?.[1];
  if (key === undefined) {
    const hint = /[\s.]/.test(word.text)
      ? `write Unit=${name.key}.service`
      : `write Unit=${word.text}.service`;
    sink.error(
      position,
      "invalid-unit-name",
      `Unit= cannot be "${word.text}": a timer starts a service`,
      hint,
    );
  } else if (key.endsWith("@")) {
    const message = `Unit=${word.text} is a template without an instance`;
    sink.error(position, "no-instance", message, `write Unit=${key}1.service`);
  }
  return { key: key ?? name.key, position };
}

/** The timer alone starts its service, and what the service needs is said in the service. */
function reportStarted(file: UnitFile, scope: UnitScope): void {
  for (const directive of startingDirectives) {
    for (const { key, word } of namedServices(directive, file, scope)) {
      const message = `${directive}=${key}.service is not supported in a timer`;
      const hint = "remove it: the timer starts its service by itself, and the service says what it needs";
      scope.sink.error(wordPosition(word), "unsupported-directive", message, hint);
    }
  }
}

function readOverlap(item: Assignment | undefined, { sink }: UnitScope): TimerSpec["overlap"] {
  if (item === undefined) return "skip";
  const { text } = item.value;
  const overlap = overlaps.find((candidate) => candidate === text);
  if (overlap === undefined) {
    const hint = didYouMean(text, overlaps) ?? `one of: ${overlaps.join(", ")}`;
    sink.error(item.position, "unknown-value", `Overlap= cannot be "${text}"`, hint);
  }
  return overlap ?? "skip";
}

function startOf(file: string): Position {
  return { file, line: 1, column: 1 };
}
