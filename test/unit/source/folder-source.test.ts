import { chmod, mkdir, mkdtempDisposable, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { ReconcilerError } from "../../../src/model/errors.ts";
import { FolderSource, type RevisionFacts } from "../../../src/source/folder-source.ts";

type Files = Readonly<Record<string, string | Uint8Array>>;

async function write(root: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

const open = new AbortController().signal;

async function read(root: string, facts?: RevisionFacts) {
  const source = new FolderSource(root, facts);
  const revision = await source.resolveRevision(open);
  const tree = await source.readTree(revision, open);
  return { revision, tree, paths: [...tree.keys()] };
}

async function refusal(root: string): Promise<string> {
  const error: unknown = await read(root).catch((reason: unknown) => reason);
  if (!(error instanceof ReconcilerError)) throw new Error("it was not refused", { cause: error });
  expect(error.exitCode).toBe(4);
  expect(error.hint).toBeTruthy();
  return error.message.replaceAll(root, "ROOT");
}

const temporary = () => mkdtempDisposable(join(tmpdir(), "mysysconfig-source-"));

describe("a folder", () => {
  test("must be read as settings, units and templates, sorted, nothing else", async () => {
    await using folder = await temporary();
    await write(folder.path, {
      "units/web.service": "w",
      "units/b/c.conf": Uint8Array.of(0xff, 0),
      "units/B.service": "B",
      "templates/p.hbs": "p",
      "mysysconfig.yaml": "project: a\n",
      ".git/config": "secret",
      "README.md": "r",
      "src/x.ts": "x",
    });
    await mkdir(join(folder.path, "units/empty"));
    const { paths, tree } = await read(folder.path);
    expect(paths).toEqual([
      "mysysconfig.yaml",
      "templates/p.hbs",
      "units/B.service",
      "units/b/c.conf",
      "units/web.service",
    ]);
    expect([...(tree.get("units/b/c.conf")?.content ?? [])]).toEqual([0xff, 0]);
  });

  test("must keep the executable bit", async () => {
    await using folder = await temporary();
    await write(folder.path, { "units/run.sh": "#!", "units/x": "" });
    await chmod(join(folder.path, "units/run.sh"), 0o755);
    const { tree } = await read(folder.path);
    expect([...tree.values()].map(({ executable }) => executable)).toEqual([true, false]);
  });

  test("must do without settings and templates, and with an empty units folder", async () => {
    await using folder = await temporary();
    await mkdir(join(folder.path, "units"));
    expect((await read(folder.path)).paths).toEqual([]);
  });

  test("must leave out Kubernetes' copies and locks of editors", async () => {
    await using folder = await temporary();
    await write(folder.path, { "units/..2026_01_01/web.service": "w" });
    await symlink("..2026_01_01", join(folder.path, "units/..data"));
    await symlink("..data/web.service", join(folder.path, "units/web.service"));
    await symlink("user@host.1234", join(folder.path, "units/.#web.service"));
    expect((await read(folder.path)).paths).toEqual(["units/web.service"]);
  });
});

describe("the revision", () => {
  const files: Files = { "units/a": "1", "mysysconfig.yaml": "" };
  const idOf = async (content: Files, change: (root: string) => Promise<unknown> = async () => {}) => {
    await using folder = await temporary();
    await write(folder.path, content);
    await change(folder.path);
    return (await read(folder.path)).revision.id;
  };

  test("must be the hash of the content, the same wherever it lies", async () => {
    const id = await idOf(files);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(await idOf(files)).toBe(id);
    expect(await idOf({ ...files, "other/file": "x" })).toBe(id);
  });

  test("must change with any byte, path or executable bit", async () => {
    const ids = [
      await idOf(files),
      await idOf({ ...files, "units/a": "2" }),
      await idOf({ "units/b": "1", "mysysconfig.yaml": "" }),
      await idOf({ ...files, "units/c": "" }),
      await idOf(files, (root) => chmod(join(root, "units/a"), 0o755)),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("must be what is known of it when it was baked", async () => {
    await using folder = await temporary();
    await write(folder.path, files);
    const facts = { revision: "3f2c1ab", branch: "develop", subject: "Updating web", source: "https://x/y" };
    expect((await read(folder.path, facts)).revision).toEqual({
      id: "3f2c1ab",
      branch: "develop",
      subject: "Updating web",
      source: "https://x/y",
    });
  });

  test("must be of the same moment as the tree", async () => {
    await using folder = await temporary();
    await write(folder.path, files);
    const source = new FolderSource(folder.path);
    const revision = await source.resolveRevision(open);
    await write(folder.path, { "units/a": "changed" });
    const tree = await source.readTree(revision, open);
    expect(new TextDecoder().decode(tree.get("units/a")?.content)).toBe("1");
  });
});

describe("links", () => {
  test("must be followed inside the folder", async () => {
    await using folder = await temporary();
    await write(folder.path, { "shared/web.conf": "w", "shared/dir/a": "a", "units/x": "" });
    await symlink("../shared/web.conf", join(folder.path, "units/web.conf"));
    await symlink("../shared/dir", join(folder.path, "units/dir"));
    expect((await read(folder.path)).paths).toEqual(["units/dir/a", "units/web.conf", "units/x"]);
  });

  test.for([
    ["an absolute path", "/etc/passwd", '"units/x" is a link that leaves the configuration'],
    ["a way up", "../../../../../../etc/passwd", '"units/x" is a link that leaves the configuration'],
    ["a folder outside", "/etc", '"units/x" is a link that leaves the configuration'],
    [
      "a sibling with the same beginning",
      "../../repository-sibling/secret",
      '"units/x" is a link that leaves the configuration',
    ],
    ["Git's own files", "../.git/config", '"units/x" is a link that leaves the configuration'],
    ["nothing", "nowhere", '"units/x" is a link that leads nowhere'],
    ["itself", "x", '"units/x" is a link that leads nowhere'],
    ["the folder around it", ".", '"units/x" is a link that leads back to a folder around it'],
    ["the root", "..", /^"units\/x\/.*" is a link that (leads back|leaves)/],
  ] as const)("must be refused when they lead to %s", async ([, target, expected]) => {
    await using folder = await temporary();
    const root = join(folder.path, "repository");
    await write(folder.path, {
      "repository/units/a": "",
      "repository/.git/config": "token",
      "repository-sibling/secret": "s",
    });
    await symlink(target, join(root, "units/x"));
    expect(await refusal(root)).toMatch(expected);
  });

  test("must be refused in the middle of a path and at the top", async () => {
    await using outside = await temporary();
    await write(outside.path, { "web.service": "w" });
    await using folder = await temporary();
    await symlink(outside.path, join(folder.path, "units"));
    expect(await refusal(folder.path)).toBe('"units" is a link that leaves the configuration');
  });
});

describe("what is no configuration repository", () => {
  test("must be refused when the folder is missing or has no units", async () => {
    await using folder = await temporary();
    expect(await refusal(join(folder.path, "gone"))).toBe('configuration folder "ROOT": not found');
    expect(await refusal(folder.path)).toBe(
      '"ROOT" is not a configuration repository: it has no units/ folder',
    );
    await write(folder.path, { units: "a file" });
    expect(await refusal(folder.path)).toBe(
      '"ROOT" is not a configuration repository: it has no units/ folder',
    );
  });

  test("must be refused when the settings would be overlooked", async () => {
    await using folder = await temporary();
    await write(folder.path, { "units/a": "", "mysysconfig.yml": "project: x" });
    expect(await refusal(folder.path)).toBe('"ROOT/mysysconfig.yml" would not be read');
    await using other = await temporary();
    await mkdir(join(other.path, "units"));
    await mkdir(join(other.path, "mysysconfig.yaml"));
    expect(await refusal(other.path)).toBe('"ROOT/mysysconfig.yaml" is a folder');
  });

  test.for(["a\nb", "a\\b", "a\u0007"])("must be refused for the file name %j", async (name) => {
    await using folder = await temporary();
    await write(folder.path, { [`units/${name}`]: "" });
    expect(await refusal(folder.path)).toBe(`"units/${name}" has a name that cannot be used`);
  });

  test("must be refused when a file or the whole is too large", async () => {
    await using folder = await temporary();
    await write(folder.path, { "units/big": new Uint8Array(8 * 1024 * 1024 + 1) });
    expect(await refusal(folder.path)).toBe('"units/big" is larger than 8 MiB');
    await using other = await temporary();
    const part = new Uint8Array(8 * 1024 * 1024);
    await write(
      other.path,
      Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`units/${index}`, part])),
    );
    expect(await refusal(other.path)).toBe(
      '"units/8" is one too many: the configuration exceeds 64 MiB or 50000 files',
    );
  });

  test("must stop when the run is stopped", async () => {
    await using folder = await temporary();
    await write(folder.path, { "units/a": "" });
    const source = new FolderSource(folder.path);
    await expect(source.resolveRevision(AbortSignal.abort())).rejects.toMatchObject({ code: "interrupted" });
  });
});
