/** Names of projects and environments become labels, volume names and parts of file names. */
export const namePattern: RegExp = /^[a-z0-9][a-z0-9_.-]{0,62}$/;

export const nameRule = "lowercase letters, digits, - _ and ., starting with a letter or digit, at most 63";

export function isName(text: string): boolean {
  return namePattern.test(text);
}

/** The name of the environment that a branch stands for when none is declared: `feature/X` is `feature-x`. */
export function nameOfBranch(branch: string): string {
  const name = branch
    .toLowerCase()
    .replace(/[^a-z0-9_.-]/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 63);
  return name === "" ? "default" : name;
}
