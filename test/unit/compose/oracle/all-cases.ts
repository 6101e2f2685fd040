import { deployDocuments } from "./documents-deploy.ts";
import { fileDocuments } from "./documents-files.ts";
import { processDocuments } from "./documents-process.ts";
import { surroundingDocuments } from "./documents-surroundings.ts";
import { valueDocuments } from "./documents-values.ts";
import { generatedCases } from "./generated.ts";
import type { ComposeCase } from "./oracle-case.ts";

/** Written by hand. */
export const documents: readonly ComposeCase[] = [
  ...processDocuments,
  ...surroundingDocuments,
  ...deployDocuments,
  ...fileDocuments,
  ...valueDocuments,
];

export const composeCases: readonly ComposeCase[] = [...documents, ...generatedCases];
