import type { RevisionReader, SourceKind, SourcePlace } from "../ports.ts";
import { BranchSource } from "./branch-source.ts";

/**
 * A branch, a tag or a commit as a side of a comparison: of the repository that is named, else of the clone around the
 * folder. A text with a colon is no revision (git-check-ref-format, rule 4).
 */
export function revisionKind(
  open: (place: SourcePlace, signal: AbortSignal) => Promise<RevisionReader>,
): SourceKind {
  return {
    name: "a revision of the repository",
    async find(text, place) {
      if (text === "" || text.includes(":")) return undefined;
      return new BranchSource(
        (signal) => open(place, signal),
        () => text,
      );
    },
  };
}
