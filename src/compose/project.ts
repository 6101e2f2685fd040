import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import type { CompileContext } from "../model/compile.ts";
import type { FileSet } from "../model/file-set.ts";
import type { NetworkSpec } from "../model/network.ts";
import {
  type FileAttributes,
  type FileSelection,
  makeFileSet,
  resolveRepositoryPath,
  selectFiles,
} from "../model/repository-files.ts";
import type { VolumeSpec } from "../model/volume.ts";

/** What the services of one file share: the declarations above them and what they make use of. */
export interface ComposeProject {
  /** The compose file in the repository. */
  readonly path: string;
  readonly stack: string;
  readonly context: CompileContext;
  readonly sink: DiagnosticSink;
  /** All services by name, also those whose profiles are not enabled. */
  readonly services: ReadonlyMap<string, DeclaredService>;
  readonly networks: ReadonlyMap<string, NetworkSpec>;
  readonly volumes: ReadonlyMap<string, VolumeSpec>;
  readonly configs: ReadonlyMap<string, DeclaredFile>;
  readonly secrets: ReadonlyMap<string, DeclaredFile>;
  readonly fileSets: Map<string, FileSet>;
  readonly usedPaths: Set<string>;
  /** The implied network, once a service is attached to it. */
  defaultNetwork?: NetworkSpec;
}

export interface DeclaredService {
  readonly enabled: boolean;
  readonly containerName?: string;
}

/** A config or secret as declared at the top level. */
export type DeclaredFile =
  | { readonly kind: "content"; readonly content: Uint8Array }
  /** A file of the Engine's host, mounted as it is. */
  | { readonly kind: "host"; readonly path: string }
  /** It is in the cluster under this name. */
  | { readonly kind: "stored"; readonly name: string }
  /** A declaration with a mistake, already reported. */
  | { readonly kind: "broken" };

/** Compose's naming rule: `shop-db-1`, counted from 1, unless `container_name` says otherwise. */
export function containerNameOf(project: ComposeProject, service: string, replica: number): string {
  return project.services.get(service)?.containerName ?? `${project.stack}-${service}-${replica}`;
}

export function workloadKeyOf(project: ComposeProject, service: string): string {
  return `${project.stack}/${service}`;
}

/** Files of the repository at a path written in the compose file, or `undefined` after reporting why there are none. */
export function selectRepositoryFiles(
  project: ComposeProject,
  source: { readonly path: string; readonly position: Position; readonly attributes?: FileAttributes },
): FileSelection | undefined {
  const { path, position } = source;
  const resolved = resolveRepositoryPath(project.path, path);
  if (resolved === undefined) {
    const message = `"${path}" leaves the repository`;
    project.sink.error(position, "outside-repository", message, missingHint);
    return undefined;
  }
  const selection = selectFiles(project.context.tree, resolved, source.attributes);
  if (!selection) {
    const message = `"${path}" is not in the repository (looked for ${resolved === "" ? "any file" : resolved})`;
    project.sink.error(position, "missing-file", message, missingHint);
    return undefined;
  }
  for (const used of selection.usedPaths) project.usedPaths.add(used);
  return selection;
}

const missingHint =
  "relative paths are files of the repository: add it there, or use a named volume for data, or an absolute path of the host";

/** Registers files for delivery and returns the name of their set. */
export function deliverFiles(project: ComposeProject, files: FileSet["files"]): string {
  const fileSet = makeFileSet(project.context.owner, files);
  project.fileSets.set(fileSet.name, fileSet);
  return fileSet.name;
}
