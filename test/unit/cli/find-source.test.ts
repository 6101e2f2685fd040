import { expect, test } from "vitest";
import { findSource } from "../../../src/cli/find-source.ts";
import type { ConfigSource, SourceKind } from "../../../src/ports.ts";
import { treeOf } from "../render/support.ts";

const signal = new AbortController().signal;

/** A kind of sources whose names begin with a word. */
function kind(name: string, begin: string): SourceKind & { readonly source: ConfigSource } {
  const source: ConfigSource = {
    resolveRevision: async () => ({ id: name }),
    readTree: async () => treeOf({}),
  };
  return { name, source, find: async (text) => (text.startsWith(begin) ? source : undefined) };
}

const [folder, revision, image] = [kind("a folder", "./"), kind("a revision", "dev"), kind("an image", "")];

test("a side must be of the first kind that knows it", async () => {
  const kinds = [folder, revision, image];
  expect(await findSource("./before", kinds, {}, signal)).toBe(folder.source);
  expect(await findSource("develop", kinds, {}, signal)).toBe(revision.source);
  expect(await findSource("mysysconfig:develop", kinds, {}, signal)).toBe(image.source);
});

test("a side of no kind must be refused with all that it could have been", async () => {
  await expect(findSource("master", [folder, revision], {}, signal)).rejects.toMatchObject({
    code: "usage",
    message: '"master" is not a folder or a revision',
  });
});

test("the place where revisions are looked up must reach every kind", async () => {
  const seen: unknown[] = [];
  const asked: SourceKind = {
    name: "a revision",
    find: async (_text, place) => {
      seen.push(place);
      return undefined;
    },
  };
  const place = { folder: "clone", repository: "https://git.example.com/config.git" };
  await expect(findSource("x", [asked, asked], place, signal)).rejects.toThrow();
  expect(seen).toEqual([place, place]);
});
