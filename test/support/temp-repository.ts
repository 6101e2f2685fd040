/** A configuration repository in a folder of its own, written from an object of path → text. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** `undefined` removes the file. */
export type RepositoryFiles = Readonly<Record<string, string | undefined>>;

export interface TempRepository extends AsyncDisposable {
  readonly dir: string;
  /** Adds, changes or removes files; the others stay as they are. */
  write(files: RepositoryFiles): Promise<void>;
  /** Removes everything. */
  clear(): Promise<void>;
}

/** @param parent an existing folder, for example one that an Engine sees too */
export async function createTempRepository(
  files: RepositoryFiles = {},
  parent = tmpdir(),
): Promise<TempRepository> {
  const dir = await mkdtemp(join(parent, "repository-"));
  // Readable for every user, as a clone is.
  await chmod(dir, 0o755);
  const write = async (changes: RepositoryFiles) => {
    for (const [path, content] of Object.entries(changes)) {
      const file = join(dir, path);
      await mkdir(dirname(file), { recursive: true });
      if (content === undefined) await rm(file, { force: true });
      else await writeFile(file, content);
    }
  };
  await write(files);
  return {
    dir,
    write,
    async clear() {
      await rm(dir, { recursive: true, force: true });
      await mkdir(dir);
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}
