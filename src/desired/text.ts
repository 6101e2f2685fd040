import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { ManifestFile } from "../model/manifest-tree.ts";

/** The text of a file that has to be text; anything but UTF-8 is reported. */
export function decodeText(file: ManifestFile, sink: DiagnosticSink): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(file.content);
  } catch {
    const position = { file: file.path, line: 1, column: 1 };
    sink.error(position, "not-text", "the file is not UTF-8 text", "save it as UTF-8");
    return undefined;
  }
}
