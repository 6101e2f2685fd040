/**
 * What becomes of a directive. `mapped`: part of the workload. `host`: accepted in silence, because the reconciler or
 * the Engine does it. `no-effect`: accepted with a warning, because it acts on the `docker` command and not on the
 * container. `refused`: an error, because leaving it out would change what the unit does.
 */
export interface DirectiveRow {
  readonly handling: "mapped" | "host" | "no-effect" | "refused";
  readonly doc: string;
  /** What to write instead. */
  readonly hint?: string;
}

export type DirectiveTable = Readonly<Record<string, DirectiveRow>>;

/** One row for each of several directives that are treated alike. */
export function rowsFor(names: string, row: DirectiveRow): DirectiveTable {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, row]));
}
