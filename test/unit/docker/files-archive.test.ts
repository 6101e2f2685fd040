import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { findDifferences, packFiles } from "../../../src/docker/files-archive.ts";
import type { FileSet } from "../../../src/model/file-set.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const file = (path: string, content = "x", mode = 0o444) => ({
  path,
  mode,
  uid: 0,
  gid: 0,
  content: bytes(content),
});
const set: FileSet = {
  name: "files",
  files: [file("a.yml", "a: 1\n"), file("deep/er/b.sh", "#!/bin/sh\n", 0o555), file("empty", "")],
};

/** As the Engine packs the folder: below its base name. */
async function packed(other: FileSet): Promise<Readable> {
  const files = other.files.map((entry) => ({ ...entry, path: `files/${entry.path}` }));
  return Readable.from([await packFiles({ ...other, files })]);
}

describe("the archive of repository files", () => {
  test("must be the same for the same files, and whole blocks", async () => {
    const archive = await packFiles(set);
    expect(archive.equals(await packFiles(set))).toBe(true);
    expect(archive.length % 512).toBe(0);
  });

  test.for(["/etc/passwd", "../up", "a/../../b", "a//b", "."])("must refuse the path %s", async (path) => {
    await expect(packFiles({ name: "x", files: [file(path)] })).rejects.toMatchObject({ code: "internal" });
  });

  test("must be found equal when it comes back", async () => {
    expect(await findDifferences(set, await packed(set))).toEqual([]);
  });

  test.for([
    ["a changed file", [file("a.yml", "a: 2\n"), ...set.files.slice(1)], ["a.yml"]],
    ["a changed mode", [file("a.yml", "a: 1\n", 0o400), ...set.files.slice(1)], ["a.yml"]],
    ["a missing file", set.files.slice(1), ["a.yml"]],
    ["a file too many", [...set.files, file("more")], ["more"]],
  ] as const)("must be found different by %s", async ([, files, different]) => {
    expect(await findDifferences(set, await packed({ name: "x", files }))).toEqual(different);
  });

  test("must fail, not hang, when the archive breaks off", async () => {
    const broken = new Readable({
      read() {
        this.destroy(new Error("connection reset"));
      },
    });
    await expect(findDifferences(set, broken)).rejects.toThrow();
  });
});
