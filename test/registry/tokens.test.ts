import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type RunningRegistry, startRegistry } from "../../deploy/lab/registry.ts";
import { failureOf, loginEntry, never, openClient, ref, temporaryDir, writeLogins } from "./client.ts";
import { pushContent } from "./content.ts";
import { sendJson, startRecordingServer } from "./recording-server.ts";
import { startTokenServer, type TokenServer } from "./token-server.ts";

const login = { username: "ci", password: "s3cret-of-the-token-server" };
const refreshToken = "refresh-me-secretly";
let dir: Awaited<ReturnType<typeof temporaryDir>>;
let tokens: TokenServer;
let guarded: RunningRegistry;
let seen = 0;

beforeAll(async () => {
  dir = await temporaryDir();
  tokens = await startTokenServer({ dir: dir.path, ...login, refreshToken, openRepository: "open/web" });
  guarded = await startRegistry({ dir: join(dir.path, "data"), tokenServer: tokens.settings });
  for (const repository of ["open/web", "team/web", "team/api"]) {
    const target = { origin: `http://${guarded.address}`, authorization: tokens.writer(repository) };
    await pushContent(target, repository, "1");
  }
});
afterAll(async () => {
  await guarded.stop();
  await tokens[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
});
beforeEach(() => {
  tokens.tell({ name: "token", expiresIn: 300 });
  seen = tokens.requests.length;
});

/** What the token server was asked since the test began. */
const asked = () => tokens.requests.slice(seen);
const image = (name: string) => ref(`${guarded.address}/${name}`);

async function clientWith(entry?: object) {
  const auths = entry === undefined ? {} : { [guarded.address]: entry };
  return await openClient({ configPath: await writeLogins(dir.path, auths) });
}

describe("a registry that wants tokens", () => {
  test("must be read by everybody where everybody may", async () => {
    const { registry } = await clientWith();
    expect(await registry.listTags(image("open/web"), never)).toEqual(["1"]);
    expect(asked()).toHaveLength(1);
    expect(asked()[0]?.headers.authorization).toBeUndefined();
    expect(new URL(asked()[0]?.url ?? "", "http://any").searchParams).toEqual(
      new URLSearchParams({ service: "lab-registry", scope: "repository:open/web:pull" }),
    );
  });

  test.for(["token", "access_token"] as const)(
    "must be read with a user name and a password (%s)",
    async (name) => {
      tokens.tell({ name });
      const { registry } = await clientWith(loginEntry(login));
      expect(await registry.listTags(image("team/web:1"), never)).toEqual(["1"]);
      expect(await registry.describe(image("team/web:1"), never)).toMatchObject({
        platforms: ["linux/amd64"],
      });
      expect(asked().map(({ method }) => method)).toEqual(["GET"]);
      expect(asked()[0]?.url).not.toContain(login.password);
    },
  );

  test("must be read with an identity token, which travels in a body alone", async () => {
    const { registry } = await clientWith({ identitytoken: refreshToken });
    expect(await registry.listTags(image("team/web"), never)).toEqual(["1"]);
    expect(asked()).toMatchObject([{ method: "POST", url: "/token" }]);
    expect(asked()[0]?.headers.authorization).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(asked()[0]?.body))).toEqual({
      grant_type: "refresh_token",
      client_id: "mysysconfig",
      refresh_token: refreshToken,
      service: "lab-registry",
      scope: "repository:team/web:pull",
    });
  });

  test("must be read with a token for the registry itself", async () => {
    const registrytoken = tokens.writer("team/web").replace("Bearer ", "");
    const { registry } = await clientWith({ registrytoken });
    expect(await registry.listTags(image("team/web"), never)).toEqual(["1"]);
    expect(asked()).toEqual([]);
  });

  test("must be read by many questions at a time", async () => {
    const { registry } = await clientWith(loginEntry(login));
    const names = Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? "team/web:1" : "team/api:1"));
    const answers = await Promise.all(names.map((name) => registry.describe(image(name), never)));
    expect(answers.filter((facts) => facts?.platforms.length === 1)).toHaveLength(30);
  });

  test("must not be asked for a token again when another question got one meanwhile", async () => {
    const bothCame = Promise.withResolvers<void>();
    await using server = await startRecordingServer(async ({ url, headers }, response) => {
      if (url.startsWith("/token")) return sendJson(response, 200, { token: "good" });
      if (headers.authorization === "Bearer good") return sendJson(response, 200, { tags: ["1"] });
      const isFirst = server.requests.length === 1;
      if (isFirst) await bothCame.promise;
      sendJson(response, 401, {}, { "www-authenticate": `Bearer realm="${server.origin}/token"` });
    });
    const { registry } = await openClient();
    const slow = registry.listTags(ref(`${server.host}/web`), never);
    await vi.waitUntil(() => server.requests.length === 1);
    expect(await registry.listTags(ref(`${server.host}/web`), never)).toEqual(["1"]);
    bothCame.resolve();
    expect(await slow).toEqual(["1"]);
    expect(server.requests.filter(({ url }) => url.startsWith("/token"))).toHaveLength(1);
  });

  test("must be asked with the same token for its lifetime, and for one repository only", async () => {
    const { registry, clock } = await clientWith(loginEntry(login));
    for (let count = 0; count < 3; count++) await registry.resolveDigest(image("team/web:1"), never);
    expect(asked()).toHaveLength(1);
    await registry.resolveDigest(image("team/api:1"), never);
    expect(asked()).toHaveLength(2);
    clock.advance(269_000);
    await registry.resolveDigest(image("team/web:1"), never);
    expect(asked()).toHaveLength(2);
    clock.advance(2_000);
    await registry.resolveDigest(image("team/web:1"), never);
    expect(asked()).toHaveLength(3);
  });

  test.for([[{}], [{ expiresIn: 0 }]])(
    "must be taken to give tokens for a minute when it tells nothing better (%o)",
    async ([lifetime]) => {
      tokens.tell({ name: "token", ...lifetime });
      const { registry, clock } = await clientWith(loginEntry(login));
      await registry.listTags(image("team/web"), never);
      clock.advance(53_000);
      await registry.listTags(image("team/web"), never);
      expect(asked()).toHaveLength(1);
      clock.advance(2_000);
      await registry.listTags(image("team/web"), never);
      expect(asked()).toHaveLength(2);
    },
  );

  test.for([
    ["nobody", undefined, "it wants credentials"],
    [
      "a wrong password",
      loginEntry({ ...login, password: "wr0ng-and-secret" }),
      "these credentials are wrong",
    ],
    ["a wrong identity token", { identitytoken: "wr0ng-and-secret" }, "these credentials are wrong"],
    ["a broken token", { registrytoken: "wr0ng-and-secret" }, "these credentials are wrong"],
  ] as const)("must be denied to %s", async ([_name, entry, hint]) => {
    const { registry } = await clientWith(entry);
    const failure = await failureOf(registry.listTags(image("team/web"), never));
    expect(failure).toMatchObject({ code: "registry-denied", hint: expect.stringContaining(hint) });
    expect(failure.everything).not.toContain("wr0ng-and-secret");
    expect(failure.everything).not.toContain(loginEntry({ ...login, password: "wr0ng-and-secret" }).auth);
  });

  test("must give a new token when an old one is refused before its time", async () => {
    let good = 0;
    await using server = await startRecordingServer(({ url, headers }, response) => {
      if (url.startsWith("/token")) {
        good += 1;
        sendJson(response, 200, { token: `number-${good}`, expires_in: 3600 });
      } else if (headers.authorization === `Bearer number-${good}`) sendJson(response, 200, { tags: ["1"] });
      else sendJson(response, 401, {}, { "www-authenticate": `Bearer realm="${server.origin}/token"` });
    });
    const { registry } = await openClient();
    await registry.listTags(ref(`${server.host}/web`), never);
    good += 1;
    expect(await registry.listTags(ref(`${server.host}/web`), never)).toEqual(["1"]);
    const paths = server.requests.map(({ url }) => url.replace(/[?].*$/, ""));
    const list = "/v2/web/tags/list";
    expect(paths).toEqual([list, "/token", list, list, "/token", list]);
  });
});

describe("a token server", () => {
  const challenge = (realm: string, more = "") => ({ "www-authenticate": `Bearer realm="${realm}"${more}` });

  /** A registry that names this realm. */
  async function registryFor(realm: string, more = "") {
    return await startRecordingServer((_, response) => sendJson(response, 401, {}, challenge(realm, more)));
  }

  test.for([
    ["http://tokens.example.org/token", /may not be spoken to without TLS/],
    ["ftp://127.0.0.1/token", /is not HTTP/],
    ["/token", /no token server that can be asked/],
    ["", /no token server that can be asked/],
  ] as const)("must not be asked over anything but TLS or the loopback (%s)", async ([realm, message]) => {
    await using server = await registryFor(realm);
    const configPath = await writeLogins(dir.path, { [server.host]: loginEntry(login) });
    const { registry } = await openClient({ configPath });
    expect(await failureOf(registry.listTags(ref(`${server.host}/web`), never))).toMatchObject({
      code: "registry-answer-invalid",
      message: expect.stringMatching(message),
    });
  });

  test.for([
    ["write", ',scope="repository:other/name:pull,push"', "repository:other/name:pull"],
    ["everything", ',scope="registry:catalog:*"', "repository:web:pull"],
  ] as const)("must not be asked for more than reading (%s)", async ([_name, more, scope]) => {
    await using server = await registryFor(tokens.settings.realm, more);
    const { registry } = await openClient();
    await failureOf(registry.listTags(ref(`${server.host}/web`), never));
    expect(new URL(asked()[0]?.url ?? "", "http://any").searchParams.get("scope")).toBe(scope);
  });

  test.for([
    ["no JSON", 200, "<html>", "registry-answer-invalid"],
    ["no token", 200, "{}", "registry-answer-invalid"],
    ["a token that breaks the header", 200, '{"token":"a\\r\\nx: y"}', "registry-answer-invalid"],
    ["a redirect", 307, "", "registry-answer-invalid"],
    ["a failure", 500, "", "registry-unreachable"],
    ["a megabyte", 200, `{"token":"${"x".repeat(1024 * 1024)}"}`, "registry-answer-invalid"],
  ] as const)("must not be believed when it answers with %s", async ([_name, status, body, code]) => {
    await using elsewhere = await startRecordingServer((_, response) => sendJson(response, 200, {}));
    await using broken = await startRecordingServer((_, response) => {
      response.writeHead(status, { location: `${elsewhere.origin}/token` }).end(body);
    });
    await using server = await registryFor(`${broken.origin}/token`);
    const configPath = await writeLogins(dir.path, { [server.host]: loginEntry(login) });
    const { registry } = await openClient({ configPath });
    const failure = await failureOf(registry.listTags(ref(`${server.host}/web`), never));
    expect(failure).toMatchObject({ code });
    expect(failure.everything).not.toContain(loginEntry(login).auth);
    expect(elsewhere.requests).toEqual([]);
  });

  test.for([404, 405])("must be told apart when it knows no identity tokens (%i)", async (status) => {
    await using old = await startRecordingServer((_, response) => sendJson(response, status, {}));
    await using server = await registryFor(`${old.origin}/token`);
    const configPath = await writeLogins(dir.path, { [server.host]: { identitytoken: refreshToken } });
    const { registry } = await openClient({ configPath });
    const failure = await failureOf(registry.listTags(ref(`${server.host}/web`), never));
    expect(failure).toMatchObject({
      code: "registry-denied",
      message: expect.stringContaining("takes no identity tokens"),
    });
    expect(failure.everything).not.toContain(refreshToken);
  });

  test("must be waited for when it is busy", async () => {
    await using busy = await startRecordingServer((_, response) => {
      if (busy.requests.length === 1) sendJson(response, 429, {}, { "retry-after": "7" });
      else sendJson(response, 200, { token: "good" });
    });
    await using server = await startRecordingServer(({ headers }, response) => {
      if (headers.authorization === "Bearer good") sendJson(response, 200, { tags: [] });
      else sendJson(response, 401, {}, challenge(`${busy.origin}/token`));
    });
    const { registry, clock } = await openClient();
    expect(await registry.listTags(ref(`${server.host}/web`), never)).toEqual([]);
    expect(clock.monotonicMs()).toBe(7_000);
  });
});
