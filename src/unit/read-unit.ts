import { DiagnosticSink } from "../lib/diagnostic.ts";
import { formatLimit, limits } from "../lib/limits.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import { findDropIns } from "./drop-ins.ts";
import { lastOf, mergeUnitFiles, newUnitFile, parseUnitFile, type UnitFile } from "./unit-file.ts";
import { unitNameOf } from "./unit-name.ts";
import type { UnitScope } from "./unit-scope.ts";
import { checkText, decode, readTextOf } from "./unit-text.ts";

/** A unit with its drop-ins behind it, as systemd reads them: one long file. */
export function readUnit(
  text: string,
  {
    path,
    name,
    context,
    sink,
    usedPaths,
    room,
  }: Pick<UnitScope, "path" | "name" | "context" | "sink" | "usedPaths" | "room">,
): UnitFile {
  const own = parseUnitFile(path, checkText(path, text, sink) ? text : "", sink);
  const dropIns = findDropIns(path, name.full, context.tree).flatMap((file) => {
    usedPaths.add(file.path);
    const added = readTextOf(file, { file: file.path, line: 1, column: 1 }, { sink, room });
    return added === undefined ? [] : [parseUnitFile(file.path, added, sink)];
  });
  return withinLimit(mergeUnitFiles(own, dropIns), sink);
}

/** Each assignment costs work of its own. */
function withinLimit(file: UnitFile, sink: DiagnosticSink): UnitFile {
  const lines = [...file.sections, ...file.assignments.map(({ keyPosition: position }) => ({ position }))];
  const first = lines.length > limits.unitLines.most ? lines[limits.unitLines.most] : undefined;
  if (first === undefined) return file;
  const message = `the unit has more than ${formatLimit("unitLines")} assignments and sections`;
  sink.error(first.position, "too-large", message, "remove what is not needed");
  return newUnitFile(file.path, [], []);
}

/** Characters of an instance's name that also make a good name of a container. */
const instanceName = /^[A-Za-z0-9_.-]+$/;

/** `DefaultInstance=` of a template in a tree (systemd.unit(5)): its instance when none is listed. */
export function findDefaultInstance(path: string, tree: ManifestTree): string | undefined {
  const file = tree.get(path);
  const text = file && decode(file.content);
  if (text === undefined || text.length > limits.text.most || !text.includes("DefaultInstance"))
    return undefined;
  const unit = parseUnitFile(path, text, new DiagnosticSink());
  const value = lastOf(unit, "Install", "DefaultInstance")?.value.text;
  return value !== undefined && instanceName.test(value) && unitNameOf(path).instance === ""
    ? value
    : undefined;
}

/** Reports a `DefaultInstance=` that cannot be one. */
export function checkDefaultInstance(file: UnitFile, { name, sink }: UnitScope): void {
  const item = lastOf(file, "Install", "DefaultInstance");
  if (item === undefined) return;
  if (name.instance === undefined) {
    const message = "DefaultInstance= has no effect: only a template unit has instances";
    sink.warning(item.keyPosition, "directive-without-effect", message, "remove it");
  } else if (!instanceName.test(item.value.text)) {
    const message = `instance "${item.value.text}" is no valid name`;
    sink.error(item.position, "invalid-name", message, "letters, digits, - _ and .");
  } else if (item.position.file !== file.path) {
    const message = "DefaultInstance= is read in the template itself, not in a drop-in";
    sink.error(item.keyPosition, "unsupported-directive", message, `write it into ${file.path}`);
  }
}
