/** The ready-made pipelines of deploy/ci and the shell parts in them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { repositoryRoot } from "../../deploy/lab/paths.ts";

const folder = join(repositoryRoot, "deploy", "ci");

export interface Pipeline {
  /** Below deploy/ci: `gitlab/service.yml`. */
  readonly path: string;
  readonly text: string;
  readonly content: unknown;
}

/** Every pipeline, sorted by path; one that is no YAML is an error. */
export function readPipelines(): readonly Pipeline[] {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".yml"),
  );
  return paths.sort().map((path) => {
    const text = readFileSync(join(folder, path), "utf8");
    const document = parseDocument(text, { strict: true, uniqueKeys: true });
    const [mistake] = [...document.errors, ...document.warnings];
    if (mistake !== undefined) throw mistake;
    return { path, text, content: document.toJS() };
  });
}

/** Texts that a shell runs, in the order in which they stand in the file. */
export function shellPartsOf(content: unknown): readonly string[] {
  if (Array.isArray(content)) return content.flatMap(shellPartsOf);
  if (typeof content !== "object" || content === null) return [];
  return Object.entries(content).flatMap(([key, value]) => {
    if (shellKeys.includes(key) && typeof value === "string") return [value];
    if (shellKeys.includes(key) && isTexts(value)) return value;
    return shellPartsOf(value);
  });
}

/** GitHub: `run`. CircleCI: `run` with a text, or with a `command`. GitLab: lists of texts. */
const shellKeys = ["run", "command", "before_script", "script", "after_script"];

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

/** From here on a part is the same in every system; in front of it a system's own names are given ours. */
export const commonStart = "set -eu\n";

export function commonPart(part: string): string {
  return part.slice(Math.max(0, part.indexOf(commonStart)));
}
