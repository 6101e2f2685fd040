const linkPattern = /<([^<>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+\s*(?:=\s*(?:"[^"]*"|[^\s",;]+))?)*)/g;

/**
 * The target of the link with the relation `next` (RFC 8288; OCI distribution specification, "Listing Tags"), as it
 * is written, often relative. `undefined`: this is the last page.
 */
export function nextLink(header: string | undefined): string | undefined {
  for (const [, target, parameters = ""] of (header ?? "").matchAll(linkPattern)) {
    const relations = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))/i.exec(parameters);
    const names = (relations?.[1] ?? relations?.[2] ?? "").toLowerCase().split(/\s+/);
    if (names.includes("next")) return target;
  }
  return undefined;
}
