import { createServer, type Server } from "node:net";
import { describe, expect, test } from "vitest";
import { DeadlineError } from "../../src/lib/abort.ts";
import { failureOf, never, openClient, ref } from "./client.ts";
import { digestOf, ociTypes } from "./content.ts";
import { type Handler, sendJson, startRecordingServer } from "./recording-server.ts";

const absent = `sha256:${"0".repeat(64)}`;
const imageOf = (config: object | null) => ({
  schemaVersion: 2,
  mediaType: ociTypes.manifest,
  config,
  layers: [],
});

/** Answers each path that begins like this with a status, a body and headers; the rest with 404. */
function answers(
  table: Readonly<Record<string, readonly [number, string | Buffer, Readonly<Record<string, string>>?]>>,
): Handler {
  return ({ url }, response) => {
    const [, [status, body, headers] = [404, ""]] =
      Object.entries(table).find(([path]) => url.startsWith(path)) ?? [];
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  };
}

describe("a busy registry", () => {
  test.for([429, 503])("must be asked again after the time it names (%i)", async (status) => {
    await using server = await startRecordingServer((_, response) => {
      if (server.requests.length <= 2) sendJson(response, status, {}, { "retry-after": "9" });
      else sendJson(response, 200, { tags: ["1"] });
    });
    const { registry, clock } = await openClient();
    expect(await registry.listTags(ref(`${server.host}/web`), never)).toEqual(["1"]);
    expect(clock.monotonicMs()).toBe(18_000);
  });

  test("must be understood when it names a date", async () => {
    const { registry, clock } = await openClient();
    await using server = await startRecordingServer((_, response) => {
      const date = new Date(clock.now().getTime() + 12_000).toUTCString();
      if (server.requests.length === 1) sendJson(response, 503, {}, { "retry-after": date });
      else sendJson(response, 200, { tags: ["1"] });
    });
    expect(await registry.listTags(ref(`${server.host}/web`), never)).toEqual(["1"]);
    expect(clock.monotonicMs()).toBe(12_000);
  });

  test("must not be waited for longer than the patience lasts, and the error must say until when", async () => {
    await using server = await startRecordingServer((_, response) => {
      const words = { errors: [{ code: "TOOMANYREQUESTS", message: "you have reached your limit" }] };
      sendJson(response, 429, words, { "retry-after": "3600" });
    });
    const { registry, clock } = await openClient();
    const failure = await failureOf(registry.listTags(ref(`${server.host}/web`), never));
    expect(failure).toMatchObject({
      code: "registry-busy",
      message:
        `list tags of "${server.host}/web": "${server.host}" answers 429 (TOOMANYREQUESTS), ` +
        "not to be asked before 2026-10-19T11:00:00Z",
    });
    expect(clock.monotonicMs()).toBe(0);
    expect(server.requests).toHaveLength(1);
  });

  test.for([[{}], [{ "retry-after": "0" }], [{ "retry-after": "soon" }]])(
    "must be left alone for longer each time when it names no time (%o)",
    async ([headers]) => {
      await using server = await startRecordingServer((_, response) => sendJson(response, 503, {}, headers));
      const { registry, clock } = await openClient();
      expect(await failureOf(registry.resolveDigest(ref(`${server.host}/web`), never))).toMatchObject({
        code: "registry-busy",
      });
      expect(server.requests).toHaveLength(5);
      expect(clock.monotonicMs()).toBe(1000 + 2000 + 4000 + 8000);
    },
  );

  test("must not hold up an interruption", async () => {
    const controller = new AbortController();
    await using server = await startRecordingServer((_, response) => {
      sendJson(response, 429, {}, { "retry-after": "20" });
      controller.abort(new Error("SIGTERM"));
    });
    const { registry } = await openClient();
    expect(await failureOf(registry.listTags(ref(`${server.host}/web`), controller.signal))).toMatchObject({
      code: "interrupted",
    });
  });
});

describe("a registry that does not answer", () => {
  test("must be given up after the deadline of a request", async () => {
    await using server = await startRecordingServer(() => {});
    const { registry } = await openClient({ requestTimeoutMs: 100 });
    expect(await failureOf(registry.listTags(ref(`${server.host}/web`), never))).toMatchObject({
      code: "registry-unreachable",
      message: expect.stringContaining(`no whole answer from "${server.host}" within 0.1 s`),
    });
  });

  test("must be given up when the body never ends", async () => {
    await using server = await startRecordingServer((_, response) => {
      response.writeHead(200, { "content-type": "application/json" }).write('{"tags":[');
    });
    const { registry } = await openClient({ requestTimeoutMs: 100 });
    expect(await failureOf(registry.listTags(ref(`${server.host}/web`), never))).toMatchObject({
      code: "registry-unreachable",
      message: expect.stringContaining("no whole answer"),
    });
  });

  test("must be given up when all answers together take too long", async () => {
    await using slow = await startRecordingServer((_, response) => {
      const { length } = slow.requests;
      const link = `</v2/web/tags/list?last=${length}>; rel="next"`;
      if (length < 3) sendJson(response, 200, { tags: [] }, { link });
    });
    const { registry } = await openClient({ requestTimeoutMs: 60_000, timeoutMs: 300 });
    expect(await failureOf(registry.listTags(ref(`${slow.host}/web`), never))).toMatchObject({
      code: "registry-unreachable",
      message: expect.stringContaining("not done within 0.3 s"),
    });
  });

  test.for([
    ["interrupted", new Error("SIGTERM"), "SIGTERM"],
    ["deadline-passed", new DeadlineError("the run", 5000), "the run took longer than 5 s"],
  ] as const)("must be left when the caller says so (%s)", async ([code, reason, message]) => {
    const controller = new AbortController();
    await using server = await startRecordingServer(() => controller.abort(reason));
    const { registry } = await openClient();
    const image = ref(`${server.host}/web:1`);
    expect(await failureOf(registry.describe(image, controller.signal))).toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(await failureOf(registry.describe(image, controller.signal))).toMatchObject({ code });
    expect(server.requests).toHaveLength(1);
  });

  test("must be told apart from one that is not there", async () => {
    const server = await startRecordingServer(() => {});
    await server[Symbol.asyncDispose]();
    const { registry } = await openClient();
    expect(await failureOf(registry.listTags(ref(`${server.host}/web`), never))).toMatchObject({
      code: "registry-unreachable",
      message: expect.stringContaining("ECONNREFUSED"),
      hint: expect.stringContaining("nothing listens there"),
    });
  });

  test("must be asked again when it closed a connection that was kept", async () => {
    const seen = new Set<unknown>();
    await using server = await startRecordingServer((_, response) => {
      if (seen.has(response.socket)) {
        response.socket?.resetAndDestroy();
        return;
      }
      seen.add(response.socket);
      sendJson(response, 200, { tags: ["1"] });
    });
    const { registry } = await openClient();
    for (let count = 0; count < 3; count++)
      expect(await registry.listTags(ref(`${server.host}/web`), never)).toEqual(["1"]);
    expect(server.requests).toHaveLength(5);
  });

  test("must not be asked again when it breaks a new connection", async () => {
    await using server = await startRecordingServer((_, response) => response.socket?.resetAndDestroy());
    const { registry } = await openClient();
    expect(await failureOf(registry.listTags(ref(`${server.host}/web`), never))).toMatchObject({
      code: "registry-unreachable",
      hint: expect.stringContaining("the connection broke"),
    });
    expect(server.requests).toHaveLength(1);
  });

  test("must be told apart from one that does not speak HTTP", async () => {
    const server = createServer((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
    const host = await listen(server);
    try {
      const { registry } = await openClient();
      expect(await failureOf(registry.listTags(ref(`${host}/web`), never))).toMatchObject({
        code: "registry-answer-invalid",
      });
    } finally {
      server.close();
    }
  });
});

async function listen(server: Server): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  return `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

describe("an answer that breaks the rules", () => {
  const list = "/v2/web/tags/list";
  test.for([
    ["no JSON", [200, "<html>hunter2</html>"], /something else than tags/],
    ["no list", [200, '{"tags":"1"}'], /something else than tags/],
    ["a tag that no registry takes", [200, '{"tags":["\\u001b[2J"]}'], /something else than tags/],
    ["a list", [200, '["1"]'], /something else than tags/],
    ["nine megabytes", [200, `{"tags":["${"x".repeat(9 * 1024 * 1024)}"]}`], /longer than 8 MiB/],
    ["a status that means nothing here", [418, "hunter2"], /answers 418$/],
    [
      "a refusal of the request",
      [400, '{"errors":[{"code":"NAME_INVALID","message":"hunter2"}]}'],
      /\(NAME_INVALID\)$/,
    ],
  ] as const)("must be an error when tags are asked for: %s", async ([_name, [status, body], message]) => {
    await using server = await startRecordingServer(answers({ [list]: [status, body] }));
    const { registry } = await openClient();
    const failure = await failureOf(registry.listTags(ref(`${server.host}/web`), never));
    expect(failure).toMatchObject({
      code: "registry-answer-invalid",
      message: expect.stringMatching(message),
    });
    expect(failure.everything).not.toContain("hunter2");
  });

  test("must be cut off when it never ends", async () => {
    const chunk = " ".repeat(64 * 1024);
    await using server = await startRecordingServer((_, response) => {
      const pour = () => {
        while (response.write(chunk));
      };
      response.writeHead(server.requests.length === 1 ? 200 : 500).on("drain", pour);
      pour();
    });
    const { registry } = await openClient();
    for (const message of [/longer than 8 MiB/, /answers 500/])
      expect(await failureOf(registry.listTags(ref(`${server.host}/web`), never))).toMatchObject({
        message: expect.stringMatching(message),
      });
  });

  test("must be no error when a repository is empty", async () => {
    for (const body of ['{"name":"web","tags":null}', '{"name":"web"}', '{"tags":[]}']) {
      await using server = await startRecordingServer(answers({ [list]: [200, body] }));
      const { registry } = await openClient();
      expect(await registry.listTags(ref(`${server.host}/web`), never)).toEqual([]);
    }
  });

  test("must be an error when the server is no registry at all", async () => {
    await using server = await startRecordingServer(answers({}));
    const { registry } = await openClient();
    for (const attempt of [
      () => registry.listTags(ref(`${server.host}/web`), never),
      () => registry.resolveDigest(ref(`${server.host}/web`), never),
    ]) {
      expect(await failureOf(attempt())).toMatchObject({
        code: "registry-answer-invalid",
        message: expect.stringContaining("is no registry"),
      });
    }
  });

  test("must be told apart from a registry that cannot say what it is now", async () => {
    await using busy = await startRecordingServer(({ url }, response) => {
      const isFirst = busy.requests.filter((request) => request.url === "/v2/").length === 1;
      if (url === "/v2/") sendJson(response, isFirst ? 503 : 401, {}, { "retry-after": "5" });
      else sendJson(response, 404, {});
    });
    const { registry, clock } = await openClient();
    for (let count = 0; count < 2; count++)
      expect(await registry.listTags(ref(`${busy.host}/web`), never)).toEqual([]);
    expect(clock.monotonicMs()).toBe(5_000);
    expect(busy.requests).toHaveLength(4);
    await using broken = await startRecordingServer(answers({ "/v2/web": [404, ""], "/": [500, ""] }));
    expect(await failureOf(registry.listTags(ref(`${broken.host}/web`), never))).toMatchObject({
      code: "registry-unreachable",
    });
  });

  test("must be told as a broken registry when it says so itself", async () => {
    await using server = await startRecordingServer(answers({ "/": [502, "<html>bad gateway</html>"] }));
    const { registry } = await openClient();
    expect(await failureOf(registry.resolveDigest(ref(`${server.host}/web`), never))).toMatchObject({
      code: "registry-unreachable",
      message: expect.stringContaining("answers 502"),
    });
  });
});

describe("a digest", () => {
  const good = JSON.stringify(imageOf({ mediaType: "application/x", digest: absent, size: 1 }));
  const manifests = "/v2/web/manifests/";
  const told = (digest: string) => ({ "docker-content-digest": digest });

  test("must be computed when the registry does not tell it", async () => {
    await using server = await startRecordingServer(answers({ [manifests]: [200, good] }));
    const { registry } = await openClient();
    const image = ref(`${server.host}/web:1`);
    expect(await registry.resolveDigest(image, never)).toBe(digestOf(good));
    expect(await registry.describe(image, never)).toEqual({ digest: digestOf(good), platforms: [] });
    expect(server.requests.map(({ method }) => method)).toEqual(["HEAD", "GET", "GET"]);
  });

  test.for([
    ["a header that lies", ":1", told(absent)],
    ["a header that is no digest", ":1", told("md5:123")],
    ["a manifest that is not the one asked for", `@${absent}`, {}],
    ["a manifest and a header that agree on another one", `@${absent}`, told(digestOf(good))],
  ] as const)("must be checked against %s", async ([_name, reference, headers]) => {
    await using server = await startRecordingServer(answers({ [manifests]: [200, good, headers] }));
    const { registry } = await openClient();
    expect(await failureOf(registry.describe(ref(`${server.host}/web${reference}`), never))).toMatchObject({
      code: "registry-answer-invalid",
      message: expect.stringContaining("not the one of its digest"),
    });
  });

  test.for([
    ["no digest", ":1", "latest", /broken digest/],
    ["another one than it was asked for", `@${absent}`, digestOf(good), /another digest/],
  ] as const)(
    "must be refused without its manifest when it is %s",
    async ([_name, reference, digest, message]) => {
      await using server = await startRecordingServer(answers({ [manifests]: [200, "", told(digest)] }));
      const { registry } = await openClient();
      expect(
        await failureOf(registry.resolveDigest(ref(`${server.host}/web${reference}`), never)),
      ).toMatchObject({ code: "registry-answer-invalid", message: expect.stringMatching(message) });
    },
  );

  test("must be of a kind that can be checked", async () => {
    await using server = await startRecordingServer(answers({ "/": [200, good] }));
    const { registry } = await openClient();
    const image = ref(`${server.host}/web@md5:${"0".repeat(32)}`);
    expect(await failureOf(registry.describe(image, never))).toMatchObject({ code: "usage" });
    expect(server.requests).toEqual([]);
  });

  const config = JSON.stringify({ os: "linux", architecture: "amd64" });
  const withConfig = JSON.stringify(
    imageOf({ mediaType: ociTypes.config, digest: digestOf(config), size: config.length }),
  );
  const index = JSON.stringify({
    mediaType: ociTypes.index,
    manifests: [{ digest: absent, platform: { os: "linux", architecture: "amd64" } }],
  });
  const blobs = "/v2/web/blobs/";
  test.for([
    [
      "a manifest of five megabytes",
      { [manifests]: [200, " ".repeat(5 * 1024 * 1024)] },
      /longer than 4 MiB/,
    ],
    ["a manifest that is no JSON", { [manifests]: [200, "<html>"] }, /not a JSON object/],
    ["a manifest of an old kind", { [manifests]: [200, '{"schemaVersion":1}'] }, /not supported/],
    ["an index without the manifest it names", { [`${manifests}1`]: [200, index] }, /is no registry/],
    [
      "an index without the manifest it names, of a registry",
      { [`${manifests}1`]: [200, index], [manifests]: [404, ""], "/v2/": [200, "{}"] },
      /which its index names, is missing/,
    ],
    [
      "a manifest without the configuration it names",
      { [manifests]: [200, withConfig], [blobs]: [404, ""], "/v2/": [200, "{}"] },
      /which its manifest names, is missing/,
    ],
    ["another configuration", { [manifests]: [200, withConfig], [blobs]: [200, "{}"] }, /not the one of/],
    [
      "a configuration of nine megabytes",
      { [manifests]: [200, withConfig], [blobs]: [200, " ".repeat(9 * 1024 * 1024)] },
      /longer than 8 MiB/,
    ],
  ] as const)("must not be told together with %s", async ([_name, table, message]) => {
    await using server = await startRecordingServer(answers(table));
    const { registry } = await openClient();
    expect(await failureOf(registry.describe(ref(`${server.host}/web:1`), never))).toMatchObject({
      code: "registry-answer-invalid",
      message: expect.stringMatching(message),
    });
  });
});
