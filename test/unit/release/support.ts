import type { Diagnostic } from "../../../src/lib/diagnostic.ts";
import type { ReleaseTarget } from "../../../src/release/release-view.ts";
import { type ImageRequest, setImages } from "../../../src/release/set-images.ts";
import { treeOf } from "../render/support.ts";

const nothing: ReadonlyMap<string, string> = new Map();

export type Files = Readonly<Record<string, string>>;

export const settings = 'images: {own: ["myrepo/*"]}\n';

export function targetOf(files: Files, branch = "develop"): ReleaseTarget {
  const inputs = { branch, variables: nothing, mountedValues: nothing, secrets: nothing };
  return { tree: treeOf({ "mysysconfig.yaml": settings, ...files }), inputs };
}

export function run(args: string): string {
  return `[Service]\nExecStart=/usr/bin/docker run ${args}\n`;
}

/** `name=tag` or `name=tag@digest`. */
export function request(text: string): ImageRequest {
  const [name = "", tail = ""] = text.split("=");
  const [tag = "", digest] = tail.split("@");
  return { name, tag, ...(digest === undefined ? {} : { digest }) };
}

export interface Outcome {
  /** Changed files as text, byte order marks included. */
  readonly files: Files;
  readonly message: string | undefined;
  readonly said: readonly string[];
}

export function edit(files: Files, requests: readonly string[], allowDowngrade = false): Outcome {
  const { value, diagnostics } = setImages(targetOf(files), requests.map(request), { allowDowngrade });
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const changed = [...(value?.files ?? [])].map(([path, content]) => [path, decoder.decode(content)]);
  return { files: Object.fromEntries(changed), message: value?.message, said: diagnostics.map(describe) };
}

export function describe({ position, code, message, hint }: Diagnostic): string {
  const tail = hint === undefined ? "" : ` | ${hint}`;
  return `${position.file}:${position.line}:${position.column} ${code} ${message}${tail}`;
}

/** The lines that differ, `-` before and `+` after; both texts have the same number of lines. */
export function lineDiff(before: string, after: string): string {
  const [was, is] = [before.split("\n"), after.split("\n")];
  if (was.length !== is.length) throw new Error("the number of lines has changed");
  return was.flatMap((line, index) => (line === is[index] ? [] : [`-${line}`, `+${is[index]}`])).join("\n");
}
