/** Where a configuration came from: an immutable commit of a branch, or the content hash of a folder. */
export interface Revision {
  /** Commit or content hash, full length. */
  readonly id: string;
  readonly branch?: string;
  readonly subject?: string;
  /** Number of the build that baked it into an image. */
  readonly build?: number;
  /** When it was baked, ISO 8601. */
  readonly created?: string;
  /** The configuration repository (a URL without credentials); absent when unknown. */
  readonly source?: string;
}

/** `develop @ 3f2c1ab`: seven digits are what people compare. */
export function shortRevision(revision: Revision): string {
  return revision.id.slice(0, 7);
}
