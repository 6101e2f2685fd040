import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GitSource } from "../../src/git/git-source.ts";
import { openRepository } from "../../src/git/remote-repository.ts";
import { type Authority, createAuthority, type GitHttpsServer, startGitHttps } from "../support/git-https.ts";
import { createTestRoot, type TestRepository, type TestRoot } from "../support/git-repositories.ts";
import { type GitSshServer, startGitSsh } from "../support/git-sshd.ts";
import { commitTime, failureOf, gitOptions, leftFolders, never, textsOf, writing } from "./workbench.ts";

const token = "tok3n-of-the-test";
let root: TestRoot;
let authority: Authority;
let https: GitHttpsServer;
let ssh: GitSshServer;

beforeAll(async () => {
  root = await createTestRoot();
  authority = await createAuthority(`${root.dir}/authority`);
  const certificate = await authority.issue("server", "IP:127.0.0.1");
  https = await startGitHttps({ root: root.dir, certificate, token });
  ssh = await startGitSsh(`${root.dir}/ssh`);
});

afterAll(async () => {
  await https[Symbol.asyncDispose]();
  await ssh[Symbol.asyncDispose]();
  await root[Symbol.asyncDispose]();
});

const ways = ["https", "ssh", "file"] as const;

function urlOf(way: (typeof ways)[number], name: string): string {
  if (way === "https") return `${https.url}/${name}`;
  return way === "ssh" ? `${ssh.url}${root.dir}/${name}` : `${root.dir}/${name}`;
}

function optionsFor(way: (typeof ways)[number]) {
  const { keyFile: sshKeyFile, knownHostsFile } = ssh;
  const credentials = {
    https: { token, caFile: authority.caFile },
    ssh: { sshKeyFile, knownHostsFile },
    file: {},
  };
  return gitOptions(credentials[way], { allowFileProtocol: way === "file" });
}

async function exampleRepository(name: string): Promise<TestRepository> {
  return root.repository(name, {
    "mysysconfig.yaml": "project: shop\n",
    "units/web.service": "[Service]\r\nExecStart=docker run web:1\r\n",
    "units/shop/compose.yaml": "services: {}\n",
    "units/check.sh": { mode: "100755", content: "#!/bin/sh\n" },
    "templates/ünit.hbs": "{{x}}\n",
    "README.md": "not read\n",
    "link-elsewhere": { mode: "120000", content: "/etc/passwd" },
  });
}

describe.for(ways)("a repository over %s", (way) => {
  test("must give the configuration of a branch, byte for byte, and nothing else", async () => {
    const repository = await exampleRepository(`read-${way}`);
    const id = (await repository.git(["rev-parse", "develop"])).trim();
    await using opened = await openRepository(urlOf(way, `read-${way}`), optionsFor(way), never);
    const revision = await opened.resolve("develop", never);
    expect(revision).toEqual({
      id,
      branch: "develop",
      subject: "The first commit",
      created: "2023-11-14T22:13:20.000Z",
      source: opened.url,
    });
    const tree = await opened.readTree(revision, never);
    expect(textsOf(tree)).toEqual({
      "mysysconfig.yaml": "project: shop\n",
      "units/web.service": "[Service]\r\nExecStart=docker run web:1\r\n",
      "units/shop/compose.yaml": "services: {}\n",
      "units/check.sh": "#!/bin/sh\n",
      "templates/ünit.hbs": "{{x}}\n",
    });
    expect([...tree.values()].filter(({ executable }) => executable).map(({ path }) => path)).toEqual([
      "units/check.sh",
    ]);
  });

  test("must take one commit that leaves the rest of the tree as it is", async () => {
    const repository = await exampleRepository(`write-${way}`);
    const before = await repository.git(["ls-tree", "-r", "develop"]);
    await using opened = await openRepository(urlOf(way, `write-${way}`), optionsFor(way), never);
    const changes = { "units/check.sh": "#!/bin/sh\r\nexit 1\r\n", "units/new/a b.service": "x" };
    const result = await opened.commit("develop", writing(changes, "59-develop"), never);
    expect(result).toMatchObject({ isNew: true, attempts: 1, revision: { branch: "develop" } });
    const tip = result.revision.id;
    expect((await repository.git(["rev-parse", "develop", "59-develop"])).split("\n")).toEqual([
      tip,
      tip,
      "",
    ]);
    expect(await repository.git(["show", "develop:units/check.sh"])).toBe(changes["units/check.sh"]);
    const unchanged = (listing: string) => listing.split("\n").filter((line) => !/check.sh|a b/.test(line));
    const after = await repository.git(["ls-tree", "-r", "develop"]);
    expect(unchanged(after)).toEqual(unchanged(before));
    expect(after).toMatch(/^100755 blob \w+\tunits\/check.sh$/m);
    expect(after).toMatch(/^100644 blob \w+\tunits\/new\/a b.service$/m);
    const parent = (await repository.git(["rev-parse", "develop~1"])).trim();
    const format = "--format=%P %an <%ae> %cn <%ce> %at %ct %B";
    expect(await repository.git(["log", "-1", format, "develop"])).toBe(
      `${parent} ${"mysysconfig <mysysconfig@localhost> ".repeat(2)}` +
        `${`${commitTime.getTime() / 1000} `.repeat(2)}Updating web tag to '59-develop'\n\n`,
    );
  });

  test("must say that a branch, tag or commit is not there", async () => {
    await exampleRepository(`missing-${way}`);
    await using opened = await openRepository(urlOf(way, `missing-${way}`), optionsFor(way), never);
    for (const ref of ["develp", "a".repeat(40)]) {
      expect(await failureOf(opened.resolve(ref, never))).toMatchObject({
        code: "unknown-revision",
        message: expect.stringContaining(ref),
        hint: expect.any(String),
      });
    }
    const failure = await failureOf(opened.commit("develp", writing({ "units/a": "x" }), never));
    expect(failure).toMatchObject({ code: "unknown-revision", exitCode: 4 });
  });

  test("must say that there is no such repository", async () => {
    await using opened = await openRepository(urlOf(way, "nothing-there"), optionsFor(way), never);
    const failure = await failureOf(opened.resolve("develop", never));
    expect(failure).toMatchObject({ code: "git-not-found", message: expect.stringContaining(opened.url) });
  });

  test("must leave nothing on the disk", async () => {
    await exampleRepository(`left-${way}`);
    const options = optionsFor(way);
    {
      await using opened = await openRepository(urlOf(way, `left-${way}`), options, never);
      await opened.resolve("develop", never);
      expect(leftFolders(options)).toHaveLength(1);
    }
    expect(leftFolders(options)).toEqual([]);
  });
});

describe("revisions", () => {
  test("must be found by tag, annotated or not, and by commit id, and a branch must come first", async () => {
    const repository = await exampleRepository("names");
    const first = (await repository.git(["rev-parse", "develop"])).trim();
    await repository.git(["tag", "light", first]);
    await repository.git(["tag", "-a", "-m", "words", "annotated", first]);
    await repository.git(["tag", "both", first]);
    const second = await repository.commit({ "units/web.service": "two" });
    await repository.git(["branch", "both", second]);
    await using opened = await openRepository(urlOf("https", "names"), optionsFor("https"), never);
    const found = async (ref: string) => (await opened.resolve(ref, never)).id;
    expect(await found("light")).toBe(first);
    expect(await found("annotated")).toBe(first);
    expect(await found(first)).toBe(first);
    expect(await found("both")).toBe(second);
    expect(await found("refs/tags/both")).toBe(first);
    expect(await opened.resolve("refs/heads/develop", never)).toMatchObject({
      id: second,
      branch: "develop",
    });
    expect(await found("HEAD")).toBe(second);
    expect(await opened.resolve("light", never)).not.toHaveProperty("branch");
    const older = { id: first };
    expect(textsOf(await opened.readTree(older, never))["units/web.service"]).toContain("web:1");
  });

  test("must follow a branch", async () => {
    const repository = await exampleRepository("followed");
    await using opened = await openRepository(urlOf("https", "followed"), optionsFor("https"), never);
    const source = new GitSource(opened, "develop");
    const first = await source.resolveRevision(never);
    const second = await repository.commit({ "units/web.service": "two" }, "Two\u001b[31m");
    const revision = await source.resolveRevision(never);
    expect(revision).toMatchObject({ id: second, subject: "Two [31m" });
    expect(textsOf(await source.readTree(revision, never))["units/web.service"]).toBe("two");
    expect(textsOf(await source.readTree(first, never))["units/web.service"]).toContain("web:1");
  });

  test("must be refused as a source when they hold no configuration, or its old name", async () => {
    await root.repository("no-configuration", { "README.md": "x" });
    await root.repository("old-name", { "mysysconfig.yml": "x", "units/a.service": "x" });
    for (const [name, words] of [
      ["no-configuration", "neither units/ nor mysysconfig.yaml"],
      ["old-name", "would not be read"],
    ] as const) {
      await using opened = await openRepository(urlOf("file", name), optionsFor("file"), never);
      const source = new GitSource(opened, "develop");
      const failure = await failureOf(source.readTree(await source.resolveRevision(never), never));
      expect(failure).toMatchObject({
        code: "configuration-unreadable",
        message: expect.stringContaining(words),
      });
    }
  });

  test("must be read in well under half a second with a thousand units", async () => {
    const units = Object.fromEntries(
      Array.from({ length: 1000 }, (_, n) => [`units/u${n}.service`, `[Service]\n#${n}\n`]),
    );
    await root.repository("thousand", units);
    await using opened = await openRepository(urlOf("file", "thousand"), optionsFor("file"), never);
    const revision = await opened.resolve("develop", never);
    const times: number[] = [];
    for (let run = 0; run < 5; run++) {
      const started = performance.now();
      expect((await opened.readTree(revision, never)).size).toBe(1000);
      times.push(performance.now() - started);
    }
    // The fastest of five: the machine may be busy with something else.
    expect(Math.min(...times)).toBeLessThan(250);
  });
});
