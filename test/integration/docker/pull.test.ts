import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pushImage, type RunningRegistry, startRegistry } from "../../../deploy/lab/registry.ts";
import { connectEngine } from "../../../src/docker/engine-backend.ts";
import { type Lab, never, openLab } from "./lab.ts";

const credentials = { username: "ci", password: "s3cret-of-the-registry" };
let lab: Lab;
let dir: string;
let open: RunningRegistry;
let locked: RunningRegistry;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "mysysconfig-pull-"));
  lab = await openLab("pu");
  const engine = { inNetwork: (argv: readonly string[]) => [...lab.provided.networkPrefix, ...argv] };
  open = await startRegistry({ dir: join(dir, "open"), engine });
  locked = await startRegistry({ dir: join(dir, "locked"), engine, credentials });
});
afterAll(async () => {
  await open.stop();
  await locked.stop();
  await lab[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

/** Pushes the workload image and takes it away again, so that a pull has something to do. */
async function published(registry: RunningRegistry, auth?: typeof credentials): Promise<string> {
  const reference = await pushImage(lab.behind.api, lab.image, registry, auth);
  await lab.behind.api.call("DELETE", `/images/${reference}`);
  return reference;
}

async function isLocal(reference: string): Promise<boolean> {
  const { images } = await lab.backend.observe(lab.scope({ images: new Set([reference]) }), never);
  return images.has(reference);
}

/** Pulls on a connection with these settings and answers the error, or nothing. */
async function pull(image: string, options: { config?: object; pullIdleMs?: number } = {}) {
  const configDir = await mkdtemp(join(dir, "config-"));
  if (options.config !== undefined)
    await writeFile(join(configDir, "config.json"), JSON.stringify(options.config));
  const { pullIdleMs } = options;
  const backend = await connectEngine(
    { host: `unix://${lab.provided.socket}`, configDir, ...(pullIdleMs === undefined ? {} : { pullIdleMs }) },
    never,
  );
  try {
    await lab.execute("pull-image", { image }, never, backend);
    return undefined;
  } catch (error) {
    return error as Error & { code: string; hint?: string };
  } finally {
    await backend.close();
  }
}

describe("pulling", () => {
  test("must bring an image by tag and by digest", async () => {
    const reference = await published(open);
    expect(await isLocal(reference)).toBe(false);
    expect(await pull(reference)).toBeUndefined();
    expect(await isLocal(reference)).toBe(true);
    const { RepoDigests } = await lab.inspect<{ RepoDigests: string[] }>(`/images/${reference}/json`);
    const [pinned = ""] = RepoDigests.filter((digest) => digest.startsWith(open.address));
    await lab.behind.api.call("DELETE", `/images/${reference}`);
    expect(await pull(pinned)).toBeUndefined();
    expect(await isLocal(pinned)).toBe(true);
    expect(await isLocal(reference.replace(/:1-develop$/, `:1-develop@${pinned.split("@")[1]}`))).toBe(true);
  });

  test("must show bytes while it pulls", async () => {
    const name = "mysysconfig-test/pu-big:1-develop";
    const id = await lab.create("pu-big", {
      command: ["/bin/sh", "-c", "dd if=/dev/urandom of=/big bs=1M count=12"],
    });
    await lab.start(id);
    await lab.behind.waitForExit(id);
    const [repo = "", tag = ""] = name.split(":");
    await lab.behind.api.call("POST", "/commit", { query: { container: id, repo, tag }, json: {} });
    await lab.behind.remove(id);
    const reference = await pushImage(lab.behind.api, name, open);
    for (const image of [reference, name]) await lab.behind.api.call("DELETE", `/images/${image}`);
    lab.progress.length = 0;
    expect(await pull(reference)).toBeUndefined();
    const texts = lab.progress.map(({ text }) => text);
    expect(texts).toContainEqual(expect.stringMatching(/^pulling \d+ of \d+ MB$/));
    const fractions = lab.progress.flatMap(({ fraction }) => fraction ?? []);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    await lab.behind.api.call("DELETE", `/images/${reference}`);
  });

  test.for([
    { name: "auths", config: { auth: Buffer.from("ci:s3cret-of-the-registry").toString("base64") } },
    { name: "user and password", config: { username: "ci", password: "s3cret-of-the-registry" } },
  ])("must use the credentials of a docker config.json ($name)", async ({ config }) => {
    const reference = await published(locked, credentials);
    expect(await pull(reference, { config: { auths: { [locked.address]: config } } })).toBeUndefined();
  });

  test("must ask for credentials when there are none, and never show those that are wrong", async () => {
    const reference = await published(locked, credentials);
    const without = await pull(reference);
    expect(without).toMatchObject({
      code: "pull-failed",
      hint: expect.stringContaining("mount a docker config.json"),
    });
    const wrong = await pull(reference, {
      config: { auths: { [locked.address]: { username: "ci", password: "hunter2" } } },
    });
    expect(wrong).toMatchObject({
      code: "pull-failed",
      hint: expect.stringContaining("refuses these credentials"),
    });
    expect(JSON.stringify([wrong, wrong?.message, String(wrong?.cause)])).not.toContain("hunter2");
    expect(await isLocal(reference)).toBe(false);
  });

  test("must say in the registry's words that a tag does not exist", async () => {
    const reference = (await published(open)).replace("1-develop", "99-develop");
    expect(await pull(reference)).toMatchObject({
      code: "pull-failed",
      message: expect.stringMatching(/^pull ".*99-develop": .*(?:manifest unknown|not found)/),
      hint: "does the tag exist in the registry? has the build been pushed?",
    });
  });

  test("must say that a registry cannot be reached", async () => {
    expect(await pull("127.0.0.1:1/x/y:1")).toMatchObject({
      code: "pull-failed",
      message: expect.stringContaining("connection refused"),
      hint: expect.stringContaining("reach the registry"),
    });
  });

  test("must give up on a registry that stays silent, after the time without progress", async () => {
    const [file = "", ...prefix] = lab.provided.networkPrefix;
    const server =
      "require('net').createServer(() => {}).listen(18777, '127.0.0.1', () => console.log('up'))";
    const silent = spawn(file, [...prefix, process.execPath, "-e", server], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await new Promise((resolve) => silent.stdout.once("data", resolve));
      const started = performance.now();
      expect(await pull("127.0.0.1:18777/x/y:1", { pullIdleMs: 1_500 })).toMatchObject({
        code: "pull-failed",
        message: expect.stringContaining("the next sign of progress took longer than 1.5 s"),
      });
      expect(performance.now() - started).toBeLessThan(10_000);
    } finally {
      silent.kill("SIGKILL");
    }
  });
});

test("an image must be removed by its name, without force, and once", async () => {
  const reference = "pu-unneeded:1";
  const [repo, tag] = reference.split(":");
  await lab.behind.api.call("POST", `/images/${lab.image}/tag`, {
    query: { repo: repo ?? "", tag: tag ?? "" },
  });
  expect(await isLocal(reference)).toBe(true);
  await lab.execute("remove-image", { image: reference });
  expect(await isLocal(reference)).toBe(false);
  expect(await isLocal(lab.image)).toBe(true);
  await lab.execute("remove-image", { image: reference });
});
