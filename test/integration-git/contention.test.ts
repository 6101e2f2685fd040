import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRepository } from "../../src/git/remote-repository.ts";
import type { Clock, CommitEdit, CommitResult } from "../../src/ports.ts";
import { type Authority, createAuthority, type GitHttpsServer, startGitHttps } from "../support/git-https.ts";
import { createTestRoot, type TestRepository, type TestRoot } from "../support/git-repositories.ts";
import { commitTime, failureOf, gitOptions, leftFolders, never, textsOf, writing } from "./workbench.ts";

let root: TestRoot;
let authority: Authority;
let https: GitHttpsServer;

beforeAll(async () => {
  root = await createTestRoot();
  authority = await createAuthority(`${root.dir}/authority`);
  const certificate = await authority.issue("server", "IP:127.0.0.1");
  https = await startGitHttps({ root: root.dir, certificate });
});

afterAll(async () => {
  await https[Symbol.asyncDispose]();
  await root[Symbol.asyncDispose]();
});

const fileOptions = () => gitOptions({}, { allowFileProtocol: true });

describe("contenders for one branch", () => {
  test.for([
    ["https", 10],
    ["file", 50],
  ] as const)(
    "must all land, each with one commit of its own, over %s, %i at a time",
    async ([way, count]) => {
      const repository = await root.repository(`busy-${way}`, {
        "units/counter.service": "start\n",
        "README.md": "stays",
      });
      const url = way === "https" ? `${https.url}/busy-https` : repository.dir;
      // On a quiet machine the default is enough, but this one may be busy with something else.
      const patience = { commitTimeoutMs: 500_000, allowFileProtocol: way === "file" };
      const options = gitOptions({ caFile: authority.caFile }, patience);
      // Each appends to the same file: a commit that were made on an old tip would lose somebody's line.
      const contend = async (name: string): Promise<CommitResult> => {
        await using opened = await openRepository(url, options, never);
        return await opened.commit("develop", appending(`${name}\n`), never);
      };
      const names = Array.from({ length: count }, (_, n) => `contender-${n}`);
      const results = await Promise.all(names.map(contend));
      expect(results.every(({ isNew }) => isNew)).toBe(true);
      expect(new Set(results.map(({ revision }) => revision.id)).size).toBe(count);
      expect(Math.max(...results.map(({ attempts }) => attempts))).toBeGreaterThan(1);
      const history = (await repository.git(["log", "--first-parent", "--format=%H", "develop"]))
        .trim()
        .split("\n");
      expect(history).toHaveLength(count + 1);
      expect(new Set(history)).toEqual(
        new Set([...results.map(({ revision }) => revision.id), history.at(-1)]),
      );
      const lines = (await repository.git(["show", "develop:units/counter.service"])).trim().split("\n");
      expect(lines.toSorted()).toEqual([...names, "start"].toSorted());
      expect(await repository.git(["show", "develop:README.md"])).toBe("stays");
      await repository.git(["fsck", "--strict"]);
      expect(leftFolders(options)).toEqual([]);
    },
  );

  test("must be asked again with what the other one has written", async () => {
    const repository = await root.repository("meanwhile", { "units/web.service": "one" });
    await using opened = await openRepository(repository.dir, fileOptions(), never);
    const seen: string[] = [];
    const edit: CommitEdit = (tree, tip) => {
      seen.push(`${tip.subject}: ${textsOf(tree)["units/web.service"]}`);
      // Between the fetch and the push, and done before the edit is.
      if (seen.length === 1) repository.commitNow({ "units/web.service": "two" }, "Somebody was faster");
      return writing({ "units/db.service": "mine" })(tree, tip);
    };
    const result = await opened.commit("develop", edit, never);
    expect(result).toMatchObject({ isNew: true, attempts: 2 });
    expect(seen).toEqual(["The first commit: one", "Somebody was faster: two"]);
    expect(await repository.git(["ls-tree", "--name-only", "develop:units"])).toBe(
      "db.service\nweb.service\n",
    );
    expect(await repository.git(["rev-list", "--count", "develop"])).toBe("3\n");
  });

  test("must be told when others are faster until the deadline, and have changed nothing", async () => {
    const repository = await root.repository("lost", { "units/web.service": "0" });
    // The server's own lock on the branch never goes away: no push can win.
    await writeFile(`${repository.dir}/refs/heads/develop.lock`, "");
    const options = gitOptions({}, { allowFileProtocol: true });
    // The time of this clock passes only while somebody waits.
    const clock = virtualClock();
    await using opened = await openRepository(repository.dir, { ...options, clock }, never);
    const before = await repository.git(["rev-parse", "develop"]);
    let asked = 0;
    const edit: CommitEdit = (tree, tip) => {
      asked++;
      return writing({ "units/web.service": "mine" })(tree, tip);
    };
    const failure = await failureOf(opened.commit("develop", edit, never));
    expect(failure).toMatchObject({ code: "git-contended", exitCode: 3 });
    expect(failure.message).toContain(`${asked} times`);
    expect(asked).toBeGreaterThan(5);
    expect(clock.monotonicMs()).toBe(120_000);
    expect(await repository.git(["rev-parse", "develop"])).toBe(before);
  });
});

describe("a commit that is not needed", () => {
  test("must not be made when there is nothing to do, or the files are so already", async () => {
    const repository = await root.repository("idle", { "units/web.service": "one" });
    const before = (await repository.git(["rev-parse", "develop"])).trim();
    await using opened = await openRepository(repository.dir, fileOptions(), never);
    const files = { "units/web.service": "one", "units/gone.service": undefined };
    for (const edit of [() => undefined, writing(files), writing({})]) {
      expect(await opened.commit("develop", edit, never)).toMatchObject({
        isNew: false,
        revision: { id: before },
      });
    }
    expect((await repository.git(["rev-parse", "develop"])).trim()).toBe(before);
  });

  test("must still get its tag", async () => {
    const repository = await root.repository("only-tag", { "units/web.service": "one" });
    await using opened = await openRepository(repository.dir, fileOptions(), never);
    const edit = writing({ "units/web.service": "one" }, "v1");
    expect(await opened.commit("develop", edit, never)).toMatchObject({ isNew: false });
    expect(await repository.git(["rev-parse", "v1"])).toBe(await repository.git(["rev-parse", "develop"]));
  });
});

describe("what a commit writes", () => {
  test("must delete, and put a file where a folder was only when the folder goes", async () => {
    const repository = await root.repository("places", {
      "units/shop/compose.yaml": "x",
      "units/web.service": "x",
    });
    await using opened = await openRepository(repository.dir, fileOptions(), never);
    for (const files of [{ "units/shop": "y" }, { "units/web.service/x": "y" }, { units: "y" }]) {
      const failure = await failureOf(opened.commit("develop", writing(files), never));
      expect(failure).toMatchObject({ code: "usage" });
    }
    const moved = { "units/shop/compose.yaml": undefined, "units/shop": "y" };
    expect(await opened.commit("develop", writing(moved), never)).toMatchObject({ isNew: true });
    expect(await repository.git(["ls-tree", "--name-only", "-r", "develop"])).toBe(
      "units/shop\nunits/web.service\n",
    );
  });

  test.for([
    "../x",
    "units/../../x",
    "/etc/passwd",
    "units/.git/config",
    ".git/hooks/x",
    "README.md",
    "units/a\nb",
    "units//x",
  ])("must not be at %j", async (path) => {
    await using opened = await openRepository((await placeless()).dir, fileOptions(), never);
    const failure = await failureOf(opened.commit("develop", writing({ [path]: "x" }), never));
    expect(failure).toHaveProperty("exitCode");
    expect(["usage", "configuration-unreadable"]).toContain((failure as Error & { code: string }).code);
  });

  test("must take messages, authors and contents as they are", async () => {
    const repository = await root.repository("words", { "units/web.service": "x" });
    const author = { name: "CI <of> \n Bö", email: "ci@example.org" };
    await using opened = await openRepository(repository.dir, { ...fileOptions(), author }, never);
    const content = new Uint8Array([0, 255, 13, 10, 34, 100, 97, 116, 97, 32, 53, 10]);
    const message = "First line\n\nfrom refs/heads/x\ndata 5\nM 100644 inline evil\n# no comment";
    const draft = { message, files: new Map([['units/a "b" ü.service', content]]) };
    await opened.commit("develop", () => draft, never);
    expect(await repository.git(["log", "-1", "--format=%an|%ae|%B", "develop"])).toBe(
      `CI of  Bö|ci@example.org|${message}\n\n`,
    );
    const tree = await opened.readTree(await opened.resolve("develop", never), never);
    expect(Buffer.from(tree.get('units/a "b" ü.service')?.content ?? [])).toEqual(Buffer.from(content));
  });
});

function appending(line: string): CommitEdit {
  return (tree) => {
    const path = "units/counter.service";
    const content = Buffer.concat([tree.get(path)?.content ?? Buffer.alloc(0), Buffer.from(line)]);
    return { message: `Adding ${line}`, files: new Map([[path, content]]) };
  };
}

let shared: Promise<TestRepository> | undefined;

function placeless(): Promise<TestRepository> {
  shared ??= root.repository("placeless", { "units/web.service": "x" });
  return shared;
}

function virtualClock(): Clock {
  let now = 0;
  return {
    monotonicMs: () => now,
    now: () => commitTime,
    async sleep(ms) {
      now += ms;
    },
  };
}
