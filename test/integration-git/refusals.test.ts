import { chmod, copyFile, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GitOptions } from "../../src/git/git-options.ts";
import { openRepository } from "../../src/git/remote-repository.ts";
import type { ConfigRepository } from "../../src/ports.ts";
import { type Authority, createAuthority, type HttpsOptions, startGitHttps } from "../support/git-https.ts";
import { createTestRoot, type TestRoot } from "../support/git-repositories.ts";
import { createSshKey, freePort, type GitSshServer, knownHost, startGitSsh } from "../support/git-sshd.ts";
import { failureOf, gitOptions, leftFolders, leftProcesses, never, textsOf, writing } from "./workbench.ts";

const token = "tok3n-of-the-test";
let root: TestRoot;
let authority: Authority;
let ssh: GitSshServer;

beforeAll(async () => {
  root = await createTestRoot();
  authority = await createAuthority(`${root.dir}/authority`);
  ssh = await startGitSsh(`${root.dir}/ssh`);
  await root.repository("shop", { "units/web.service": "one" });
});

afterAll(async () => {
  await ssh[Symbol.asyncDispose]();
  await root[Symbol.asyncDispose]();
});

async function https(options: Partial<HttpsOptions> = {}, hosts = "IP:127.0.0.1") {
  const certificate = await authority.issue("server", hosts);
  return startGitHttps({ root: root.dir, certificate, ...options });
}

async function withRepository<T>(
  url: string,
  options: GitOptions,
  use: (repository: ConfigRepository) => Promise<T>,
): Promise<T> {
  await using repository = await openRepository(url, options, never);
  return await use(repository);
}

/** What resolving the branch fails with; nothing may be left of the attempt. */
async function refusalOf(url: string, options: GitOptions): Promise<Error> {
  const failure = await failureOf(withRepository(url, options, (opened) => opened.resolve("develop", never)));
  expect(leftFolders(options)).toEqual([]);
  expect(leftProcesses(options)).toEqual([]);
  return failure;
}

/** Takes connections and says nothing. */
async function startHungServer(onConnection = () => {}) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => {}));
    onConnection();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("a server that must not be trusted", () => {
  test.for([
    ["an unknown authority", "IP:127.0.0.1", false],
    ["another host's certificate", "DNS:example.org", true],
  ] as const)("must be refused for %s, and get no token", async ([, hosts, isKnown]) => {
    await using server = await https({}, hosts);
    const caFile = isKnown ? authority.caFile : (await createAuthority(`${root.dir}/another`)).caFile;
    const failure = await refusalOf(`${server.url}/shop`, gitOptions({ token, caFile }));
    expect(failure).toMatchObject({
      code: "git-untrusted",
      exitCode: 5,
      message: expect.stringMatching(/certificate/i),
    });
    expect(server.authorizations).toEqual([]);
  });

  test("must be refused when its host key is unknown, or not the one that is known", async () => {
    const url = `${ssh.url}${root.dir}/shop`;
    const knownHostsFile = `${root.dir}/other-hosts`;
    await writeFile(knownHostsFile, "");
    const options = () => gitOptions({ sshKeyFile: ssh.keyFile, knownHostsFile });
    expect(await refusalOf(url, options())).toMatchObject({
      code: "git-untrusted",
      hint: expect.stringContaining("MYSYSCONFIG_GIT_KNOWN_HOSTS"),
    });
    await createSshKey(`${root.dir}/other-host`);
    await writeFile(
      knownHostsFile,
      knownHost(ssh.port, await readFile(`${root.dir}/other-host.pub`, "utf8")),
    );
    expect(await refusalOf(url, options())).toMatchObject({
      code: "git-untrusted",
      hint: expect.stringContaining("changed on purpose"),
    });
    expect(await readFile(knownHostsFile, "utf8")).not.toContain("\n[127.0.0.1]");
  });

  test("must not be asked at all over ssh without a known host key", async () => {
    const opening = openRepository(`${ssh.url}/x`, gitOptions({ sshKeyFile: ssh.keyFile }), never);
    expect(await failureOf(opening)).toMatchObject({
      code: "usage",
      hint: expect.stringContaining("MYSYSCONFIG_GIT_KNOWN_HOSTS"),
    });
  });
});

describe("credentials", () => {
  test.for([
    ["a wrong token", "wr0ng-token"],
    ["no token", undefined],
  ] as const)("must be told apart from a broken server: %s", async ([, wrong]) => {
    await using server = await https({ token });
    const { caFile } = authority;
    const options = gitOptions(wrong === undefined ? { caFile } : { caFile, token: wrong });
    const failure = await refusalOf(`${server.url}/shop`, options);
    expect(failure).toMatchObject({
      code: "git-access-denied",
      exitCode: 5,
      hint: expect.stringContaining("MYSYSCONFIG_GIT_TOKEN"),
    });
    expect(failure.message).toContain(server.url);
    expect(`${failure.message}${failure.stack}${JSON.stringify(failure)}`).not.toContain("wr0ng-token");
  });

  test("must be refused when the server does not know the key, or it is no key", async () => {
    const { knownHostsFile } = ssh;
    const url = `${ssh.url}${root.dir}/shop`;
    await createSshKey(`${root.dir}/stranger`);
    const stranger = gitOptions({ sshKeyFile: `${root.dir}/stranger`, knownHostsFile });
    expect(await refusalOf(url, stranger)).toMatchObject({ code: "git-access-denied" });
    await writeFile(`${root.dir}/no-key`, "s3cret but no key");
    const failure = await refusalOf(url, gitOptions({ sshKeyFile: `${root.dir}/no-key`, knownHostsFile }));
    expect(failure).toMatchObject({ code: "git-access-denied", hint: expect.stringContaining("OpenSSH") });
    expect(failure.message).not.toContain("s3cret");
    const missing = gitOptions({ sshKeyFile: `${root.dir}/nowhere`, knownHostsFile });
    expect(await refusalOf(url, missing)).toMatchObject({
      code: "usage",
      message: expect.stringContaining("nowhere"),
    });
  });

  test("must be taken from a key that others can read, without its last line break", async () => {
    const sshKeyFile = `${root.dir}/mounted-key`;
    await copyFile(ssh.keyFile, sshKeyFile);
    await writeFile(sshKeyFile, (await readFile(sshKeyFile, "utf8")).trimEnd());
    await chmod(sshKeyFile, 0o444);
    const options = gitOptions({ sshKeyFile, knownHostsFile: ssh.knownHostsFile });
    const files = await withRepository(`${ssh.url}${root.dir}/shop`, options, async (opened) =>
      textsOf(await opened.readTree(await opened.resolve("develop", never), never)),
    );
    expect(files).toEqual({ "units/web.service": "one" });
  });

  test("must go to the host and port that they are meant for, and follow no redirect", async () => {
    await using sink = await https();
    await using server = await https({
      answer: (request, response) => response.writeHead(302, { location: `${sink.url}${request.url}` }).end(),
    });
    const failure = await refusalOf(`${server.url}/shop`, gitOptions({ token, caFile: authority.caFile }));
    expect(failure).toMatchObject({ code: "git-not-found", hint: expect.stringContaining("moved") });
    expect(server.authorizations).toHaveLength(1);
    expect(sink.authorizations).toEqual([]);
  });
});

describe("a server that cannot be reached", () => {
  test.for(["https", "ssh"] as const)("must be told over %s for a closed port", async (scheme) => {
    const url = `${scheme}://127.0.0.1:${await freePort()}/shop`;
    const failure = await refusalOf(url, gitOptions({ knownHostsFile: ssh.knownHostsFile }));
    expect(failure).toMatchObject({
      code: "git-unreachable",
      exitCode: 5,
      message: expect.stringContaining(url),
    });
  });

  test.for(["https", "ssh"] as const)("must be told over %s for a name that nobody knows", async (scheme) => {
    const url = `${scheme}://nobody.invalid/shop`;
    const failure = await refusalOf(url, gitOptions({ knownHostsFile: ssh.knownHostsFile }));
    expect(failure).toMatchObject({ code: "git-unreachable", hint: expect.stringContaining("host") });
  });

  test("must be told for an error of the server", async () => {
    await using server = await https({ answer: (_, response) => response.writeHead(503).end() });
    const failure = await refusalOf(`${server.url}/shop`, gitOptions({ caFile: authority.caFile }));
    expect(failure).toMatchObject({ code: "git-unreachable", message: expect.stringContaining("503") });
  });

  test.for(["https", "ssh"] as const)("must be given up over %s when it never answers", async (scheme) => {
    await using hung = await startHungServer();
    const options = gitOptions({ knownHostsFile: ssh.knownHostsFile }, { exchangeTimeoutMs: 1_000 });
    const started = performance.now();
    const failure = await refusalOf(`${scheme}://127.0.0.1:${hung.port}/shop`, options);
    expect(failure).toMatchObject({
      code: "git-unreachable",
      message: expect.stringContaining("longer than 1 s"),
    });
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

describe("an abort", () => {
  test.for(["https", "ssh"] as const)(
    "must leave no process and no folder of git over %s",
    async (scheme) => {
      const controller = new AbortController();
      // Aborts as soon as git is connected, so surely in the middle.
      await using hung = await startHungServer(() => controller.abort(new Error("enough")));
      const options = gitOptions({ knownHostsFile: ssh.knownHostsFile });
      const using = withRepository(`${scheme}://127.0.0.1:${hung.port}/shop`, options, (opened) =>
        opened.resolve("develop", controller.signal),
      );
      expect(await failureOf(using)).toMatchObject({
        code: "interrupted",
        message: expect.stringContaining("enough"),
      });
      expect(leftProcesses(options)).toEqual([]);
      expect(leftFolders(options)).toEqual([]);
    },
  );

  test("must come first when it came before", async () => {
    const options = gitOptions({}, { allowFileProtocol: true });
    const opening = openRepository(`${root.dir}/shop`, options, AbortSignal.abort(new Error("enough")));
    expect(await failureOf(opening)).toMatchObject({ code: "interrupted" });
    expect(leftFolders(options)).toEqual([]);
  });
});

describe("a push that the server does not want", () => {
  test("must be told with the words of its hook, and not be tried again", async () => {
    const repository = await root.repository("guarded", { "units/web.service": "one" });
    const before = await repository.git(["rev-parse", "develop"]);
    const hook = `#!/bin/sh\necho >&2 "develop is protected: open a merge request"\necho x >> calls\nexit 1\n`;
    await writeFile(`${repository.dir}/hooks/pre-receive`, hook, { mode: 0o755 });
    await using server = await https({ token });
    const options = gitOptions({ token, caFile: authority.caFile });
    const failure = await failureOf(
      withRepository(`${server.url}/guarded`, options, (opened) =>
        opened.commit("develop", writing({ "units/web.service": "two" }), never),
      ),
    );
    expect(failure).toMatchObject({
      code: "git-push-refused",
      exitCode: 6,
      message: expect.stringContaining("develop is protected: open a merge request"),
    });
    expect(await readFile(`${repository.dir}/calls`, "utf8")).toBe("x\n");
    expect(await repository.git(["rev-parse", "develop"])).toBe(before);
  });

  test("must leave the branch alone when the tag exists already", async () => {
    const repository = await root.repository("tagged", { "units/web.service": "one" });
    await repository.git(["tag", "59-develop", "develop"]);
    const before = await repository.git(["rev-parse", "develop"]);
    await using server = await https();
    const failure = await failureOf(
      withRepository(`${server.url}/tagged`, gitOptions({ caFile: authority.caFile }), (opened) =>
        opened.commit("develop", writing({ "units/web.service": "two" }, "59-develop"), never),
      ),
    );
    expect(failure).toMatchObject({ code: "git-push-refused", hint: expect.stringContaining("tag") });
    expect(await repository.git(["rev-parse", "develop"])).toBe(before);
  });
});

test("a machine without git must be told so", async () => {
  const options = gitOptions({}, { allowFileProtocol: true, environment: new Map([["PATH", "/nowhere"]]) });
  const failure = await failureOf(openRepository(`${root.dir}/shop`, options, never));
  expect(failure).toMatchObject({ code: "git-failed", hint: expect.stringContaining("installed") });
  expect(leftFolders(options)).toEqual([]);
});
