import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLocalRepository } from "../../src/git/local-repository.ts";
import { openRepository } from "../../src/git/remote-repository.ts";
import { type Authority, createAuthority, startGitHttps } from "../support/git-https.ts";
import { createTestRoot, type TestRepository, type TestRoot } from "../support/git-repositories.ts";
import { failureOf, gitOptions, leftFolders, never, textsOf, writing } from "./workbench.ts";

let root: TestRoot;
let authority: Authority;

beforeAll(async () => {
  root = await createTestRoot();
  authority = await createAuthority(`${root.dir}/authority`);
});
afterAll(() => root[Symbol.asyncDispose]());

const fileOptions = () => gitOptions({}, { allowFileProtocol: true });

async function readOf(repository: TestRepository, options = fileOptions()) {
  await using opened = await openRepository(repository.dir, options, never);
  return await opened.readTree(await opened.resolve("develop", never), never);
}

describe("a tree that is made to harm", () => {
  test.for([
    [
      "a link out",
      { "units/passwd.service": { mode: "120000", content: "/etc/passwd" } },
      "units/passwd.service",
    ],
    ["a folder that is a link", { units: { mode: "120000", content: "/etc" } }, "units"],
    [
      "settings that are a link",
      { "mysysconfig.yaml": { mode: "120000", content: "/etc/passwd" } },
      "mysysconfig.yaml",
    ],
    ["a submodule", { "units/sub": { mode: "160000", content: "1".repeat(40) } }, "units/sub"],
    ["a name with a line break", { "units/a\nb.service": "x" }, "a\\nb"],
    ["a name with a backslash", { "units/a\\b.service": "x" }, "name that cannot be used"],
    ["a name that is no UTF-8", { "latin1:units/\xff\xfe.service": "x" }, "name that cannot be used"],
    ["a huge file", { "units/huge.service": "x".repeat(1024 * 1024 + 1) }, "units/huge.service"],
  ] as const)("must be refused with the path: %s", async ([name, files, words]) => {
    const repository = await root.repository(`bad-${name.replaceAll(" ", "-")}`, files);
    const options = fileOptions();
    const failure = await failureOf(readOf(repository, options));
    expect(failure).toMatchObject({
      code: "configuration-unreadable",
      exitCode: 4,
      message: expect.stringContaining(words),
      hint: expect.any(String),
    });
    expect(failure.message).not.toContain("root:");
    expect(leftFolders(options)).toEqual([]);
  });

  test("must not matter outside of what is read, and stay as it is after a commit", async () => {
    const repository = await root.repository("elsewhere", {
      "units/web.service": "x",
      link: { mode: "120000", content: "/etc/passwd" },
      sub: { mode: "160000", content: "1".repeat(40) },
      "latin1:\xff\xfe": "no UTF-8",
      "huge.bin": "x".repeat(3 * 1024 * 1024),
      "crlf.txt": "a\r\nb\r\n",
      ".gitattributes": "* text=auto eol=crlf\n",
      ".gitmodules": '[submodule "sub"]\n\tpath = sub\n\turl = ../elsewhere\n',
      "tool.sh": { mode: "100755", content: "#!/bin/sh\n" },
    });
    const before = await repository.git(["ls-tree", "-r", "-z", "develop"]);
    await using opened = await openRepository(repository.dir, fileOptions(), never);
    await opened.commit("develop", writing({ "units/web.service": "y\r\n" }), never);
    const other = (listing: string) => listing.split("\0").filter((line) => !line.includes("web.service"));
    expect(other(await repository.git(["ls-tree", "-r", "-z", "develop"]))).toEqual(other(before));
    expect(await repository.git(["show", "develop:units/web.service"])).toBe("y\r\n");
  });

  test("must not have its attributes and filters obeyed", async () => {
    const repository = await root.repository("attributes", {
      ".gitattributes":
        "* export-subst filter=evil text eol=crlf working-tree-encoding=UTF-16\n*.secret export-ignore\n",
      "units/.gitattributes": "* ident export-subst\n",
      "units/web.service": "$Format:%H$ $Id$\n",
      "units/a.secret": "kept\n",
    });
    expect(textsOf(await readOf(repository))).toMatchObject({
      "units/web.service": "$Format:%H$ $Id$\n",
      "units/a.secret": "kept\n",
    });
  });

  test("must be refused quickly when it has a hundred thousand files, and be ignored elsewhere", async () => {
    const many = (folder: string) =>
      Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`${folder}/${n % 97}/f${n}`, "same"]));
    const outside = await root.repository("many-outside", { ...many("data"), "units/web.service": "x" });
    expect(textsOf(await readOf(outside))).toEqual({ "units/web.service": "x" });
    const inside = await root.repository("many-inside", many("units"));
    expect(await failureOf(readOf(inside))).toMatchObject({
      code: "configuration-unreadable",
      message: expect.stringContaining("20000 files"),
    });
  });

  test("must not be fetched with its huge files from a server that can filter", async () => {
    const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)));
    const large = Buffer.concat(
      Array.from({ length: 40 }, () => crypto.getRandomValues(new Uint8Array(65_536))),
    );
    const repository = await root.repository("large", { "units/web.service": noise, "data.bin": large });
    const options = fileOptions();
    await using opened = await openRepository(repository.dir, options, never);
    await opened.resolve("develop", never);
    expect(await sizeOf(options.tempDir ?? "")).toBeLessThan(1024 * 1024);
  });

  test("must be read from a server that forbids filters", async () => {
    const repository = await root.repository("no-filters", {
      "units/web.service": "x",
      "units/big": "y".repeat(2_000_000),
    });
    await repository.git(["config", "uploadpackfilter.allow", "false"]);
    const failure = await failureOf(readOf(repository));
    expect(failure).toMatchObject({ message: expect.stringContaining('"units/big" is larger than 1 MiB') });
    await repository.git(["update-ref", "refs/heads/develop", await withoutBig(repository)]);
    expect(textsOf(await readOf(repository))).toEqual({ "units/web.service": "x" });
  });

  test("must be refused when its objects are forged", async () => {
    const repository = await root.repository("forged", { "units/web.service": "x" });
    const blob = (await repository.git(["rev-parse", "develop:units/web.service"])).trim();
    // mktree does not mind a folder that is called as Git's own.
    const inner = (await repository.git(["mktree"], { input: `100644 blob ${blob}\tconfig\n` })).trim();
    const tree = (await repository.git(["mktree"], { input: `040000 tree ${inner}\t.git\n` })).trim();
    const commit = (await repository.git(["commit-tree", "-m", "x", tree])).trim();
    await repository.git(["update-ref", "refs/heads/develop", commit]);
    expect(await failureOf(readOf(repository))).toMatchObject({
      code: "configuration-unreadable",
      hint: expect.any(String),
    });
  });
});

describe("names and addresses that are made to harm", () => {
  const marker = () => `${root.dir}/marker`;
  const hostileNames = [
    "--upload-pack=touch MARKER",
    "-x",
    "--output=MARKER",
    "x --exec=touch MARKER",
    "$(touch MARKER)",
    "`touch MARKER`",
    "a;touch MARKER",
    "develop:refs/heads/other",
    "+develop",
    "dev*",
    "a..b",
    "a@{1}",
    "a~1",
    "a^{/x}",
    ":/x",
    "a\u0000b",
    "a\nb",
    "refs/heads/../../x",
    "x.lock",
    ".x",
    "",
    "@",
  ];

  test.for(hostileNames)("must end in a clean failure as branch, tag or revision: %j", async (raw) => {
    const name = raw.replace("MARKER", marker());
    const repository = await names();
    const before = await repository.git(["for-each-ref"]);
    await using opened = await openRepository(repository.dir, fileOptions(), never);
    const edit = writing({ "units/web.service": "changed" });
    const tagged = writing({ "units/web.service": "changed" }, name);
    const failures = [
      await failureOf(opened.resolve(name, never)),
      await failureOf(opened.commit(name, edit, never)),
      ...(name === "+develop" ? [] : [await failureOf(opened.commit("develop", tagged, never))]),
    ];
    for (const failure of failures) expect(["usage", "unknown-revision"]).toContain(codeOf(failure));
    expect(await repository.git(["for-each-ref"])).toBe(before);
    expect(existsSync(marker())).toBe(false);
  });

  test.for([
    "ext::sh -c touch% MARKER",
    "ext::touch",
    "--upload-pack=touch MARKER",
    "-oProxyCommand=touch MARKER",
    "ssh://-oProxyCommand=touch%20MARKER/x",
    "ssh://-oProxyCommand=x@host/x",
    "ssh://host/-x",
    "git@-oProxyCommand=x:y",
    "-x@host:y",
    "http://127.0.0.1/x",
    "git://127.0.0.1/x",
    "file:///etc",
    "/etc",
    "fd::17",
    "https://user:s3cret@127.0.0.1/x",
    "ssh://git:s3cret@127.0.0.1/x",
    "https://127.0.0.1/x y",
    "https://127.0.0.1/x\ny",
    "https://127.0.0.1/",
    "https://127.0.0.1/x?token=s3cret",
    "https://",
    "",
  ])("must be refused as a URL before git sees it: %j", async (raw) => {
    const options = gitOptions({ token: "t", knownHostsFile: "/dev/null" });
    const failure = await failureOf(openRepository(raw.replace("MARKER", marker()), options, never));
    expect(failure).toMatchObject({ code: "usage", exitCode: 64 });
    expect(`${failure.message} ${failure.stack}`).not.toContain("s3cret");
    expect(existsSync(marker())).toBe(false);
    expect(leftFolders(options)).toEqual([]);
  });

  let shared: Promise<TestRepository> | undefined;
  function names(): Promise<TestRepository> {
    shared ??= root.repository("names", { "units/web.service": "x" });
    return shared;
  }
});

describe("a repository on disk", () => {
  test("must be read at any of its revisions, without what is not committed", async () => {
    const repository = await root.repository("local", { "units/web.service": "one" });
    const first = (await repository.git(["rev-parse", "develop"])).trim();
    const second = await repository.commit({ "units/web.service": "two" });
    const clone = `${root.dir}/clone`;
    await repository.git(["clone", "-q", "-b", "develop", ".", clone]);
    await writeFile(`${clone}/units/web.service`, "not committed");
    for (const dir of [repository.dir, clone, `${clone}/units`]) {
      await using opened = await openLocalRepository(dir, gitOptions(), never);
      const textAt = async (ref: string) => {
        const revision = await opened.resolve(ref, never);
        return [revision.id, textsOf(await opened.readTree(revision, never))["units/web.service"]];
      };
      expect(await textAt("HEAD")).toEqual([second, "two"]);
      expect(await textAt("HEAD~1")).toEqual([first, "one"]);
      expect(await textAt("develop^")).toEqual([first, "one"]);
      expect(await textAt(first)).toEqual([first, "one"]);
      expect(await textAt(first.slice(0, 8))).toEqual([first, "one"]);
      expect(await opened.resolve("develop", never)).toMatchObject({ branch: "develop", source: dir });
      for (const ref of ["HEAD~7", "nothing", "0".repeat(40)])
        expect(codeOf(await failureOf(opened.resolve(ref, never)))).toBe("unknown-revision");
      for (const ref of ["--all", "HEAD^{/x}", "-x", "a..b"])
        expect(codeOf(await failureOf(opened.resolve(ref, never)))).toBe("usage");
    }
    expect(await readFile(`${clone}/units/web.service`, "utf8")).toBe("not committed");
  });

  test("must not have its own settings run anything, whoever owns it", async () => {
    const repository = await root.repository("evil-settings", { "units/web.service": "x" });
    const marker = `${root.dir}/evil-marker`;
    const script = `${root.dir}/evil.sh`;
    await writeFile(script, `#!/bin/sh\ntouch ${marker}\n`);
    await chmod(script, 0o755);
    for (const key of [
      "core.fsmonitor",
      "core.sshCommand",
      "core.pager",
      "core.editor",
      "diff.external",
      "alias.ls-tree",
    ])
      await repository.git(["config", key, key.startsWith("alias") ? `!${script}` : script]);
    await repository.git(["config", "remote.origin.url", `ext::${script}`]);
    await repository.git(["config", "remote.origin.promisor", "true"]);
    await repository.git(["config", "extensions.partialClone", "origin"]);
    await mkdir(`${repository.dir}/hooks`, { recursive: true });
    await writeFile(`${repository.dir}/hooks/post-checkout`, `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
    await writeFile(`${repository.dir}/hooks/reference-transaction`, `#!/bin/sh\ntouch ${marker}\n`, {
      mode: 0o755,
    });
    await using opened = await openLocalRepository(repository.dir, gitOptions(), never);
    const revision = await opened.resolve("HEAD", never);
    expect(textsOf(await opened.readTree(revision, never))).toEqual({ "units/web.service": "x" });
    expect(codeOf(await failureOf(opened.readTree({ id: "1".repeat(40) }, never)))).toBeDefined();
    expect(existsSync(marker)).toBe(false);
  });

  test("must be told apart from a folder without one", async () => {
    const options = gitOptions();
    await mkdir(`${root.dir}/plain`);
    expect(await failureOf(openLocalRepository(`${root.dir}/plain`, options, never))).toMatchObject({
      code: "configuration-unreadable",
    });
    expect(leftFolders(options)).toEqual([]);
  });
});

describe("a secret", () => {
  test("must be in no argument, variable, URL, error or file that is left", async () => {
    const token = "tok3n-c4nary";
    await root.repository("secret", { "units/web.service": "x" });
    const log = `${root.dir}/git.log`;
    const bin = await loggingGit(`${root.dir}/bin`, log);
    const certificate = await authority.issue("server", "IP:127.0.0.1");
    await using server = await startGitHttps({ root: root.dir, certificate, token });
    const environment = new Map([["PATH", `${bin}:${process.env["PATH"]}`]]);
    const options = gitOptions({ token, caFile: authority.caFile }, { environment });
    {
      await using opened = await openRepository(`${server.url}/secret`, options, never);
      await opened.commit("develop", writing({ "units/web.service": "y" }), never);
      const failure = await failureOf(opened.resolve("nothing", never));
      expect(`${failure.message}${failure.stack}${JSON.stringify(failure)}`).not.toContain(token);
    }
    const said = await readFile(log, "utf8");
    const encoded = Buffer.from(`x-access-token:${token}`).toString("base64");
    expect(server.authorizations).toContain(`Basic ${encoded}`);
    expect(said).toContain("argv: fetch");
    expect(said).toContain("argv: push");
    expect(said).toContain("GIT_TERMINAL_PROMPT=0");
    expect(said).not.toContain(token);
    expect(said).not.toContain(encoded);
    // Nothing of our own environment gets through but what was named.
    expect(new Set(said.match(/^[A-Z_]+(?==)/gim))).toEqual(new Set(allowedVariables));
    expect(leftFolders(options)).toEqual([]);
  });
});

/** What we set, what simple-git adds to forbid shortened options, and the `PWD` of the logging shell. */
const allowedVariables = [
  "GIT_ALLOW_PROTOCOL",
  "GIT_ATTR_NOSYSTEM",
  "GIT_CONFIG_NOSYSTEM",
  "GIT_NO_LAZY_FETCH",
  "GIT_NO_REPLACE_OBJECTS",
  "GIT_OPTIONAL_LOCKS",
  "GIT_TERMINAL_PROMPT",
  "GIT_TEST_DISALLOW_ABBREVIATED_OPTIONS",
  "HOME",
  "LC_ALL",
  "PATH",
  "PWD",
];

/** A `git` that writes down what it was called with, and is the real one then. */
async function loggingGit(dir: string, log: string): Promise<string> {
  await mkdir(dir);
  const script = `#!/bin/sh\n{ echo "argv: $*"; env; } >> ${log}\nexec /usr/bin/git "$@"\n`;
  await writeFile(`${dir}/git`, script, { mode: 0o755 });
  return dir;
}

async function withoutBig(repository: TestRepository): Promise<string> {
  const blob = (await repository.git(["rev-parse", "develop:units/web.service"])).trim();
  const units = (await repository.git(["mktree"], { input: `100644 blob ${blob}\tweb.service\n` })).trim();
  const tree = (await repository.git(["mktree"], { input: `040000 tree ${units}\tunits\n` })).trim();
  return (await repository.git(["commit-tree", "-m", "small", tree])).trim();
}

async function sizeOf(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await readFile(`${parentPath}/${name}`)).length),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function codeOf(error: Error): string | undefined {
  return "code" in error ? String(error.code) : undefined;
}
