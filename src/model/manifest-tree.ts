/** The files of one revision, before anything is parsed. Paths are relative, with `/`, without `.` or `..` parts. */
export type ManifestTree = ReadonlyMap<string, ManifestFile>;

export interface ManifestFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly executable: boolean;
}

/** What is read of a repository; the rest of it is none of our business. `mysysconfig.yml` only to be complained about. */
export const configurationPaths = ["mysysconfig.yaml", "mysysconfig.yml", "units", "templates"] as const;
