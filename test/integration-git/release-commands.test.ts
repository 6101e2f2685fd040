/** The commands of the CI side, as a shell runs them, against a real Git server with a password and a real registry. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningRegistry, startRegistry } from "../../deploy/lab/registry.ts";
import { pushContent } from "../registry/content.ts";
import { type Authority, createAuthority, type GitHttpsServer, startGitHttps } from "../support/git-https.ts";
import { createTestRoot, type TestRepository, type TestRoot } from "../support/git-repositories.ts";
import { startProgram } from "../support/program.ts";

const token = "tok3n-of-the-release-test";
let root: TestRoot;
let authority: Authority;
let https: GitHttpsServer;
let registry: RunningRegistry;
let dir: string;

beforeAll(async () => {
  root = await createTestRoot();
  dir = await mkdtemp(join(tmpdir(), "mysysconfig-test-release-"));
  authority = await createAuthority(`${root.dir}/authority`);
  const certificate = await authority.issue("server", "IP:127.0.0.1");
  https = await startGitHttps({ root: root.dir, certificate, token });
  registry = await startRegistry({ dir: join(dir, "registry") });
});

afterAll(async () => {
  await registry.stop();
  await https[Symbol.asyncDispose]();
  await root[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

/** Own images lie in the test's registry, `web` among them. */
const settings = () => `project: shop
environments:
  develop: {}
  acceptance: {promotesFrom: [develop]}
images: {own: ["${registry.address}/*"]}
`;
const unit = (name: string, tag: string) =>
  `[Service]\n# ${name}\nExecStart=/usr/bin/docker run --name ${name} ${registry.address}/${name}:${tag}\n`;

let count = 0;

/** A configuration repository of two environments that run the same. */
async function shop(): Promise<TestRepository & { readonly name: string }> {
  count += 1;
  const name = `shop-${count}`;
  const files = {
    "mysysconfig.yaml": settings(),
    "units/web.service": unit("web", "58-develop"),
    "units/api.service": unit("api", "7-develop"),
  };
  const repository = await root.repository(name, files);
  await repository.commit(files, "The same for acceptance", "acceptance");
  return { ...repository, name };
}

async function run(repository: { readonly name: string }, args: readonly string[]) {
  const environment = { MYSYSCONFIG_GIT_TOKEN: token, MYSYSCONFIG_GIT_CA: authority.caFile };
  const where = ["--repo", `${https.url}/${repository.name}`];
  const result = await startProgram([...args.slice(0, 1), ...where, ...args.slice(1)], environment).result;
  // Whatever happens, nobody gets to see the token.
  expect(result.stdout + result.stderr).not.toContain(token);
  return { ...result, json: () => JSON.parse(result.stdout) as Record<string, unknown> };
}

const file = async (repository: TestRepository, branch: string, path: string) =>
  await repository.git(["show", `${branch}:${path}`]);

const push = (name: string, tag: string | readonly string[], revision = "0".repeat(40)) =>
  pushContent({ origin: `http://${registry.address}` }, name, tag, {
    created: "2026-11-21T10:00:00Z",
    labels: {
      "org.opencontainers.image.revision": revision,
      "org.opencontainers.image.ref.name": String(tag),
    },
  });

describe("set-image", () => {
  test("must change the tags of several services in one commit, and nothing else", async () => {
    const repository = await shop();
    const result = await run(repository, [
      "set-image",
      "--branch",
      "develop",
      "web=59-develop",
      "api=8-develop",
    ]);
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(result.stdout).toContain("58-develop → 59-develop  units/web.service:3");
    expect(await file(repository, "develop", "units/web.service")).toBe(unit("web", "59-develop"));
    expect(await file(repository, "develop", "units/api.service")).toBe(unit("api", "8-develop"));
    expect(await repository.git(["log", "--format=%s", "-1", "develop"])).toBe("Updating 2 tags\n");
    const again = await run(repository, ["set-image", "--branch", "develop", "web", "59-develop"]);
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.stdout).toContain("Nothing to do");
    expect((await repository.git(["rev-list", "--count", "develop"])).trim()).toBe("2");
  });

  test.for([
    ["an older build", ["web", "57-develop"], 6, 'is older than "58-develop"'],
    ["a build of another branch", ["web", "59-master"], 4, 'is a build of branch "master"'],
    ["an unknown name", ["wep", "59-develop"], 4, 'did you mean "web"?'],
    ["a name without a tag", ["web"], 64, 'there is no tag for "web"'],
    ["two tags for one name", ["web=58-develop", "web=59-develop"], 4, "is to have both"],
  ] as const)("must refuse %s and push nothing", async ([_title, words, exitCode, said]) => {
    const repository = await shop();
    const result = await run(repository, ["set-image", "--branch", "develop", ...words]);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain(said);
    expect((await repository.git(["rev-list", "--count", "develop"])).trim()).toBe("1");
  });

  test("must go back when that is asked for", async () => {
    const repository = await shop();
    const args = ["set-image", "--branch", "develop", "--allow-downgrade", "web", "57-develop"];
    expect(await run(repository, args)).toMatchObject({ exitCode: 0 });
    expect(await file(repository, "develop", "units/web.service")).toBe(unit("web", "57-develop"));
  });
});

describe("submit", () => {
  test("must put a unit that is kept without a tag into the repository, with the words of the commit", async () => {
    const repository = await shop();
    const path = join(dir, "mail.service");
    await writeFile(path, unit("mail", "X").replace(":X", ""));
    const args = ["submit", "--branch", "develop", "--tag", "3-develop", "--json", path];
    const result = await run(repository, args);
    expect(result.json()).toMatchObject({ pushed: true, path: "units/mail.service" });
    expect(await file(repository, "develop", "units/mail.service")).toBe(unit("mail", "3-develop"));
    expect(await repository.git(["log", "--format=%s", "-1", "develop"])).toBe(
      "Updating mail tag to '3-develop'\n",
    );
    expect((await run(repository, args)).json()).toMatchObject({ pushed: false });
  });

  test("must push nothing of a unit that is not UTF-8", async () => {
    const repository = await shop();
    const path = join(dir, "latin.service");
    const text = `${unit("latin", "X").replace(":X", "")}# caf\xe9\n`;
    await writeFile(path, Buffer.from(text, "latin1"));
    const result = await run(repository, ["submit", "--branch", "develop", "--tag", "3-develop", path]);
    expect(result.exitCode).toBe(4);
    expect(result.stderr).toContain("the file is not UTF-8 text");
    expect((await repository.git(["rev-list", "--count", "develop"])).trim()).toBe("1");
  });

  test("must list the mistakes of a unit, and push nothing", async () => {
    const repository = await shop();
    const path = join(dir, "bad.service");
    await writeFile(path, `[Service]\nExecStart=/usr/bin/docker run --nmae x ${registry.address}/bad\n`);
    const result = await run(repository, ["submit", "--branch", "develop", "--tag", "3-develop", path]);
    expect(result.exitCode).toBe(4);
    expect(result.stderr).toContain("bad.service:2:");
    expect(result.stderr).toContain("did you mean --name?");
    expect((await repository.git(["rev-list", "--count", "develop"])).trim()).toBe("1");
  });
});

describe("builds", () => {
  test("must tell what the registry has and what runs where, and commit the newest allowed build", async () => {
    const repository = await shop();
    await push("web", ["58-develop", "9-develop", "70-master"]);
    const digest = await push("web", "60-develop", "9ab12cd".padEnd(40, "0"));
    await push("api", "7-develop");
    const listed = await run(repository, ["builds", "--branch", "develop", "web"]);
    expect(listed).toMatchObject({ exitCode: 0, stderr: "" });
    const lines = listed.stdout.split("\n").map((line) => line.trim());
    expect(lines[0]).toMatch(/\/web {2}newest build$/);
    expect(lines[1]).toMatch(new RegExp(`^→ +60-develop +${digest.slice(0, 14)} .* 9ab12cd$`));
    expect(lines[2]).toMatch(
      /58-develop .*acceptance: web; develop: web|58-develop .*develop: web; acceptance: web/,
    );
    expect(lines[3]).toMatch(/^9-develop/);
    expect(listed.stdout).toContain("web: 58-develop → 60-develop, the newest build of");
    expect(listed.stdout).toContain("other branches: master (1 build, newest 70-master)");

    const updated = await run(repository, ["builds", "--branch", "develop", "--update"]);
    expect(updated).toMatchObject({ exitCode: 0 });
    expect(await file(repository, "develop", "units/web.service")).toBe(unit("web", "60-develop"));
    expect(await file(repository, "develop", "units/api.service")).toBe(unit("api", "7-develop"));
    const again = await run(repository, ["builds", "--branch", "develop", "--update"]);
    expect(again.stdout).toContain("Nothing to do");
  });
});

describe("promote", () => {
  test("must carry tags and digests over in one tagged commit, and set an earlier one again", async () => {
    const repository = await shop();
    const digests = {
      web: await push("web", "61-develop", "1".repeat(40)),
      api: await push("api", "7-develop"),
    };
    await run(repository, ["set-image", "--branch", "develop", "web", "61-develop"]);
    const promote = ["promote", "--from", "develop", "--to", "acceptance"];
    const shown = await run(repository, [...promote, "--dry-run"]);
    expect(shown.exitCode).toBe(2);
    expect(shown.stdout).toContain("58-develop → 61-develop@");
    expect((await repository.git(["rev-list", "--count", "acceptance"])).trim()).toBe("1");

    const result = await run(repository, [...promote, "--json"]);
    expect(result.json()).toMatchObject({ pushed: true, tag: expect.stringMatching(/^c_\d{8}_\d{6}$/) });
    const tag = String(result.json()["tag"]);
    const promoted = await file(repository, "acceptance", "units/web.service");
    expect(promoted).toBe(unit("web", `61-develop@${digests.web}`));
    expect(await file(repository, "acceptance", "units/api.service")).toContain(`7-develop@${digests.api}`);
    expect(await repository.git(["rev-parse", `${tag}^{commit}`])).toBe(
      await repository.git(["rev-parse", "acceptance"]),
    );
    expect(await run(repository, promote)).toMatchObject({ exitCode: 0 });

    await push("web", "62-develop", "2".repeat(40));
    await run(repository, ["set-image", "--branch", "develop", "web", "62-develop"]);
    const second = await run(repository, [...promote, "--only", "web", "--tag-name", "second"]);
    expect(second).toMatchObject({ exitCode: 0 });
    expect(await file(repository, "acceptance", "units/web.service")).toContain("62-develop@");
    const back = await run(repository, [...promote, "--composition", tag, "--tag-name", ""]);
    expect(back).toMatchObject({ exitCode: 0 });
    expect(await file(repository, "acceptance", "units/web.service")).toBe(promoted);
  });

  test("must refuse a build that no registry has, and have nothing to do between equals", async () => {
    const repository = await shop();
    await push("web", "58-develop");
    const result = await run(repository, [
      "promote",
      "--from",
      "acceptance",
      "--to",
      "develop",
      "--tags-only",
    ]);
    expect(result).toMatchObject({ exitCode: 0 });
    await run(repository, ["set-image", "--branch", "develop", "api", "99-develop"]);
    const missing = await run(repository, ["promote", "--from", "develop", "--to", "acceptance"]);
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toContain("99-develop");
    expect((await repository.git(["rev-list", "--count", "acceptance"])).trim()).toBe("1");
  });
});

describe("promote with template units, several environments and names", () => {
  test("must promote all instances of one unit, also where the target has more of them", async () => {
    const repository = await shop();
    const worker = (tag: string) => unit("worker-%i", tag).replace("/worker-%i:", "/worker:");
    const source = { "mysysconfig.yaml": `${settings()}instances: {worker: [1, 2]}\n` };
    const target = { "mysysconfig.yaml": `${settings()}instances: {worker: [1, 2, 3]}\n` };
    await repository.commit({ ...source, "units/worker@.service": worker("6-develop") }, "Workers");
    await repository.commit(
      { ...target, "units/worker@.service": worker("5-develop") },
      "Workers",
      "acceptance",
    );
    const args = ["promote", "--from", "develop", "--to", "acceptance", "--tags-only"];
    expect(await run(repository, args)).toMatchObject({ exitCode: 0 });
    expect(await file(repository, "acceptance", "units/worker@.service")).toBe(worker("6-develop"));
  });

  test("must take a composition for a tag, whatever branch has its name", async () => {
    const repository = await shop();
    await repository.git(["tag", "c_1", "acceptance"]);
    await run(repository, ["set-image", "--branch", "develop", "web", "66-develop"]);
    await repository.git(["branch", "c_1", "develop"]);
    const args = ["promote", "--from", "develop", "--to", "acceptance", "--tags-only", "--composition"];
    const same = await run(repository, [...args, "c_1"]);
    expect(same.stdout).toContain("Nothing to promote");
    expect(await run(repository, [...args, "develop"])).toMatchObject({ exitCode: 4 });
  });

  test("must find another name for the tag when another promotion of the same second has it", async () => {
    const repository = await shop();
    await run(repository, ["set-image", "--branch", "develop", "web", "66-develop"]);
    const now = Date.now();
    for (let second = -2; second < 60; second += 1) {
      const stamp = new Date(now + second * 1000).toISOString().replace(/[-:]/g, "");
      const name = `c_${stamp.slice(0, 8)}_${stamp.slice(9, 15)}`;
      if (second % 2 === 0) await repository.git(["tag", name, "acceptance"]);
    }
    const args = ["promote", "--from", "develop", "--to", "acceptance", "--tags-only"];
    expect(await run(repository, args)).toMatchObject({ exitCode: 0 });
    expect(await file(repository, "acceptance", "units/web.service")).toBe(unit("web", "66-develop"));
  });

  test("must refuse what was asked for by name and cannot be promoted", async () => {
    const repository = await shop();
    await repository.commit({ "units/new.service": unit("new", "1-develop") }, "Only here");
    const args = ["promote", "--from", "develop", "--to", "acceptance", "--tags-only", "--only", "new"];
    const result = await run(repository, args);
    expect(result.exitCode).toBe(6);
    expect(result.stdout).toContain("new");
  });
});

describe("composition", () => {
  test("must list everything that an environment runs, with digests", async () => {
    const repository = await shop();
    const digest = await push("web", "58-develop", "3".repeat(40));
    await push("api", "7-develop");
    const result = await run(repository, ["composition", "--branch", "develop", "--json"]);
    expect(result.json()).toMatchObject({
      environment: "develop",
      components: [{ key: "api" }, { key: "web", tag: "58-develop", digest, build: 58, branch: "develop" }],
    });
  });

  test("must become a release only when the check exits with 0", async () => {
    const repository = await shop();
    await repository.git(["tag", "c_1", "acceptance"]);
    const accept = ["composition", "--branch", "acceptance", "--accept", "c_1", "--"];
    const refused = await run(repository, [...accept, "/bin/sh", "-c", "exit 7"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("the check exited with 7");
    expect(await repository.git(["tag"])).toBe("c_1\n");
    const told = await run(repository, [...accept, "/bin/sh", "-c", 'test "$MYSYSCONFIG_COMPOSITION" = c_1']);
    expect(told).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("c_1 is rc_1 now") });
    expect(await repository.git(["rev-parse", "rc_1^{commit}"])).toBe(
      await repository.git(["rev-parse", "c_1"]),
    );
  });

  test("must not become a release when its branch has moved on", async () => {
    const repository = await shop();
    await repository.git(["tag", "c_1", "acceptance"]);
    await repository.commit({ "units/note.service": unit("web", "58-develop") }, "Later", "acceptance");
    const result = await run(repository, [
      ...["composition", "--branch", "acceptance", "--accept", "c_1", "--", "/bin/true"],
    ]);
    expect(result.exitCode).toBe(6);
    expect(await repository.git(["tag"])).toBe("c_1\n");
  });
});

describe("diff", () => {
  test("must tell what going from one branch to another would do", async () => {
    const repository = await shop();
    await run(repository, ["set-image", "--branch", "develop", "web", "59-develop"]);
    const args = ["diff", "acceptance", "develop", "--environment", "develop"];
    const result = await run(repository, args);
    expect(result.exitCode).toBe(2);
    expect(result.stdout).toContain("58-develop → 59-develop");
    expect(result.stdout).toContain("1 to replace, 1 unchanged");
    const markdown = await run(repository, [...args, "--format", "markdown"]);
    expect(markdown.stdout).toMatch(/\| .*web.* \|/);
    expect(await run(repository, ["diff", "develop", "develop", "--environment", "develop"])).toMatchObject({
      exitCode: 0,
    });
  });
});
