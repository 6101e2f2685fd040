import type { CorpusCase } from "./corpus-case.ts";
import { furtherCorpus } from "./corpus-further.ts";
import { processCorpus } from "./corpus-process.ts";
import { surroundingsCorpus } from "./corpus-surroundings.ts";

/** Every supported key of a service, at least once. */
export const serviceCorpus: Readonly<Record<string, readonly CorpusCase[]>> = {
  ...processCorpus,
  ...surroundingsCorpus,
  ...furtherCorpus,
};
