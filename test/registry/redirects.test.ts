import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failureOf, loginEntry, never, openClient, ref, temporaryDir, writeLogins } from "./client.ts";
import { digestOf, ociTypes } from "./content.ts";
import { type Handler, type RecordingServer, sendJson, startRecordingServer } from "./recording-server.ts";

const login = { username: "ci", password: "s3cret-of-the-registry" };
const basic = `Basic ${loginEntry(login).auth}`;
let dir: Awaited<ReturnType<typeof temporaryDir>>;
beforeAll(async () => {
  dir = await temporaryDir();
});
afterAll(async () => {
  await dir[Symbol.asyncDispose]();
});

const config = JSON.stringify({ os: "linux", architecture: "amd64", created: "2026-01-01T00:00:00Z" });
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: ociTypes.manifest,
  config: { mediaType: ociTypes.config, digest: digestOf(config), size: config.length },
  layers: [],
});

/** A registry that demands the password and lets `handle` answer whoever knows it. */
async function startLocked(handle: Handler): Promise<RecordingServer> {
  return await startRecordingServer((request, response) => {
    if (request.headers.authorization === basic) handle(request, response);
    else sendJson(response, 401, {}, { "www-authenticate": 'Basic realm="lab"' });
  });
}

async function clientOf(server: RecordingServer) {
  const configPath = await writeLogins(dir.path, { [server.host]: loginEntry(login) });
  return (await openClient({ configPath })).registry;
}

/** All headers that a host got, as one text. */
const heard = (server: RecordingServer) => JSON.stringify(server.requests);

describe("redirects", () => {
  test.for([301, 302, 303, 307, 308])(
    "must be followed to the storage without credentials (%i)",
    async (status) => {
      await using storage = await startRecordingServer((_, response) => response.end(config), "127.0.0.2");
      await using server = await startLocked(({ url }, response) => {
        if (url.includes("/blobs/"))
          response.writeHead(status, { location: `${storage.origin}/x?sig=1` }).end();
        else response.end(manifest);
      });
      const registry = await clientOf(server);
      expect(await registry.describe(ref(`${server.host}/web:1`), never)).toMatchObject({
        created: "2026-01-01T00:00:00.000Z",
      });
      expect(storage.requests).toMatchObject([{ method: "GET", url: "/x?sig=1" }]);
      expect(storage.requests[0]?.headers.authorization).toBeUndefined();
      expect(heard(storage)).not.toContain(loginEntry(login).auth);
    },
  );

  test("must not carry credentials to another port of the same host", async () => {
    await using storage = await startRecordingServer((_, response) => sendJson(response, 200, { tags: [] }));
    await using server = await startLocked((_, response) => {
      response.writeHead(307, { location: `${storage.origin}/tags` }).end();
    });
    const registry = await clientOf(server);
    expect(await registry.listTags(ref(`${server.host}/web`), never)).toEqual([]);
    expect(storage.requests[0]?.headers.authorization).toBeUndefined();
  });

  test("must carry credentials to another path of the registry", async () => {
    await using server = await startLocked(({ url }, response) => {
      if (url.startsWith("/v2/")) response.writeHead(307, { location: "/moved" }).end();
      else sendJson(response, 200, { tags: ["1"] });
    });
    const registry = await clientOf(server);
    expect(await registry.listTags(ref(`${server.host}/web`), never)).toEqual(["1"]);
    expect(server.requests.at(-1)).toMatchObject({ url: "/moved", headers: { authorization: basic } });
  });

  test("must not make somebody else's challenge be answered", async () => {
    await using thief = await startRecordingServer((_, response) => {
      const realm = { "www-authenticate": `Basic realm="x", Bearer realm="${thief.origin}/token"` };
      sendJson(response, 401, {}, realm);
    }, "127.0.0.2");
    await using server = await startLocked((_, response) => {
      response.writeHead(302, { location: `${thief.origin}/v2/web/tags/list` }).end();
    });
    const registry = await clientOf(server);
    expect(await failureOf(registry.listTags(ref(`${server.host}/web`), never))).toMatchObject({
      code: "registry-denied",
      hint: expect.stringContaining("sent us there"),
    });
    expect(thief.requests).toHaveLength(1);
    expect(heard(thief)).not.toContain(loginEntry(login).auth);
  });

  test("must not lead to a token server that somebody else names", async () => {
    await using thief = await startRecordingServer((_, response) => {
      sendJson(response, 401, {}, { "www-authenticate": `Bearer realm="${thief.origin}/token"` });
    }, "127.0.0.2");
    await using server = await startRecordingServer((_, response) => {
      response.writeHead(302, { location: `${thief.origin}/v2/web/tags/list` }).end();
    });
    const registry = await clientOf(server);
    expect(await failureOf(registry.listTags(ref(`${server.host}/web`), never))).toMatchObject({
      code: "registry-denied",
    });
    expect(thief.requests.map(({ url }) => url)).toEqual(["/v2/web/tags/list"]);
    expect(heard(thief)).not.toContain(loginEntry(login).auth);
  });

  test("must not bring a user name or a password along", async () => {
    await using storage = await startRecordingServer((_, response) => sendJson(response, 200, { tags: [] }));
    await using server = await startRecordingServer((_, response) => {
      response.writeHead(302, { location: `http://them:theirs@${storage.host}/tags` }).end();
    });
    const { registry } = await openClient();
    expect(await registry.listTags(ref(`${server.host}/web`), never)).toEqual([]);
    expect(storage.requests[0]?.headers.authorization).toBeUndefined();
  });

  test.for([
    ["http://storage.example.org/x?sig=s3cret", /may not be spoken to without TLS/],
    ["file:///etc/passwd", /is not HTTP/],
    ["http://[", /redirects to nowhere/],
    [undefined, /redirects to nowhere/],
    ["/again", /redirects more than 5 times/],
  ] as const)("must not be followed to %s", async ([location, message]) => {
    await using server = await startRecordingServer((_, response) => {
      response.writeHead(302, location === undefined ? {} : { location }).end();
    });
    const { registry } = await openClient();
    const failure = await failureOf(registry.listTags(ref(`${server.host}/web`), never));
    expect(failure).toMatchObject({
      code: "registry-answer-invalid",
      message: expect.stringMatching(message),
    });
    expect(failure.everything).not.toContain("sig=s3cret");
    expect(server.requests.length).toBeLessThanOrEqual(6);
  });
});

describe("credentials", () => {
  test.for([200, 302, 400, 401, 403, 429, 500])(
    "must never be repeated by an error, also when the registry repeats them (%i)",
    async (status) => {
      await using server = await startLocked(({ headers }, response) => {
        const words = { errors: [{ code: "DENIED", message: headers.authorization }] };
        const location = `http://example.org/${headers.authorization?.replace(/ /g, "")}`;
        const echo = { location, "retry-after": "3600", "www-authenticate": `Basic realm="${basic}"` };
        sendJson(response, status, words, { ...echo, "docker-content-digest": basic, link: `<${basic}>` });
      });
      const registry = await clientOf(server);
      const failure = await failureOf(registry.describe(ref(`${server.host}/web:1`), never));
      expect(server.requests.at(-1)?.headers.authorization).toBe(basic);
      expect(failure.everything).not.toContain(loginEntry(login).auth);
      expect(failure.everything).not.toContain(login.password);
    },
  );

  test("must be asked for anew when the registry refuses what was good before", async () => {
    let good = loginEntry(login);
    await using server = await startRecordingServer(({ headers }, response) => {
      if (headers.authorization === `Basic ${good.auth}`) sendJson(response, 200, { tags: [] });
      else sendJson(response, 401, {}, { "www-authenticate": 'Basic realm="lab"' });
    });
    const configPath = await writeLogins(dir.path, { [server.host]: good });
    const { registry } = await openClient({ configPath });
    await registry.listTags(ref(`${server.host}/web`), never);
    good = loginEntry({ ...login, password: "the-next-one" });
    await writeFile(configPath, JSON.stringify({ auths: { [server.host]: good } }));
    expect(await registry.listTags(ref(`${server.host}/web`), never)).toEqual([]);
    await registry.listTags(ref(`${server.host}/web`), never);
    expect(server.requests).toHaveLength(5);
    good = loginEntry({ ...login, password: "one-that-nobody-tells-us" });
    await writeFile(configPath, "{}");
    for (let count = 0; count < 2; count++)
      expect(await failureOf(registry.listTags(ref(`${server.host}/web`), never))).toMatchObject({
        code: "registry-denied",
      });
    expect(server.requests.slice(5).map(({ headers }) => headers.authorization !== undefined)).toEqual([
      true,
      false,
    ]);
  });

  test("must be sent to no other registry", async () => {
    await using other = await startRecordingServer((_, response) => {
      sendJson(response, 401, {}, { "www-authenticate": 'Basic realm="lab"' });
    });
    const configPath = await writeLogins(dir.path, {
      "127.0.0.1": loginEntry(login),
      "https://index.docker.io/v1/": loginEntry(login),
    });
    const { registry } = await openClient({ configPath });
    expect(await failureOf(registry.listTags(ref(`${other.host}/web`), never))).toMatchObject({
      code: "registry-denied",
    });
    expect(heard(other)).not.toContain(loginEntry(login).auth);
    expect(other.requests).toHaveLength(1);
  });
});

describe("pages of tags", () => {
  /** Pages of two, as a registry gives them that caps what it is asked for. */
  const pages: Handler = ({ url }, response) => {
    const last = Number(new URL(url, "http://any").searchParams.get("last") ?? 0);
    const tags = [last + 1, last + 2].map(String);
    const link = `</v2/web/tags/list?last=${last + 2}&n=2>; rel="next"`;
    sendJson(response, 200, { name: "web", tags }, last >= 8 ? {} : { link });
  };

  test("must be read to the last one, in their order", async () => {
    await using server = await startLocked(pages);
    const registry = await clientOf(server);
    const tags = await registry.listTags(ref(`${server.host}/web`), never);
    expect(tags).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    expect(server.requests.map(({ url }) => url).slice(0, 3)).toEqual([
      "/v2/web/tags/list?n=1000",
      "/v2/web/tags/list?n=1000",
      "/v2/web/tags/list?last=2&n=2",
    ]);
  });

  test("must be read from the registry itself only", async () => {
    await using thief = await startRecordingServer((_, response) => sendJson(response, 200, { tags: ["x"] }));
    await using server = await startLocked((_, response) => {
      sendJson(response, 200, { tags: ["1"] }, { link: `<${thief.origin}/v2/web/tags/list>; rel="next"` });
    });
    const registry = await clientOf(server);
    expect(await failureOf(registry.listTags(ref(`${server.host}/web`), never))).toMatchObject({
      code: "registry-answer-invalid",
      message: expect.stringContaining(`is another host, "${thief.host}"`),
    });
    expect(thief.requests).toEqual([]);
  });

  test("must come to an end", async () => {
    let count = 0;
    await using endless = await startRecordingServer((_, response) => {
      count += 1;
      sendJson(
        response,
        200,
        { tags: [`${count}`] },
        { link: `</v2/web/tags/list?last=${count}>; rel=next` },
      );
    });
    await using circle = await startRecordingServer((_, response) => {
      sendJson(response, 200, { tags: ["1"] }, { link: '</v2/web/tags/list?n=1000>; rel="next"' });
    });
    const { registry } = await openClient();
    expect(await failureOf(registry.listTags(ref(`${endless.host}/web`), never))).toMatchObject({
      code: "registry-answer-invalid",
      message: expect.stringContaining("more than 500 pages"),
    });
    expect(endless.requests).toHaveLength(500);
    expect(await failureOf(registry.listTags(ref(`${circle.host}/web`), never))).toMatchObject({
      code: "registry-answer-invalid",
      message: expect.stringContaining("repeats a page"),
    });
    expect(circle.requests).toHaveLength(1);
  });
});
