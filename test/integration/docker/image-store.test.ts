/** Baked images on a real Engine: built, read without being run, pushed, and pulled by what was locked. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningRegistry, startRegistry } from "../../../deploy/lab/registry.ts";
import { bakedLabel, bakedRevision } from "../../../src/model/baked-image.ts";
import type { ManifestFile } from "../../../src/model/manifest-tree.ts";
import type { ImageStore } from "../../../src/ports.ts";
import { bake, type Ingredients } from "../../../src/release/bake.ts";
import { type Lab, never, openLab } from "./lab.ts";

let lab: Lab;
let dir: string;
let registry: RunningRegistry;
let store: ImageStore;
const quiet = () => {};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "mysysconfig-images-"));
  lab = await openLab("im");
  store = lab.backend.imageStore();
  const engine = { inNetwork: (argv: readonly string[]) => [...lab.provided.networkPrefix, ...argv] };
  registry = await startRegistry({ dir: join(dir, "registry"), engine });
});
afterAll(async () => {
  await registry.stop();
  await lab[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

const file = (path: string, text: string, executable = false): ManifestFile => ({
  path,
  content: Buffer.from(text),
  executable,
});

const treeOf = (...files: readonly ManifestFile[]) => new Map(files.map((one) => [one.path, one]));

/** A small configuration; `text` makes it another one. */
async function ingredients(tag: string, text = ""): Promise<Ingredients> {
  const base = await store.inspect(lab.image, never);
  const unit = file("units/web.service", `[Service]\nExecStart=/usr/bin/docker run redis:7\n${text}`);
  const tree = treeOf(
    file("mysysconfig.yaml", "project: shop\n"),
    unit,
    file("units/hook.sh", "#!/bin/sh\n", true),
  );
  return {
    ...{ written: tree, rendered: tree, secretReaders: new Set() },
    lock: { environment: "default", images: new Map(), values: new Map() },
    base: { reference: lab.image, id: base?.id ?? "" },
    revision: { id: "3f2c1ab", branch: "develop" },
    tags: [tag],
  };
}

async function built(tag: string, text = "") {
  const { context, identity } = bake(await ingredients(tag, text));
  await store.build(context, quiet, never);
  const image = await store.inspect(tag, never);
  if (image === undefined) throw new Error(`${tag} was not built`);
  return { image, identity };
}

const readers = () =>
  lab.behind.api.call<unknown[]>("GET", "/containers/json", {
    query: { all: "true", filters: JSON.stringify({ label: ["mysysconfig.content=source"] }) },
  });

describe("a baked image", () => {
  test("must hold the configuration byte for byte, and be read without being run", async () => {
    const tag = `${lab.owner.project}baked:develop`;
    const { image, identity } = await built(tag);
    expect(image.labels[bakedLabel]).toBe(identity);
    const files = await store.readFiles(tag, "/config", never);
    const said = files.map(({ path, content, executable }) => [
      path,
      Buffer.from(content).toString(),
      executable,
    ]);
    expect(new Map(said.map(([path, ...rest]) => [path, rest]))).toEqual(
      new Map<unknown, unknown>([
        ["mysysconfig.lock", [expect.stringContaining('"environment": "default"'), false]],
        ["mysysconfig.yaml", ["project: shop\n", false]],
        ["units/hook.sh", ["#!/bin/sh\n", true]],
        ["units/web.service", ["[Service]\nExecStart=/usr/bin/docker run redis:7\n", false]],
      ]),
    );
    expect(await readers()).toEqual([]);
  });

  test("must tell the revision that it was made from, or its own id", async () => {
    const { image } = await built(`${lab.owner.project}facts:develop`);
    expect(bakedRevision(image).id).toBe(image.id.slice("sha256:".length));
    const told = bakedRevision({
      id: image.id,
      environment: {
        MYSYSCONFIG_REVISION: "3f2c1ab",
        MYSYSCONFIG_BUILD: "112-develop",
        MYSYSCONFIG_BRANCH: "develop",
      },
    });
    expect(told).toEqual({ id: "3f2c1ab", build: 112, branch: "develop" });
  });

  test("must be refused as a configuration when it has none, and leave no container", async () => {
    await expect(store.readFiles(lab.image, "/config", never)).rejects.toMatchObject({
      code: "configuration-unreadable",
      hint: expect.stringContaining("bake"),
    });
    await expect(store.readFiles(`${lab.owner.project}unknown:1`, "/config", never)).rejects.toMatchObject({
      code: "engine-not-found",
    });
    expect(await readers()).toEqual([]);
  });

  test("must fail to build with the Engine's words", async () => {
    const { context } = bake({
      ...(await ingredients(`${lab.owner.project}broken:1`)),
      base: { reference: "127.0.0.1:1/none:1", id: "" },
    });
    await expect(store.build(context, quiet, never)).rejects.toMatchObject({
      code: "build-failed",
      message: expect.stringContaining("127.0.0.1:1"),
    });
  });
});

describe("a locked image", () => {
  test("must be pulled by its digest wherever its tag in the registry points by now", async () => {
    const reference = `${registry.address}/${lab.owner.project}web:58-develop`;
    const first = await built(reference, "# first\n");
    await store.push(reference, quiet, never);
    const digest = (await store.inspect(reference, never))?.digest ?? "";
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    const second = await built(reference, "# second\n");
    await store.push(reference, quiet, never);
    expect(second.image.id).not.toBe(first.image.id);
    await lab.behind.api.call("DELETE", `/images/${reference}`, { query: { force: "true" } });

    await lab.execute("pull-image", { image: reference, lock: { kind: "digest", value: digest } }, never);
    expect((await store.inspect(reference, never))?.id).toBe(first.image.id);
    const { images } = await lab.backend.observe(lab.scope({ images: new Set([reference]) }), never);
    expect(images.get(reference)?.digests).toContain(digest);
  });

  test("must be found by its id when no registry knows it, and be named when it is missing", async () => {
    const reference = `${lab.owner.project}local:58-develop`;
    const { image } = await built(reference, "# local\n");
    await store.tag(image.id, `${lab.owner.project}kept:1`, never);
    await lab.behind.api.call("DELETE", `/images/${reference}`);
    await lab.execute("pull-image", { image: reference, lock: { kind: "id", value: image.id } }, never);
    expect((await store.inspect(reference, never))?.id).toBe(image.id);

    const missing = { image: reference, lock: { kind: "id", value: `sha256:${"0".repeat(64)}` } } as const;
    await expect(lab.execute("pull-image", missing, never)).rejects.toMatchObject({
      code: "pull-failed",
      hint: expect.stringContaining("docker save"),
    });
  });

  test("must say why it cannot be pushed", async () => {
    const reference = `127.0.0.1:1/${lab.owner.project}web:1`;
    await built(reference);
    await expect(store.push(reference, quiet, never)).rejects.toMatchObject({
      code: "push-failed",
      message: expect.stringContaining(`push "${reference}"`),
    });
  });
});
