/**
 * Whether a text of parts between `/` (an image name, a path of the repository) fits a pattern: `*` stands for anything
 * but `/`, `**` for anything, everything else for itself.
 */
export function matchesPattern(text: string, pattern: string): boolean {
  let known = compiled.get(pattern);
  if (known === undefined) {
    known = compile(pattern);
    if (compiled.size >= mostCompiled) compiled.clear();
    compiled.set(pattern, known);
  }
  return known.test(text);
}

/** A configuration asks about the same few patterns for each of its images. */
const compiled = new Map<string, RegExp>();
const mostCompiled = 1_000;

function compile(pattern: string): RegExp {
  const source = pattern.split(/(\*\*|\*)/).map((part) => {
    if (part === "**") return ".*";
    return part === "*" ? "[^/]*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${source.join("")}$`);
}

export function matchesAny(text: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matchesPattern(text, pattern));
}
