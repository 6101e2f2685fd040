/** The files of one revision, before anything is parsed. Paths are relative, with `/`, without `.` or `..` parts. */
export type ManifestTree = ReadonlyMap<string, ManifestFile>;

export interface ManifestFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly executable: boolean;
}
