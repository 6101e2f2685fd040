/** A tag that was set, for the message of the commit. */
interface NamedTag {
  /** The workload, or the template unit for all its instances. */
  readonly key: string;
  /** Tag, with a digest or without. */
  readonly to: string;
}

/** `Updating myservice tag to '58-develop'`; several tags are counted in the subject and listed below it. */
export function editMessage(changes: readonly NamedTag[]): string {
  const [first] = changes;
  if (first && changes.length === 1) return `Updating ${describe(first)}`;
  return [`Updating ${changes.length} tags`, "", ...changes.map((change) => `* ${describe(change)}`)].join(
    "\n",
  );
}

function describe({ key, to }: NamedTag): string {
  return `${key} tag to '${to.replace(/@.*$/, "")}'`;
}
