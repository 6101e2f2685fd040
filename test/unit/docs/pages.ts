import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { readPages } from "../../../deploy/docs/pages.ts";

export const root = join(import.meta.dirname, "../../..");

/** Everything that is written for people, by path. */
export function writtenPages(): Map<string, string> {
  const others = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"];
  return new Map([
    ...others.map((path) => [path, readFileSync(join(root, path), "utf8")] as const),
    ...readPages(),
  ]);
}

interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

/** Fenced blocks, also those inside lists, without their indentation. */
export function codeBlocks(page: string): CodeBlock[] {
  return [...page.matchAll(/^( *)```([a-z]*)\n([\s\S]*?)^\1```$/gm)].map(
    ([, indent = "", language = "", body = ""]) => ({
      language,
      text: body.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    }),
  );
}

/** Blocks that begin with the path of a file of a configuration repository: `# units/web.service`. */
export function configurationFiles(page: string): Map<string, string> {
  return new Map(
    codeBlocks(page).flatMap(({ text }) => {
      const path = /^# ((?:units|templates)\/\S+|mysysconfig\.yaml)\n/.exec(text)?.[1];
      return path === undefined ? [] : [[path, text] as const];
    }),
  );
}

function withoutCode(page: string): string {
  return page.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "").replaceAll(/`[^`\n]*`/g, "");
}

/** Links of the page that lead nowhere: missing files, and anchors without a heading. */
export function brokenLinks(path: string, page: string): string[] {
  return [...withoutCode(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : normalize(join(dirname(path), file));
    if (!existsSync(join(root, target))) return [`${path}: ${link}`];
    if (anchor === undefined) return [];
    return anchorsOf(readFileSync(join(root, target), "utf8")).has(anchor) ? [] : [`${path}: ${link}`];
  });
}

/** Anchors as GitHub makes them of headings. */
function anchorsOf(page: string): Set<string> {
  const text = page.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "");
  return new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
