import type { Target } from "../model/actual-state.ts";

/** What a run brings along from outside the repository. */
export interface RunInputs {
  /** The environment asked for by name. */
  readonly environment?: string | undefined;
  /** The branch asked for; otherwise the revision's own branch counts. */
  readonly branch?: string | undefined;
  /** What is to be reconciled, whatever the environment says. */
  readonly target?: Target | undefined;
  /** Values from variables of the run: name (dots separate levels) → text. */
  readonly variables: ReadonlyMap<string, string>;
  /** Values from mounted files, which win over variables. */
  readonly mountedValues: ReadonlyMap<string, string>;
  /** Values of the names declared under `secrets:`; others are ignored. */
  readonly secrets: ReadonlyMap<string, string>;
}
