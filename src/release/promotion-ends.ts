import { type CompiledConfiguration, compileDesiredState } from "../desired/compile-desired-state.ts";
import type { RunInputs } from "../desired/run-inputs.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import type { Revision } from "../model/revision.ts";
import type { PromotionEnd } from "./promote.ts";
import { hostName } from "./release-view.ts";

/** Which end is meant: an environment is named where a branch stands for several. */
export interface EndName {
  readonly branch: string;
  readonly environment?: string;
}

/** A branch as its own environment reads it, with every secret as a placeholder. */
export function compileEnd(
  tree: ManifestTree,
  revision: Revision,
  inputs: RunInputs,
  wanted: EndName,
): CompiledConfiguration & { readonly end?: PromotionEnd } {
  // A name that was asked for on the command line is that of one of the two environments at most.
  const { environment: _named, ...others } = inputs;
  const compiled = compileDesiredState(
    tree,
    revision,
    { ...others, ...wanted },
    { allowMissingSecrets: true, hostName },
  );
  return compiled.value === undefined ? compiled : { ...compiled, end: { tree, desired: compiled.value } };
}
