import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Mount } from "../../../src/model/workload.ts";
import { storedContents } from "../../../src/swarm/stored-contents.ts";
import { storedName } from "../../../src/swarm/stored-name.ts";
import { toServiceSpec } from "../../../src/swarm/to-service-spec.ts";
import { unstorableFiles } from "../../../src/swarm/unsupported.ts";
import { desiredState, fileSet, workload } from "../../support/builders.ts";

const owner = { project: "shop", environment: "develop" };
const bytes = (text: string) => new TextEncoder().encode(text);

describe("the name of content in the cluster's store", () => {
  test.each(["config", "secret"] as const)("of a %s is that of its content and its owner", (kind) => {
    const name = storedName(kind, bytes("a"), owner);
    expect(name).toMatch(/^mysysconfig-shop-develop-[0-9a-f]{16}$/);
    expect(storedName(kind, bytes("a"), owner)).toBe(name);
    expect(storedName(kind, bytes("b"), owner)).not.toBe(name);
    expect(storedName(kind, bytes("a"), { ...owner, environment: "master" })).not.toBe(name);
  });

  test.each(["config", "secret"] as const)("of a %s fits whatever the project is called", (kind) => {
    const long = { project: "p".repeat(80), environment: "e@ü/".repeat(20) };
    const name = storedName(kind, bytes("a"), long);
    expect(name).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}[a-zA-Z0-9]$/);
    expect(storedName(kind, bytes("a"), { ...long, environment: `${long.environment}x` })).not.toBe(name);
  });

  test("does not tell a short secret to who hashes all of them", () => {
    const digest = createHash("sha256").update("shop\0develop\0").update("1234").digest("hex");
    expect(storedName("config", bytes("1234"), owner)).toContain(digest.slice(0, 16));
    expect(storedName("secret", bytes("1234"), owner)).not.toContain(digest.slice(0, 16));
  });
});

const set = fileSet({ "app/a.conf": "a", "app/b.conf": "b", "key.pem": "the secret word" });
const folder: Mount = { kind: "files", fileSet: set.name, target: "/etc/shop/" };
const single: Mount = { kind: "files", fileSet: set.name, path: "app/b.conf", target: "/b" };

describe("files of the repository", () => {
  const fileTargets = (mounts: readonly Mount[], secretValues: readonly string[] = []) => {
    const web = workload("web", { mounts });
    const desired = desiredState([web], { fileSets: [set], secretValues });
    const { Configs = [], Secrets = [] } = toServiceSpec(web, { desired, labels: {} }).TaskTemplate
      .ContainerSpec;
    return {
      configs: Configs.map(({ File }) => File?.Name),
      secrets: Secrets.map(({ File }) => File?.Name),
      stored: storedContents(web, desired).map(({ kind, path }) => `${kind} ${path}`),
      names: new Set([...Configs.map((one) => one.ConfigName), ...Secrets.map((one) => one.SecretName)]),
      storedNames: new Set(storedContents(web, desired).map(({ name }) => name)),
    };
  };

  test("of a folder become a config each", () => {
    const { configs, secrets } = fileTargets([folder]);
    expect(configs).toEqual(["/etc/shop/app/a.conf", "/etc/shop/app/b.conf", "/etc/shop/key.pem"]);
    expect(secrets).toEqual([]);
  });

  test("are stored once, under the names that the service refers to", () => {
    const { stored, names, storedNames } = fileTargets([folder, single]);
    expect(stored.toSorted()).toEqual(["config app/a.conf", "config app/b.conf", "config key.pem"]);
    expect(names).toEqual(storedNames);
  });

  test("that are mounted by themselves cover those of a folder", () => {
    const over: Mount = { ...folder, path: "app/a.conf", target: "/etc/shop/app/b.conf" };
    const { configs } = fileTargets([over, folder]);
    expect(configs).toEqual(["/etc/shop/app/a.conf", "/etc/shop/app/b.conf", "/etc/shop/key.pem"]);
  });

  test("are secrets when declared so, and when a secret value is in them", () => {
    expect(fileTargets([{ ...single, secret: true }])).toMatchObject({ configs: [], secrets: ["/b"] });
    expect(fileTargets([folder], ["secret word"])).toMatchObject({
      configs: ["/etc/shop/app/a.conf", "/etc/shop/app/b.conf"],
      secrets: ["/etc/shop/key.pem"],
    });
  });

  test("that Swarm would not store are refused with their size", () => {
    const files = { empty: "", big: "x".repeat(1_024_000), fits: "x".repeat(1_023_999) };
    const sizes = fileSet(files);
    const mounts = Object.keys(files).map(
      (path): Mount => ({ kind: "files", fileSet: sizes.name, path, target: `/${path}` }),
    );
    const web = workload("web", { mounts });
    const found = unstorableFiles(web, desiredState([web], { fileSets: [sizes] }));
    expect(found.map(({ message }) => message)).toEqual([
      `"big" for /big has 1024000 bytes, but a Swarm's config must be smaller than 1024000`,
      `"empty" for /empty is empty, which a Swarm's config cannot be`,
    ]);
  });

  test("that are secret have half the room", () => {
    const sizes = fileSet({ key: "x".repeat(512_000) });
    const mount: Mount = { kind: "files", fileSet: sizes.name, path: "key", target: "/key" };
    const find = (secret: boolean) => {
      const web = workload("web", { mounts: [secret ? { ...mount, secret: true } : mount] });
      return unstorableFiles(web, desiredState([web], { fileSets: [sizes] })).length;
    };
    expect([find(false), find(true)]).toEqual([0, 1]);
  });
});
