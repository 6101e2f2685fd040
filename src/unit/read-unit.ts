import { DiagnosticSink } from "../lib/diagnostic.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import { findDropIns } from "./drop-ins.ts";
import { lastOf, mergeUnitFiles, parseUnitFile, type UnitFile } from "./unit-file.ts";
import { unitNameOf } from "./unit-name.ts";
import type { UnitScope } from "./unit-scope.ts";

/** A unit with its drop-ins behind it, as systemd reads them: one long file. */
export function readUnit(
  text: string,
  {
    path,
    name,
    context,
    sink,
    usedPaths,
  }: Pick<UnitScope, "path" | "name" | "context" | "sink" | "usedPaths">,
): UnitFile {
  const own = parseUnitFile(path, text, sink);
  const dropIns = findDropIns(path, name.full, context.tree).flatMap((file) => {
    usedPaths.add(file.path);
    const added = decode(file.content);
    if (added !== undefined) return [parseUnitFile(file.path, added, sink)];
    const position = { file: file.path, line: 1, column: 1 };
    sink.error(position, "not-text", "the file is not UTF-8 text", "save it as UTF-8");
    return [];
  });
  return mergeUnitFiles(own, dropIns);
}

function decode(content: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}

/** Characters of an instance's name that also make a good name of a container. */
const instanceName = /^[A-Za-z0-9_.-]+$/;

/** `DefaultInstance=` of a template in a tree (systemd.unit(5)): its instance when none is listed. */
export function findDefaultInstance(path: string, tree: ManifestTree): string | undefined {
  const file = tree.get(path);
  const text = file && decode(file.content);
  if (text === undefined || !text.includes("DefaultInstance")) return undefined;
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
