/** Real bare repositories in temporary folders, and what git itself says of them. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandOptions, runCommand } from "../../deploy/lab/command.ts";

const gitEnvironment = {
  PATH: process.env["PATH"] ?? "/usr/bin:/bin",
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "somebody",
  GIT_AUTHOR_EMAIL: "somebody@example.org",
  GIT_AUTHOR_DATE: "1700000000 +0000",
  GIT_COMMITTER_NAME: "somebody",
  GIT_COMMITTER_EMAIL: "somebody@example.org",
  GIT_COMMITTER_DATE: "1700000000 +0000",
};

/** Path → content; a link or a submodule by its mode. */
export type TestFiles = Readonly<Record<string, string | Uint8Array | TestEntry>>;

export interface TestEntry {
  readonly mode: "100755" | "120000" | "160000";
  /** Of a submodule its commit. */
  readonly content: string;
}

export interface TestRepository {
  /** `<root>/<name>` */
  readonly dir: string;
  git(args: readonly string[], options?: CommandOptions): Promise<string>;
  /** One commit on a branch with these files added or changed; answers its id. */
  commit(files: TestFiles, message?: string, branch?: string): Promise<string>;
  /** The same while nothing else goes on in this process. */
  commitNow(files: TestFiles, message: string, branch?: string): void;
}

export interface TestRoot extends AsyncDisposable {
  readonly dir: string;
  repository(name: string, files?: TestFiles): Promise<TestRepository>;
}

/** A folder for repositories; it goes away with them. */
export async function createTestRoot(): Promise<TestRoot> {
  const dir = await mkdtemp(join(tmpdir(), "mysysconfig-test-git-"));
  return {
    dir,
    repository: (name, files) => createRepository(join(dir, name), files),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true, maxRetries: 5 }),
  };
}

async function createRepository(dir: string, files: TestFiles = {}): Promise<TestRepository> {
  const git = async (args: readonly string[], options: CommandOptions = {}) =>
    (await runCommand("git", ["-C", dir, ...args], { env: gitEnvironment, ...options })).stdout;
  await runCommand("git", ["init", "--quiet", "--bare", "-b", "develop", dir], { env: gitEnvironment });
  await git(["config", "http.receivepack", "true"]);
  // No tidying up in the middle of a test.
  await git(["config", "receive.autogc", "false"]);
  await git(["config", "uploadpack.allowFilter", "true"]);
  const repository: TestRepository = {
    dir,
    git,
    commitNow(changes, message, branch = "develop") {
      const tip = spawnSync("git", ["-C", dir, "rev-parse", "--verify", "-q", `refs/heads/${branch}`], {
        env: gitEnvironment,
      });
      fastImport(
        dir,
        Buffer.concat([...importStream(changes, message, branch, tip.stdout.toString().trim())]),
      );
    },
    async commit(changes, message = "A change by somebody", branch = "develop") {
      repository.commitNow(changes, message, branch);
      return (await git(["rev-parse", `refs/heads/${branch}`])).trim();
    },
  };
  if (Object.keys(files).length > 0) await repository.commit(files, "The first commit");
  return repository;
}

function fastImport(dir: string, input: Buffer): void {
  const args = ["-C", dir, "fast-import", "--quiet", "--done"];
  const { status, stderr } = spawnSync("git", args, { env: gitEnvironment, input, timeout: 60_000 });
  if (status !== 0) throw new Error(`git fast-import failed: ${stderr}`);
}

function* importStream(files: TestFiles, message: string, branch: string, parent: string): Generator<Buffer> {
  yield Buffer.from(`commit refs/heads/${branch}\ncommitter somebody <s@example.org> 1700000000 +0000\n`);
  yield Buffer.from(`data ${Buffer.byteLength(message)}\n${message}\n`);
  if (parent !== "") yield Buffer.from(`from ${parent}\n`);
  for (const [path, entry] of Object.entries(files)) {
    const { mode, content } =
      typeof entry === "string" || entry instanceof Uint8Array ? { mode: "100644", content: entry } : entry;
    // A path in latin1 stands for bytes that are no UTF-8.
    const name = path.startsWith("latin1:")
      ? Buffer.from(path.slice(7), "latin1")
      : Buffer.from(JSON.stringify(path));
    if (mode === "160000") {
      yield Buffer.concat([Buffer.from(`M ${mode} ${content} `), name, Buffer.from("\n")]);
      continue;
    }
    const bytes = Buffer.from(content);
    yield Buffer.concat([
      Buffer.from(`M ${mode} inline `),
      name,
      Buffer.from(`\ndata ${bytes.length}\n`),
      bytes,
    ]);
    yield Buffer.from("\n");
  }
  yield Buffer.from("done\n");
}
