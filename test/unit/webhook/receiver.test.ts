import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { type HookProvider, hookProviders } from "../../../src/model/daemon-settings.ts";
import { hookProviderFacts } from "../../../src/model/hook-provider.ts";
import { bytesOf, exampleOf, examples, headersOf, proofs, secretOf } from "./examples.ts";
import { endpointOf, HookServer, pathSecret } from "./server.ts";

const all = hookProviders.map((provider) => endpointOf(provider));
const start = (limits = {}) => HookServer.start(all, limits);
const pathOf = (provider: HookProvider) =>
  provider === "docker-hub" ? `/hook/docker-hub/${pathSecret}` : `/hook/${provider}`;

/** The provider's first example. */
function hookOf(provider: HookProvider) {
  const example = exampleOf(provider);
  return { headers: headersOf(example), body: bytesOf(example.body) };
}

/** A body of one's own, proven. */
function provenHook(provider: HookProvider, body: string | Uint8Array, more: Record<string, string> = {}) {
  const proof = proofs[provider](secretOf[provider], Buffer.from(body), new Date("2026-11-21T10:00:00Z"));
  return { headers: { "content-type": "application/json", ...more, ...proof }, body };
}

const signing = hookProviders.filter((provider) => hookProviderFacts[provider].proof !== "path");

describe("a hook that is proven", () => {
  test.for(examples)("must be answered 202 and marked: $name", async (example) => {
    await using hooks = await start();
    const { provider } = example;
    const sent = { headers: headersOf(example), body: bytesOf(example.body) };
    const answer = await hooks.send(pathOf(provider), sent);
    expect(answer).toMatchObject({ status: 202, body: '{"result":"accepted"}\n' });
    expect(answer.headers).toMatchObject({ "content-type": "application/json", "cache-control": "no-store" });
    expect(hooks.marks).toEqual(example.marks.map((mark) => ({ mark, endpoint: provider })));
    expect(hooks.results).toEqual([{ endpoint: provider, result: "accepted", status: 202 }]);
  });

  test.for(hookProviders)(
    "must be answered 200 when %s sends it again, a hundred times",
    async (provider) => {
      await using hooks = await start();
      await hooks.send(pathOf(provider), hookOf(provider));
      for (let count = 0; count < 99; count++) {
        const answer = await hooks.send(pathOf(provider), hookOf(provider));
        expect(answer).toMatchObject({
          status: 200,
          body: '{"result":"duplicate","reason":"delivered before"}\n',
        });
      }
      expect(hooks.marks).toHaveLength(1);
    },
  );

  test("must count again after a day", async () => {
    await using hooks = await start();
    const day = 24 * 60 * 60_000;
    for (const ms of [0, day - 1, day, day + 1]) {
      hooks.clock.ms = ms;
      await hooks.send("/hook/github", hookOf("github"));
    }
    expect(hooks.results.map(({ result }) => result)).toEqual([
      "accepted",
      "duplicate",
      "accepted",
      "duplicate",
    ]);
  });

  test("must be told apart by a signed id, not by its body", async () => {
    await using hooks = await start();
    const body = '{"branch":"develop"}';
    const first = provenHook("standard-webhooks", body);
    await hooks.send("/hook/standard-webhooks", first);
    const at = new Date("2026-11-21T10:00:00Z");
    const signature = new Webhook(secretOf["standard-webhooks"]).sign("msg_2", at, body);
    const headers = { ...first.headers, "webhook-id": "msg_2", "webhook-signature": signature };
    expect(await hooks.send("/hook/standard-webhooks", { headers, body })).toMatchObject({ status: 202 });
    expect(hooks.marks).toHaveLength(2);
  });

  test("must not be told apart by the delivery of GitHub, which anybody can change", async () => {
    await using hooks = await start();
    const { headers, body } = hookOf("github");
    await hooks.send("/hook/github", { headers, body });
    const other = { ...headers, "x-github-delivery": "11111111-cc78-11e3-81ab-4c9367dc0958" };
    expect(await hooks.send("/hook/github", { headers: other, body })).toMatchObject({ status: 200 });
  });

  test("must be told apart by the delivery of GitLab where nothing is signed", async () => {
    await using hooks = await start();
    const { headers, body } = hookOf("gitlab-token");
    for (const key of ["a", "b", "a"])
      await hooks.send("/hook/gitlab-token", { headers: { ...headers, "idempotency-key": key }, body });
    expect(hooks.results.map(({ result }) => result)).toEqual(["accepted", "accepted", "duplicate"]);
  });

  test("must count each time that a script sends the same without an id", async () => {
    await using hooks = await start();
    for (let count = 0; count < 3; count++)
      await hooks.send("/hook/hmac", provenHook("hmac", '{"branch":"develop"}'));
    expect(hooks.results.map(({ status }) => status)).toEqual([202, 202, 202]);
  });

  test("must be ignored when it is a push of another repository, or does not tell", async () => {
    await using hooks = await HookServer.start([
      endpointOf("github", { repository: "git@git.example.com:ops/other.git" }),
      endpointOf("hmac", { repository: "ops/config" }),
      endpointOf("gitea", { repository: "https://git.example.com/ops/config.git" }),
    ]);
    const sent = [
      await hooks.send("/hook/github", hookOf("github")),
      await hooks.send("/hook/hmac", provenHook("hmac", '{"branch":"develop"}')),
      await hooks.send("/hook/gitea", hookOf("gitea")),
    ];
    expect(sent.map(({ status }) => status)).toEqual([200, 200, 202]);
    expect(sent[0]?.body).toBe('{"result":"ignored","reason":"another repository"}\n');
    expect(hooks.marks).toHaveLength(1);
  });

  test("must be answered 200 when it is of no interest", async () => {
    await using hooks = await start();
    const ping = provenHook("github", '{"zen":"x"}', { "x-github-event": "ping" });
    expect(await hooks.send("/hook/github", ping)).toMatchObject({
      status: 200,
      body: '{"result":"ignored","reason":"a ping"}\n',
    });
    expect(hooks.results).toEqual([{ endpoint: "github", result: "ignored", status: 200, reason: "a ping" }]);
  });

  test("must be answered 400 when it is no JSON, and end nothing", async () => {
    await using hooks = await start();
    for (const body of ["", "{", "[".repeat(100_000), Buffer.from([0xff])])
      expect(await hooks.send("/hook/github", provenHook("github", body))).toMatchObject({ status: 400 });
    expect(await hooks.send("/hook/github", hookOf("github"))).toMatchObject({ status: 202 });
  });

  test("must be verified by the header that came once only", async () => {
    await using hooks = await start();
    const { headers, body } = hookOf("harbor");
    const twice = { ...headers, authorization: [headers["authorization"] ?? "", "Bearer x"] };
    const raw = [
      "POST /hook/harbor HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json",
      ...twice.authorization.map((value) => `Authorization: ${value}`),
      `Content-Length: ${body.length}\r\n\r\n${Buffer.from(body).toString()}`,
    ];
    expect(await hooks.sendRaw(raw.join("\r\n"))).toMatch(/^HTTP\/1\.1 401 /);
    expect(hooks.marks).toEqual([]);
  });
});

describe("a request that proves nothing", () => {
  test("must be answered 401 in one way for all reasons", async () => {
    await using hooks = await start();
    const answers = new Set<string>();
    for (const provider of signing) {
      const { headers, body } = hookOf(provider);
      const [proof = ""] = hookProviderFacts[provider].headers.slice(-1);
      for (const value of ["", "x", (headers[proof] ?? "").slice(0, -1)]) {
        const answer = await hooks.send(pathOf(provider), { headers: { ...headers, [proof]: value }, body });
        answers.add(`${answer.status} ${answer.body} ${Object.keys(answer.headers)}`);
      }
      const { [proof]: _, ...without } = headers;
      const answer = await hooks.send(pathOf(provider), { headers: without, body });
      answers.add(`${answer.status} ${answer.body} ${Object.keys(answer.headers)}`);
    }
    expect([...answers]).toEqual([expect.stringMatching(/^401 {"result":"refused"}\n /)]);
    expect(hooks.marks).toEqual([]);
    expect(hooks.results.every(({ result, reason }) => result === "refused" && reason !== undefined)).toBe(
      true,
    );
  });

  test("must take nothing away from those who can", async () => {
    await using hooks = await start({ burst: 2, refillPerSecond: 0 });
    const { headers, body } = hookOf("github");
    const forged = { ...headers, "x-hub-signature-256": `sha256=${"0".repeat(64)}` };
    for (let count = 0; count < 20; count++) await hooks.send("/hook/github", { headers: forged, body });
    expect(await hooks.send("/hook/github", { headers, body })).toMatchObject({ status: 202 });
  });

  const hub = hookOf("docker-hub");
  test.for([
    ["POST", "/hook/nobody"],
    ["GET", "/hook/nobody"],
    ["POST", "/hook/"],
    ["POST", "/hook"],
    ["POST", "/"],
    ["POST", "/hook/docker-hub"],
    ["POST", "/hook/docker-hub/"],
    ["POST", `/hook/docker-hub/${pathSecret}x`],
    ["POST", `/hook/docker-hub/${pathSecret.slice(0, -1)}`],
    ["POST", `/hook/docker-hub/${pathSecret.toUpperCase()}`],
    ["POST", `/hook/docker-hub/${pathSecret}/x`],
    ["POST", "/hook/docker-hub/%"],
    ["POST", "/hook/docker-hub/undefined"],
    ["GET", "/hook/docker-hub/x"],
    ["POST", `/hook/github/${pathSecret}`],
    ["POST", "/hook/__proto__"],
    ["POST", "/hook/constructor"],
    ["POST", "//hook/github"],
    ["POST", "/hook/GitHub"],
  ])("must be answered 404 alike: %s %s", async ([method = "", path = ""]) => {
    await using hooks = await start();
    const sent = method === "GET" ? { method } : { method, ...hub };
    const answer = await hooks.send(path, sent);
    expect(answer).toMatchObject({ status: 404, body: '{"result":"refused"}\n' });
    expect(hooks.results).toEqual([{ result: "refused", status: 404, reason: "no such endpoint" }]);
  });

  test("must find its endpoint with a query behind the path, and with the path encoded", async () => {
    await using hooks = await start();
    const encoded = pathSecret.replace("-", "%2D");
    expect(await hooks.send(`/hook/docker-hub/${encoded}?x=1`, hub)).toMatchObject({ status: 202 });
  });

  test("must be answered 404 by an endpoint with a path of its own before its signature is looked at", async () => {
    await using hooks = await HookServer.start([endpointOf("github", { pathSecret: "PATH" })]);
    expect(await hooks.send("/hook/github", hookOf("github"))).toMatchObject({ status: 404 });
    const { headers, body } = hookOf("github");
    const forged = { ...headers, "x-hub-signature-256": `sha256=${"0".repeat(64)}` };
    const path = `/hook/github/${pathSecret}`;
    expect(await hooks.send(path, { headers: forged, body })).toMatchObject({ status: 401 });
    expect(await hooks.send(path, hookOf("github"))).toMatchObject({ status: 202 });
  });
});

describe("a request of the wrong form", () => {
  test.for(["GET", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH"])(
    "must be answered 405: %s",
    async (method) => {
      await using hooks = await start();
      const answer = await hooks.send("/hook/github", { method });
      expect(answer).toMatchObject({ status: 405, headers: { allow: "POST" } });
    },
  );

  test.for(hookProviders)(
    "must be answered 415 by %s when it is a form, or is compressed",
    async (provider) => {
      await using hooks = await start();
      const { headers, body } = hookOf(provider);
      const wrong = [
        { "content-type": "application/x-www-form-urlencoded" },
        { "content-type": "text/plain" },
        { "content-type": "" },
        { "content-type": "application/json; charset=utf-16" },
        { "content-type": "application/jsonp" },
        { "content-encoding": "gzip" },
        { "content-encoding": "identity, gzip" },
      ];
      for (const other of wrong) {
        const answer = await hooks.send(pathOf(provider), { headers: { ...headers, ...other }, body });
        expect(answer, JSON.stringify(other)).toMatchObject({ status: 415, body: '{"result":"refused"}\n' });
      }
      const right = { "content-type": "Application/JSON; Charset=UTF-8", "content-encoding": "identity" };
      const answer = await hooks.send(pathOf(provider), { headers: { ...headers, ...right }, body });
      expect(answer.status).toBe(202);
    },
  );

  const mebibytes = 3 * 1024 ** 2;
  test.for([true, false])("must be answered 413 above 3 MiB, chunked: %s", async (isChunked) => {
    await using hooks = await start();
    const proven = provenHook("github", Buffer.alloc(mebibytes + 1, 0x20), { "x-github-event": "push" });
    expect(await hooks.send("/hook/github", { ...proven, isChunked })).toMatchObject({
      status: 413,
      headers: { connection: "close" },
    });
    const largest = provenHook("github", Buffer.from(`{}${" ".repeat(mebibytes - 2)}`), {
      "x-github-event": "ping",
    });
    expect(await hooks.send("/hook/github", { ...largest, isChunked })).toMatchObject({ status: 200 });
    expect(hooks.results.map(({ status }) => status)).toEqual([413, 200]);
  });

  test("must be answered 413 before anything of it was sent", async () => {
    await using hooks = await start({ lingerMs: 50 });
    const head = "POST /hook/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    expect(await hooks.sendRaw(`${head}Content-Length: 100000000\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 /);
  });

  test("must be answered 408 when its body does not come in time", async () => {
    await using hooks = await start({ bodyMs: 100, lingerMs: 50 });
    const head = "POST /hook/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    expect(await hooks.sendRaw(`${head}Content-Length: 100\r\n\r\n{`)).toMatch(/^HTTP\/1\.1 408 /);
    expect(hooks.results).toMatchObject([{ result: "refused", status: 408, reason: "too slow" }]);
  });

  test.for([
    ["two lengths", "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400],
    ["a length and chunks", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400],
    ["headers of 20 KB", `X-Long: ${"x".repeat(20_000)}\r\n\r\n`, 431],
  ] as const)("must be refused by the server: %s", async ([, rest, status]) => {
    await using hooks = await start();
    const head = "POST /hook/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    expect(await hooks.sendRaw(`${head}${rest}`)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(hooks.results).toEqual([]);
  });
});

describe("too much at once", () => {
  test("must be answered 429 and not be taken for delivered", async () => {
    await using hooks = await start({ burst: 2, refillPerSecond: 1 });
    const body = (count: number) => provenHook("hmac", JSON.stringify({ branch: "develop", id: `${count}` }));
    const statuses: number[] = [];
    for (const count of [1, 2, 3, 3]) statuses.push((await hooks.send("/hook/hmac", body(count))).status);
    hooks.clock.ms = 1_000;
    const again = await hooks.send("/hook/hmac", body(3));
    expect([...statuses, again.status]).toEqual([202, 202, 429, 429, 202]);
    expect(await hooks.send("/hook/hmac", body(4))).toMatchObject({
      status: 429,
      headers: { "retry-after": "1" },
    });
    expect(hooks.results.at(-1)).toMatchObject({ result: "busy", reason: "too many hooks" });
  });

  test("must leave other endpoints alone", async () => {
    await using hooks = await start({ burst: 1, refillPerSecond: 0 });
    await hooks.send("/hook/github", hookOf("github"));
    expect(await hooks.send("/hook/gitea", hookOf("gitea"))).toMatchObject({ status: 202 });
  });

  test("must be answered 503 while as many bodies are being read as may be", async () => {
    await using hooks = await start({ openBodies: 1, lingerMs: 50, bodyMs: 300 });
    const head = "POST /hook/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    const answers = await Promise.all([
      hooks.sendRaw(`${head}Content-Length: 100\r\n\r\n{`),
      hooks.sendRaw(`${head}Content-Length: 100\r\n\r\n{`),
    ]);
    expect(answers.map((answer) => answer.slice(9, 12)).sort()).toEqual(["408", "503"]);
    expect(await hooks.send("/hook/github", hookOf("github"))).toMatchObject({ status: 202 });
  });

  test("must be answered 503 when all bodies together are too large", async () => {
    await using hooks = await start({ openBytes: 1_000, lingerMs: 50 });
    const proven = provenHook("github", Buffer.alloc(1_001, 0x20));
    expect(await hooks.send("/hook/github", proven)).toMatchObject({
      status: 503,
      headers: { "retry-after": "1" },
    });
    expect(await hooks.send("/hook/hmac", provenHook("hmac", '{"branch":"a"}'))).toMatchObject({
      status: 202,
    });
  });
});

describe("a receiver", () => {
  test("must serve what it is configured with, and know what was delivered before", async () => {
    await using hooks = await start();
    await hooks.send("/hook/github", hookOf("github"));
    hooks.receiver.configure([endpointOf("github", { repository: "ops/config" })]);
    expect(await hooks.send("/hook/github", hookOf("github"))).toMatchObject({ status: 200 });
    expect(await hooks.send("/hook/gitea", hookOf("gitea"))).toMatchObject({ status: 404 });
    hooks.receiver.configure([endpointOf("gitea", { name: "github" })]);
    expect(await hooks.send("/hook/github", hookOf("github"))).toMatchObject({ status: 401 });
    expect(await hooks.send("/hook/github", hookOf("gitea"))).toMatchObject({ status: 202 });
  });

  test("must live on when those who listen throw", async () => {
    await using hooks = await start();
    const reported: unknown[] = [];
    hooks.onMark = () => {
      throw new Error("mark");
    };
    hooks.onResult = (result) => {
      reported.push(result);
      throw new Error("result");
    };
    expect(await hooks.send("/hook/github", hookOf("github"))).toMatchObject({ status: 202 });
    expect(await hooks.send("/hook/gitea", hookOf("gitea"))).toMatchObject({ status: 202 });
    expect(reported).toMatchObject([{ result: "failed" }, { result: "failed" }]);
  });

  test("must answer before it passes marks on", async () => {
    await using hooks = await start();
    const responses: ServerResponse[] = [];
    hooks.server.prependListener("request", (_request, response) => responses.push(response));
    const answered: (boolean | undefined)[] = [];
    hooks.onMark = () => answered.push(responses.at(-1)?.writableEnded);
    await hooks.send("/hook/github", hookOf("github"));
    expect(answered).toEqual([true]);
  });

  test("must ask for no address that a hook names", async () => {
    await using hooks = await start();
    let connections = 0;
    const sink = createServer(() => connections++).listen(0, "127.0.0.1");
    await once(sink, "listening");
    const address = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
    const named = (body: unknown): string =>
      JSON.stringify(body, (name, value) =>
        /url|host|source|callback/.test(name) && typeof value === "string" ? `${address}/x` : value,
      );
    for (const { provider, body, headers = {} } of examples)
      await hooks.send(pathOf(provider), provenHook(provider, named(body), headers));
    await hooks.send(
      "/hook/hmac",
      provenHook("hmac", named({ branch: "a", repository: `${address}/ops/a` })),
    );
    sink.close();
    await once(sink, "close");
    expect(hooks.results.map(({ status }) => status)).not.toContain(401);
    expect(connections).toBe(0);
  });

  test("must report a sender that goes away, and free its place", async () => {
    await using hooks = await start({ openBodies: 1 });
    const gone = Promise.withResolvers<unknown>();
    hooks.onResult = gone.resolve;
    const socket = connect(hooks.port, "127.0.0.1");
    hooks.server.once("request", () => socket.destroy());
    socket.write(
      "POST /hook/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    );
    expect(await gone.promise).toMatchObject({ endpoint: "github", result: "gone", status: 0 });
    expect(await hooks.send("/hook/github", hookOf("github"))).toMatchObject({ status: 202 });
  });

  test("must report nothing that a sender wrote", async () => {
    await using hooks = await start();
    const canary = "canary\u001b[31m";
    const bodies = [{ branch: canary }, { branch: "a", repository: canary }, { image: canary, tag: canary }];
    for (const body of bodies) await hooks.send("/hook/hmac", provenHook("hmac", JSON.stringify(body)));
    await hooks.send("/hook/hmac?canary", { headers: { "x-signature": "canary" }, body: "canary" });
    await hooks.send("/hook/canary/canary", { method: "CANARY" }).catch(() => undefined);
    await hooks.send("/hook/github", provenHook("github", "{}", { "x-github-event": "canary" }));
    expect(hooks.results.length).toBeGreaterThan(4);
    expect(JSON.stringify([hooks.results, hooks.marks])).not.toContain("canary");
    expect(JSON.stringify(hooks.results)).not.toContain(secretOf.hmac);
  });

  test("must take its answers through one connection, one after the other", async () => {
    await using hooks = await start();
    const body = '{"branch":"develop"}';
    const { headers } = provenHook("hmac", body);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const one = `POST /hook/hmac HTTP/1.1\r\nHost: x\r\n${lines.join("\r\n")}\r\nContent-Length: ${body.length}\r\n`;
    const answer = await hooks.sendRaw(`${one}\r\n${body}${one}Connection: close\r\n\r\n${body}`);
    expect(answer.match(/HTTP\/1\.1 202 /g)).toHaveLength(2);
  });
});
