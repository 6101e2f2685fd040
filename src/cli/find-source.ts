import { ReconcilerError } from "../model/errors.ts";
import type { ConfigSource, SourceKind, SourcePlace } from "../ports.ts";

/**
 * The first source that a text names. The order of the kinds decides about a text that could mean several things: the
 * cheapest to check and the most exact comes first.
 *
 * @throws ReconcilerError `usage` when it names nothing
 */
export async function findSource(
  text: string,
  kinds: readonly SourceKind[],
  place: SourcePlace,
  signal: AbortSignal,
): Promise<ConfigSource> {
  for (const kind of kinds) {
    const source = await kind.find(text, place, signal);
    if (source !== undefined) return source;
  }
  const names = kinds.map(({ name }) => name).join(" or ");
  throw new ReconcilerError("usage", `"${text}" is not ${names}`, {
    hint: "compare two configurations, for example: mysysconfig diff HEAD~1 HEAD",
  });
}
