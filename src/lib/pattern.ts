/**
 * Whether a text of parts between `/` (an image name, a path of the repository) fits a pattern: `*` stands for anything
 * but `/`, `**` for anything, everything else for itself.
 */
export function matchesPattern(text: string, pattern: string): boolean {
  const source = pattern.split(/(\*\*|\*)/).map((part) => {
    if (part === "**") return ".*";
    return part === "*" ? "[^/]*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${source.join("")}$`).test(text);
}

export function matchesAny(text: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matchesPattern(text, pattern));
}
