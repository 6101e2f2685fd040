import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningRegistry, startRegistry } from "../../deploy/lab/registry.ts";
import { failureOf, loginEntry, never, openClient, ref, temporaryDir, writeLogins } from "./client.ts";
import { dockerTypes, ociTypes, pushContent, pushIndex, pushManifest, type Target } from "./content.ts";
import { makeCertificate } from "./token-server.ts";

const login = { username: "ci", password: "s3cret-of-the-registry" };
let dir: Awaited<ReturnType<typeof temporaryDir>>;
let open: RunningRegistry;
let locked: RunningRegistry;
let target: Target;

beforeAll(async () => {
  dir = await temporaryDir();
  open = await startRegistry({ dir: join(dir.path, "open") });
  locked = await startRegistry({ dir: join(dir.path, "locked"), credentials: login });
  target = { origin: `http://${open.address}` };
});
afterAll(async () => {
  await open.stop();
  await locked.stop();
  await dir[Symbol.asyncDispose]();
});

const absent = `sha256:${"0".repeat(64)}`;
const labels = {
  "org.opencontainers.image.revision": "0123abcd",
  "org.opencontainers.image.source": "https://git.example.org/web",
  "org.opencontainers.image.version": "58",
};
const facts = { revision: "0123abcd", source: "https://git.example.org/web", version: "58" };

describe("an open registry", () => {
  test("must tell all of its tags, in its order", async () => {
    const names = Array.from({ length: 250 }, (_, index) => `${index + 1}-develop`);
    await pushContent(target, "many/tags", names);
    const { registry } = await openClient();
    const tags = await registry.listTags(ref(`${open.address}/many/tags:ignored`), never);
    expect(tags.toSorted()).toEqual(names.toSorted());
    const answer = await fetch(`${target.origin}/v2/many/tags/tags/list`);
    expect(tags).toEqual(((await answer.json()) as { tags: string[] }).tags);
  });

  test.for([
    ["OCI", ociTypes],
    ["Docker schema 2", dockerTypes],
  ] as const)("must tell the facts of an image of one platform (%s)", async ([name, types]) => {
    const repository = `single/${types === ociTypes ? "oci" : "docker"}`;
    const content = { platform: "linux/arm64/v8", created: "2026-03-04T05:06:07.123456789+02:00", labels };
    const digest = await pushContent(target, repository, "1", content, types);
    const { registry } = await openClient();
    const image = ref(`${open.address}/${repository}:1`);
    expect(await registry.resolveDigest(image, never), name).toBe(digest);
    expect(await registry.describe(image, never)).toEqual({
      digest,
      platforms: ["linux/arm64"],
      created: "2026-03-04T03:06:07.123Z",
      ...facts,
    });
    expect(await registry.describe(ref(`${open.address}/${repository}:0@${digest}`), never)).toMatchObject({
      digest,
      ...facts,
    });
  });

  test.for([
    ["OCI", ociTypes],
    ["Docker", dockerTypes],
  ] as const)(
    "must tell the digest of an index and the facts of one platform (%s)",
    async ([name, types]) => {
      const contents = [
        { platform: "linux/arm64", created: "2026-01-01T00:00:00Z", labels: { ...labels, other: 1 } },
        { platform: "linux/amd64", created: "2026-01-02T00:00:00Z" },
      ];
      const repository = `multi/${name.toLowerCase()}`;
      const digest = await pushIndex(target, repository, "latest", contents, types);
      const { registry } = await openClient();
      const image = ref(`${open.address}/${repository}`);
      const platforms = ["linux/arm64", "linux/amd64"];
      expect(await registry.resolveDigest(image, never)).toBe(digest);
      expect(await registry.describe(image, never)).toEqual({
        digest,
        platforms,
        created: "2026-01-02T00:00:00.000Z",
      });
      expect(await registry.describe(image, never, "linux/arm64/v8")).toEqual({
        digest,
        platforms,
        created: "2026-01-01T00:00:00.000Z",
        ...facts,
      });
      expect(await registry.describe(image, never, "windows/amd64")).toEqual({ digest, platforms });
    },
  );

  test("must tell of what is no image that it has no platform", async () => {
    await pushContent(target, "charts/web", "blobs");
    const config = { mediaType: "application/vnd.cncf.helm.config.v1+json", digest: absent, size: 2 };
    const artifact = { schemaVersion: 2, mediaType: ociTypes.manifest, config, layers: [] };
    const image = ref(`${open.address}/charts/web:1`);
    const { registry } = await openClient();
    // The registry takes a manifest only when it has the blobs, so the artifact borrows a configuration.
    const borrowed = await configOf(image.path, "blobs");
    const digest = await pushManifest(target, "charts/web", "1", ociTypes.manifest, {
      ...artifact,
      config: { ...config, digest: borrowed },
    });
    expect(await registry.describe(image, never)).toEqual({ digest, platforms: [] });
  });

  test("must answer for what it does not have, without an error", async () => {
    await pushContent(target, "there/is", "1");
    const { registry } = await openClient();
    expect(await registry.listTags(ref(`${open.address}/there/is-not`), never)).toEqual([]);
    for (const name of ["there/is-not:1", "there/is:2", `there/is@${absent}`]) {
      expect(await registry.resolveDigest(ref(`${open.address}/${name}`), never)).toBeUndefined();
      expect(await registry.describe(ref(`${open.address}/${name}`), never)).toBeUndefined();
    }
  });

  test("must follow a tag that moves", async () => {
    const { registry } = await openClient();
    const image = ref(`${open.address}/moving/tag:1`);
    const first = await pushContent(target, "moving/tag", "1", { labels: { n: "1" } });
    expect(await registry.resolveDigest(image, never)).toBe(first);
    const second = await pushContent(target, "moving/tag", "1", { labels: { n: "2" } });
    expect(second).not.toBe(first);
    expect(await registry.resolveDigest(image, never)).toBe(second);
    expect(await registry.resolveDigest({ ...image, digest: first }, never)).toBe(first);
  });
});

async function configOf(repository: string, tag: string): Promise<string> {
  const answer = await fetch(`${target.origin}/v2/${repository}/manifests/${tag}`, {
    headers: { accept: ociTypes.manifest },
  });
  return ((await answer.json()) as { config: { digest: string } }).config.digest;
}

describe("a registry with a password", () => {
  const authorization = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;

  test("must be read with the credentials of its host", async () => {
    const owner = { origin: `http://${locked.address}`, authorization };
    const digest = await pushContent(owner, "team/web", "1", { labels });
    const configPath = await writeLogins(dir.path, { [locked.address]: loginEntry(login) });
    const { registry } = await openClient({ configPath });
    const image = ref(`${locked.address}/team/web:1`);
    expect(await registry.listTags(image, never)).toEqual(["1"]);
    expect(await registry.resolveDigest(image, never)).toBe(digest);
    expect(await registry.describe(image, never)).toMatchObject({ digest, ...facts });
    expect(await registry.resolveDigest(ref(`${locked.address}/team/other:1`), never)).toBeUndefined();
  });

  test.for([
    ["nobody", undefined, "docker login, and mount its config.json"],
    ["a wrong password", { ...login, password: "wr0ng-and-secret" }, "these credentials are wrong"],
  ] as const)("must be denied to %s, and say what to do", async ([_name, wrong, hint]) => {
    const auths = wrong === undefined ? {} : { [locked.address]: loginEntry(wrong) };
    const { registry } = await openClient({ configPath: await writeLogins(dir.path, auths) });
    const image = ref(`${locked.address}/team/web:1`);
    for (const attempt of [
      () => registry.listTags(image, never),
      () => registry.resolveDigest(image, never),
      () => registry.describe(image, never),
    ]) {
      const failure = await failureOf(attempt());
      expect(failure).toMatchObject({ code: "registry-denied", hint: expect.stringContaining(hint) });
      expect(failure.message).toContain(`"${locked.address}" answers 401`);
      expect(failure.everything).not.toContain("wr0ng-and-secret");
      expect(failure.everything).not.toContain(loginEntry(wrong ?? login).auth);
    }
  });

  test("must be denied when the credentials cannot be read", async () => {
    const configPath = join(dir.path, "open", "config.json", "impossible");
    const { registry } = await openClient({ configPath });
    const failure = await failureOf(registry.listTags(ref(`${locked.address}/team/web`), never));
    expect(failure).toMatchObject({
      code: "registry-denied",
      message: expect.stringContaining("ENOTDIR"),
      hint: expect.stringContaining("docker login"),
    });
  });
});

describe("a registry with TLS", () => {
  test("must be read with its authority, and never without", async () => {
    const { certificateFile, keyFile } = await makeCertificate(dir.path, "lab-registry");
    const other = await makeCertificate(dir.path, "lab-stranger");
    const secured = await startRegistry({ dir: join(dir.path, "tls"), tls: { certificateFile, keyFile } });
    try {
      const authority = await readFile(certificateFile, "utf8");
      const digest = await pushContent({ origin: `https://${secured.address}`, authority }, "web", "1");
      const image = ref(`${secured.address}/web:1`);
      const tls = [secured.address];
      const { registry } = await openClient({ tls, caFile: certificateFile });
      expect(await registry.describe(image, never)).toMatchObject({ digest });
      for (const caFile of [undefined, other.certificateFile]) {
        const strangers = await openClient({ tls, caFile });
        const failure = await failureOf(strangers.registry.describe(image, never));
        expect(failure).toMatchObject({
          code: "registry-unreachable",
          hint: expect.stringContaining("certificate"),
        });
      }
      const plain = await openClient();
      expect(await failureOf(plain.registry.describe(image, never))).toMatchObject({
        code: "registry-answer-invalid",
      });
      const strict = await openClient({ tls: [open.address] });
      expect(await failureOf(strict.registry.listTags(ref(`${open.address}/web`), never))).toMatchObject({
        code: "registry-unreachable",
        hint: expect.stringContaining("no TLS there"),
      });
    } finally {
      await secured.stop();
    }
  });

  test("must have an authority file that holds one", async () => {
    for (const [caFile, reason] of [
      [join(dir.path, "missing.pem"), "ENOENT"],
      [join(dir.path, "open", "config.json"), "no certificate in it"],
    ] as const) {
      expect(await failureOf(openClient({ caFile }))).toMatchObject({
        code: "configuration-unreadable",
        message: expect.stringContaining(reason),
      });
    }
  });
});
