/**
 * Files of the repository that a container sees. They travel in a volume named after their content, because the
 * repository's own paths mean nothing to the Engine's host: a changed file is a new volume and so a changed workload.
 */
export interface FileSet {
  /** Volume name: `mysysconfig-<project>-<environment>-files-<16 hex digits of the content hash>`. */
  readonly name: string;
  /** Sorted by path. */
  readonly files: readonly DeliveredFile[];
}

export interface DeliveredFile {
  /** Relative to the volume's root, `/` between parts. */
  readonly path: string;
  /** Permission bits, `0o444` unless declared or executable in the repository (`0o555`). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly content: Uint8Array;
}
