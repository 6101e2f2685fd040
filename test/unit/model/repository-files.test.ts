import { describe, expect, test } from "vitest";
import {
  baseName,
  makeFileSet,
  resolveRepositoryPath,
  selectFiles,
} from "../../../src/model/repository-files.ts";

const owner = { project: "shop", environment: "develop" };
const bytes = (text: string) => new TextEncoder().encode(text);
const tree = new Map(
  ["units/conf/b.txt", "units/conf/a/c.sh", "units/confx", "units/web.conf"].map((path) => [
    path,
    { path, content: bytes(path), executable: path.endsWith(".sh") },
  ]),
);

describe("a relative path", () => {
  test.for([
    ["units/web.service", "./web.conf", "units/web.conf"],
    ["units/web.service", "web.conf", "units/web.conf"],
    ["units/shop/compose.yaml", "../web.conf", "units/web.conf"],
    ["units/web.service", "../templates/x", "templates/x"],
    ["units/web.service", "./conf//a/./c.sh", "units/conf/a/c.sh"],
    ["units/web.service", "..", ""],
    ["units/web.service", ".", "units"],
    ["mysysconfig.yaml", "units/x", "units/x"],
  ] as const)("from %s to %s must be %j in the repository", ([from, relative, path]) => {
    expect(resolveRepositoryPath(from, relative)).toBe(path);
  });

  test.for(["../..", "../../etc/passwd", "../../../x", "a/../../../x", "./../../units/web.conf"])(
    "%s must not leave the repository",
    (relative) => {
      expect(resolveRepositoryPath("units/web.service", relative)).toBeUndefined();
    },
  );
});

describe("files", () => {
  test("must be one file with its own name", () => {
    const selection = selectFiles(tree, "units/web.conf");
    expect(selection).toMatchObject({ isFile: true, usedPaths: ["units/web.conf"] });
    expect(selection?.files).toEqual([
      { path: "web.conf", mode: 0o444, uid: 0, gid: 0, content: bytes("units/web.conf") },
    ]);
  });

  test("must be all files below a folder, sorted, executables executable", () => {
    const selection = selectFiles(tree, "units/conf");
    expect(selection?.isFile).toBe(false);
    expect(selection?.files.map(({ path, mode }) => [path, mode])).toEqual([
      ["a/c.sh", 0o555],
      ["b.txt", 0o444],
    ]);
    expect(selectFiles(tree, "")?.files).toHaveLength(4);
  });

  test("must have the attributes that are declared", () => {
    const [file] = selectFiles(tree, "units/conf/a/c.sh", { mode: 0o400, uid: 5, gid: 6 })?.files ?? [];
    expect(file).toMatchObject({ mode: 0o400, uid: 5, gid: 6 });
  });

  test.for(["units/gone", "units/con", "web.conf", "units/web.conf/x"])("%s must be none", (path) => {
    expect(selectFiles(tree, path)).toBeUndefined();
  });
});

describe("a set of files", () => {
  const file = { path: "a", mode: 0o444, uid: 0, gid: 0, content: bytes("x") };
  const nameOf = (...files: readonly (typeof file)[]) => makeFileSet(owner, files).name;

  test("must be named by owner and content, whatever the order", () => {
    const other = { ...file, path: "b" };
    expect(nameOf(file)).toMatch(/^mysysconfig-shop-develop-files-[0-9a-f]{16}$/);
    expect(nameOf(other, file)).toBe(nameOf(file, other));
    expect(makeFileSet(owner, [other, file]).files.map(({ path }) => path)).toEqual(["a", "b"]);
  });

  test("must have another name for any other byte, path or attribute", () => {
    const variants = [
      nameOf(file),
      nameOf({ ...file, content: bytes("y") }),
      nameOf({ ...file, path: "b" }),
      nameOf({ ...file, mode: 0o400 }),
      nameOf({ ...file, uid: 1 }),
      nameOf({ ...file, gid: 1 }),
      nameOf(file, { ...file, path: "b" }),
      nameOf({ ...file, content: bytes("xb\0") }),
      nameOf(),
    ];
    expect(new Set(variants).size).toBe(variants.length);
  });
});

test.for([
  ["a/b/c.txt", "c.txt"],
  ["c", "c"],
  ["a/", ""],
] as const)("the last part of %j must be %j", ([path, name]) => {
  expect(baseName(path)).toBe(name);
});
