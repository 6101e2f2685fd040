import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import type { DiagnosticCode } from "../lib/diagnostic-codes.ts";
import type { YamlEntry, YamlNode } from "../lib/yaml.ts";
import type { CompileContext } from "../model/compile.ts";
import { resolveRepositoryPath, selectFiles } from "../model/repository-files.ts";

/** A file that services of other files extend, as written. */
export interface OpenedFile {
  readonly path: string;
  readonly services?: ReadonlyMap<string, YamlEntry>;
}

/** What reading all files of one stack shares. */
export interface LoadScope {
  readonly context: CompileContext;
  readonly sink: DiagnosticSink;
  /** Places of mistakes in the text itself. */
  readonly broken: Set<Position>;
  readonly usedPaths: Set<string>;
  /** By path in the repository. */
  readonly opened: Map<string, OpenedFile>;
  /** How many files may still be read: includes of includes cannot blow up. */
  readonly budget: { files: number };
}

/** Files that are read as one model, with a folder and variables of its own. */
export interface ModelScope extends LoadScope {
  /** Relative paths count from here; `""` is the repository. */
  readonly folder: string;
  readonly variables: ReadonlyMap<string, string>;
  /** The files that include one another, outermost first. */
  readonly chain: readonly string[];
  /** Services that others extend, by folder, file and name. */
  readonly extended: Map<string, YamlNode | undefined>;
}

export interface WrittenPath {
  readonly text: string;
  readonly position: Position;
}

const hint = "name a file of the repository, below units/ or templates/";

/** The path in the repository that is meant, or `undefined` after reporting that it leads out of it. */
export function pathInRepository(
  { text, position }: WrittenPath,
  { folder, sink }: Pick<ModelScope, "folder" | "sink">,
): string | undefined {
  const report = (code: DiagnosticCode, message: string) => sink.error(position, code, message, hint);
  if (text.startsWith("/") || text.startsWith("~")) {
    report("host-file", `"${text}" is a path of the host and cannot be read from here`);
  } else if (/^[a-z][a-z0-9+.-]*:/i.test(text) || text.startsWith("git@")) {
    report("remote-file", `"${text}" is not in the repository: what is elsewhere may change unseen`);
  } else {
    const resolved = resolveRepositoryPath(folder === "" ? "" : `${folder}/`, text);
    if (resolved !== undefined) return resolved;
    report("outside-repository", `"${text}" leaves the repository`);
  }
  return undefined;
}

/** The text of one file of the repository, or `undefined` after reporting why there is none. */
export function repositoryText(written: WrittenPath, scope: ModelScope): RepositoryText | undefined {
  const path = pathInRepository(written, scope);
  if (path === undefined) return undefined;
  const { text, position } = written;
  const selection = selectFiles(scope.context.tree, path);
  const [file] = selection?.files ?? [];
  if (!selection?.isFile || !file) {
    const message = selection
      ? `"${text}" is a folder`
      : `"${text}" is not in the repository (looked for ${path === "" ? "a file" : path})`;
    scope.sink.error(position, selection ? "not-a-file" : "missing-file", message, hint);
    return undefined;
  }
  scope.usedPaths.add(path);
  if (--scope.budget.files < 0) {
    scope.sink.error(position, "too-many-files", "too many files include one another", "include less");
    return undefined;
  }
  const decoded = decodeUtf8(file.content);
  if (decoded !== undefined) return { path, text: decoded };
  scope.sink.error(position, "not-a-text", `"${text}" is no UTF-8 text`, "save it as UTF-8");
  return undefined;
}

export interface RepositoryText {
  readonly path: string;
  readonly text: string;
}

export function decodeUtf8(content: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}
