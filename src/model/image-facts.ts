/** What a registry tells about an image that has not been pulled. Texts are foreign: show them, never run them. */
export interface ImageFacts {
  /** Of what the reference names: of an index the index's own. */
  readonly digest: string;
  /** `os/architecture[/variant]` in the registry's order, each once; empty for what is no image (a chart, a bundle). */
  readonly platforms: readonly string[];
  /** When the image of the chosen platform was built: ISO 8601 in UTC. Absent where the build tells no time. */
  readonly created?: string;
  /** Label `org.opencontainers.image.revision`: the commit it was built from. */
  readonly revision?: string;
  /** Label `org.opencontainers.image.source`: where its source code is. */
  readonly source?: string;
  /** Label `org.opencontainers.image.version`. */
  readonly version?: string;
}
